package stripeapi_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/stripeapi"
)

// canned answers each path with a fixed body.
func canned(t *testing.T, answers map[string]string) *stripeapi.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, known := answers[r.URL.Path]
		if !known {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return stripeapi.New(stripeapi.Config{SecretKey: "sk_test_1", APIBase: server.URL, Log: slog.New(slog.DiscardHandler)})
}

// What Stripe says of a refund, its charge and its balance transaction tells a refund from an authorisation that is let go.
func TestUncapturedRefunds(t *testing.T) {
	t.Parallel()
	const (
		held     = `"charge":{"id":"ch_1","status":"succeeded","captured":false,"amount":45900,"amount_captured":0}`
		captured = `"charge":{"id":"ch_1","status":"succeeded","captured":true,"amount":45900,"amount_captured":45900}`
		part     = `"charge":{"id":"ch_1","status":"succeeded","captured":true,"amount":45900,"amount_captured":30000}`
	)
	for name, c := range map[string]struct {
		refund     string
		uncaptured bool
	}{
		"of a charge that was not captured": {`"amount":45900,"status":"succeeded",` + held, true},
		"the authorisation ran out": {
			`"amount":45900,"status":"succeeded","reason":"expired_uncaptured_charge","charge":"ch_1"`,
			true,
		},
		"the rest of a partial capture":        {`"amount":15900,"status":"succeeded","balance_transaction":{"id":"txn_1","currency":"usd","reporting_category":"partial_capture_reversal"},` + part, true},
		"the rest, before it is settled":       {`"amount":15900,"status":"succeeded","balance_transaction":null,` + part, true},
		"a refund":                             {`"amount":45900,"status":"succeeded","balance_transaction":{"id":"txn_1","currency":"usd","reporting_category":"refund"},` + captured, false},
		"a refund after a partial capture":     {`"amount":15900,"status":"succeeded","balance_transaction":{"id":"txn_1","currency":"usd","reporting_category":"refund"},` + part, false},
		"one that waits for the balance":       {`"amount":15900,"status":"pending","balance_transaction":null,` + part, false},
		"another amount, before it is settled": {`"amount":500,"status":"succeeded","balance_transaction":null,` + part, false},
		"ours, before it is settled": {
			`"amount":15900,"status":"succeeded","metadata":{"refund_id":"RF-00000001"},` + part,
			false,
		},
		"one of whose charge only the id is there":   {`"amount":45900,"status":"succeeded","charge":"ch_1"`, false},
		"not settled, of a charge captured in whole": {`"amount":45900,"status":"succeeded",` + captured, false},
	} {
		client := canned(t, map[string]string{"/v1/refunds/re_1": `{"id":"re_1","object":"refund","currency":"usd",` + c.refund + `}`})
		snapshot, err := client.Refund(t.Context(), "re_1")
		require.NoError(t, err, name)
		require.Equal(t, c.uncaptured, snapshot.Uncaptured, name)
	}
}

// The reversal of a partial capture is a refund's or the charge's own; while it is neither, the first does not count.
func TestReversalOfAPartialCapture(t *testing.T) {
	t.Parallel()
	const (
		intent = `{"id":"pi_1","object":"payment_intent","status":"succeeded","amount":45900,"amount_received":30000,"currency":"usd",
			"latest_charge":{"id":"ch_1","balance_transaction":{"id":"txn_1","amount":45900,"fee":900,"net":45000,"currency":"usd"}}}`
		reversal = `{"id":"txn_2","amount":-15900,"net":-15900,"currency":"usd","type":"refund","reporting_category":"partial_capture_reversal"}`
		none     = `{"object":"list","data":[]}`
	)
	for name, c := range map[string]struct {
		refunds, transactions, found string
	}{
		"a refund's":       {`{"object":"list","data":[{"id":"re_1","charge":"ch_1","balance_transaction":` + reversal + `}]}`, none, "txn_2"},
		"another charge's": {`{"object":"list","data":[{"id":"re_1","charge":"ch_0","balance_transaction":` + reversal + `}]}`, none, ""},
		"the charge's own": {none, `{"object":"list","data":[` + reversal + `]}`, "txn_2"},
		"not there yet":    {none, none, ""},
	} {
		client := canned(t, map[string]string{
			"/v1/payment_intents/pi_1": intent, "/v1/refunds": c.refunds, "/v1/balance_transactions": c.transactions,
		})
		snapshot, _, err := client.PaymentIntent(t.Context(), "pi_1")
		require.NoError(t, err, name)
		if c.found == "" {
			require.Nil(t, snapshot.Reversal, name)
			require.Nil(t, snapshot.Balance, name)
			continue
		}
		require.Equal(t, c.found, snapshot.Reversal.ID, name)
		require.Equal(t, "txn_1", snapshot.Balance.ID, name)
	}
}

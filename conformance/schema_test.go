package conformance

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/conformance/internal/schema"
	"farebook/internal/dev/fakestripe"
)

func textOf(t *testing.T, body []byte, field string) string {
	t.Helper()
	var object map[string]any
	require.NoError(t, json.Unmarshal(body, &object))
	text, _ := object[field].(string)
	return text
}

// requireSchema holds a JSON object against one of Stripe's schemas.
func requireSchema(t *testing.T, name string, body []byte) {
	t.Helper()
	require.NoError(t, schema.Check(name, body), "%s", body)
}

func TestResponsesAreStripes(t *testing.T) {
	t.Parallel()
	s := stand(t)
	for _, card := range []string{
		"pm_card_visa", "pm_card_mastercard", "pm_card_bypassPending", "pm_card_chargeDeclined",
		"pm_card_visa_chargeDeclinedInsufficientFunds", "pm_card_authenticationRequired", "pm_usBankAccount",
		"pm_usBankAccount_success", "pm_usBankAccount_insufficientFunds", "pm_usBankAccount_dispute",
	} {
		id := create(t, s, url.Values{
			"amount": {"45900"}, "currency": {"usd"}, "metadata[a]": {"b"},
			"automatic_payment_methods[enabled]": {"true"},
		})
		_, body := ask(s, http.MethodGet, "/v1/payment_intents/"+id, nil)
		requireSchema(t, "payment_intent", body)
		status, body := ask(s, http.MethodPost, "/v1/payment_intents/"+id+"/confirm",
			url.Values{"payment_method": {card}, "return_url": {"https://example.com/return"}})
		if status == http.StatusOK {
			requireSchema(t, "payment_intent", body)
		} else {
			require.Equal(t, http.StatusPaymentRequired, status)
			requireSchema(t, "error", body)
		}
		_, body = ask(s, http.MethodGet, "/v1/payment_intents/"+id+"?expand[]=latest_charge.balance_transaction", nil)
		requireSchema(t, "payment_intent", body)
	}
	cancelled := create(t, s, url.Values{"amount": {"45900"}, "currency": {"jpy"}})
	_, body := ask(s, http.MethodPost, "/v1/payment_intents/"+cancelled+"/cancel", url.Values{"cancellation_reason": {"abandoned"}})
	requireSchema(t, "payment_intent", body)
	held := create(t, s, url.Values{
		"amount": {"45900"}, "currency": {"eur"}, "capture_method": {"manual"}, "payment_method": {"pm_card_visa"},
		"confirm": {"true"},
	})
	_, body = ask(s, http.MethodPost, "/v1/payment_intents/"+held+"/capture", url.Values{"amount_to_capture": {"100"}})
	requireSchema(t, "payment_intent", body)
	_, body = ask(s, http.MethodGet, "/v1/balance", nil)
	requireSchema(t, "balance", body)
	_, body = ask(s, http.MethodPost, "/v1/customers", url.Values{"email": {"layla@example.com"}})
	requireSchema(t, "customer", body)
	_, body = ask(s, http.MethodPost, "/v1/payment_methods", url.Values{"type": {"card"}, "card[token]": {"tok_visa"}})
	requireSchema(t, "payment_method", body)
	requireLists(t, s)
}

func requireLists(t *testing.T, s *fakestripe.Server) {
	t.Helper()
	for path, name := range map[string]string{
		"/v1/payment_intents": "payment_intent", "/v1/charges": "charge", "/v1/balance_transactions": "balance_transaction",
		"/v1/events": "event",
	} {
		requireList(t, s, path, name)
	}
}

// requireList holds a list and each of its rows against Stripe's schemas; of events, also the object inside.
func requireList(t *testing.T, s *fakestripe.Server, path, name string) {
	t.Helper()
	status, body := ask(s, http.MethodGet, path+"?limit=100", nil)
	require.Equal(t, http.StatusOK, status)
	var list struct {
		Object  string            `json:"object"`
		URL     string            `json:"url"`
		HasMore *bool             `json:"has_more"`
		Data    []json.RawMessage `json:"data"`
	}
	require.NoError(t, json.Unmarshal(body, &list))
	require.Equal(t, "list", list.Object)
	require.Equal(t, path, list.URL)
	require.NotNil(t, list.HasMore)
	require.NotEmpty(t, list.Data)
	for _, row := range list.Data {
		requireSchema(t, name, row)
		if name == "event" {
			var event struct {
				Data struct {
					Object json.RawMessage `json:"object"`
				} `json:"data"`
			}
			require.NoError(t, json.Unmarshal(row, &event))
			requireSchema(t, textOf(t, event.Data.Object, "object"), event.Data.Object)
		}
	}
}

func TestErrorsAreStripes(t *testing.T) {
	t.Parallel()
	s := stand(t)
	for path, form := range map[string]url.Values{
		"/v1/payment_intents":                   {"amount": {"1"}, "currency": {"usd"}},
		"/v1/payment_intents/pi_nobody/confirm": {},
		"/v1/payment_intents/pi_nobody/cancel":  {"cancellation_reason": {"abandoned"}},
	} {
		status, body := ask(s, http.MethodPost, path, form)
		require.GreaterOrEqual(t, status, 400)
		requireSchema(t, "error", body)
	}
}

// Deliveries are events by Stripe's schema, signed so that stripe-go accepts them.
func TestDeliveriesAreStripes(t *testing.T) {
	t.Parallel()
	type delivery struct {
		body      []byte
		signature string
	}
	deliveries := make(chan delivery, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		deliveries <- delivery{readAll(t, r), r.Header.Get("Stripe-Signature")}
	}))
	t.Cleanup(receiver.Close)
	s := stand(t)
	s.SetWebhook(receiver.URL, "whsec_one")
	create(t, s, url.Values{"amount": {"45900"}, "currency": {"usd"}})
	select {
	case got := <-deliveries:
		requireSchema(t, "event", got.body)
		requireSigned(t, got.body, got.signature, "whsec_one")
	case <-time.After(time.Minute):
		require.Fail(t, "nothing was delivered")
	}
}

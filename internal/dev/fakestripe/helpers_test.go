package fakestripe_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
)

// stripeGo returns Stripe's own Go client, which calls the stand-in.
func (s stand) stripeGo() *client.API {
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: stripe.String(s.URL()), MaxNetworkRetries: stripe.Int64(0), EnableTelemetry: stripe.Bool(false),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	api := &client.API{}
	api.Init("sk_test_1", &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
	return api
}

// pay pays 459.00 USD with a test card and returns the PaymentIntent's id. More parameters follow as name, value pairs.
func (s stand) pay(card string, more ...string) string {
	s.t.Helper()
	form := url.Values{"amount": {"45900"}, "currency": {"usd"}, "confirm": {"true"}, "payment_method": {card}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	paid := s.do(http.MethodPost, "/v1/payment_intents", "", form.Encode())
	require.Equal(s.t, http.StatusOK, paid.status, paid.body)
	return paid.text("id")
}

// chargeFee is the fee of a charge of 459.00 USD, in minor units.
const chargeFee = 1361

// requireBalance checks that the API's balance and the sum of its balance transactions are both want, in minor units.
func (s stand) requireBalance(want int64) {
	s.t.Helper()
	var listed int64
	for _, row := range s.rows("/v1/balance_transactions?limit=100&currency=usd") {
		listed += number(row["net"])
	}
	balance := s.do(http.MethodGet, "/v1/balance", "", "").body
	var shown int64
	for _, status := range []string{"available", "pending"} {
		for _, row := range balance[status].([]any) {
			if row := row.(map[string]any); row["currency"] == "usd" {
				shown += number(row["amount"])
			}
		}
	}
	require.Equal(s.t, want, listed, "sum of the balance transactions")
	require.Equal(s.t, want, shown, "balance of the API")
	require.Equal(s.t, want, s.Balance("usd"), "balance of the stand-in")
}

// rows returns the data of a list, newest first.
func (s stand) rows(path string) []map[string]any {
	s.t.Helper()
	page := s.do(http.MethodGet, path, "", "")
	require.Equal(s.t, http.StatusOK, page.status, page.body)
	var out []map[string]any
	for _, row := range page.body["data"].([]any) {
		out = append(out, row.(map[string]any))
	}
	return out
}

func number(value any) int64 { return int64(value.(float64)) } // a JSON number; the values in these tests are exact in a float64

// charge returns the latest charge of a PaymentIntent.
func (s stand) charge(intent string) map[string]any {
	s.t.Helper()
	return s.rows("/v1/charges?payment_intent=" + intent)[0]
}

// events returns the types of the events after the first since ones, oldest first.
func (s stand) events(since int) []string {
	s.t.Helper()
	var out []string
	for _, row := range s.rows("/v1/events?limit=100") {
		out = append([]string{row["type"].(string)}, out...)
	}
	return out[since:]
}

// booked returns the balance transactions of a source, oldest first, as "type category amount fee".
func (s stand) booked(source string) []string {
	s.t.Helper()
	var out []string
	for _, row := range s.rows("/v1/balance_transactions?source=" + source) {
		text, err := json.Marshal([]any{row["type"], row["reporting_category"], row["amount"], row["fee"]})
		require.NoError(s.t, err)
		out = append([]string{strings.NewReplacer("[", "", "]", "", `"`, "", ",", " ").Replace(string(text))}, out...)
	}
	return out
}

// admin posts JSON to a route under /_stand/ and returns the HTTP status.
func (s stand) admin(path, body string) int {
	s.t.Helper()
	response, err := http.Post(s.URL()+"/_stand/"+path, "application/json", strings.NewReader(body)) //nolint:noctx // a test's own server
	require.NoError(s.t, err)
	require.NoError(s.t, response.Body.Close())
	return response.StatusCode
}

package conformance

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/conformance/internal/mock"
	"farebook/internal/dev/fakestripe"
)

const key = "sk_test_123456789012"

// oracle is stripe-mock: it knows which requests Stripe takes and keeps no state.
func oracle(t *testing.T) http.Handler {
	t.Helper()
	judge, err := mock.New()
	require.NoError(t, err)
	return judge
}

func stand(t *testing.T) *fakestripe.Server {
	t.Helper()
	s := fakestripe.New(fakestripe.Options{Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func ask(handler http.Handler, method, path string, form url.Values) (int, []byte) {
	return askWith(handler, method, path, form, nil)
}

// askWith replaces headers by those given.
func askWith(handler http.Handler, method, path string, form url.Values, header http.Header) (int, []byte) {
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	}
	request := httptest.NewRequest(method, path, body)
	request.Header.Set("Authorization", "Bearer "+key)
	if body != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range header {
		request.Header[name] = values
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.Bytes()
}

func create(t *testing.T, s http.Handler, form url.Values) string {
	t.Helper()
	status, body := ask(s, http.MethodPost, "/v1/payment_intents", form)
	require.Equal(t, http.StatusOK, status, "%s", body)
	return textOf(t, body, "id")
}

// What the oracle refuses the stand-in refuses, and what it takes the stand-in takes. ID stands for a fresh
// PaymentIntent.
func TestRequestsAreTakenAndRefusedAlike(t *testing.T) {
	t.Parallel()
	judge := oracle(t)
	for _, c := range []struct {
		method, path, form string
	}{
		{"POST", "/v1/payment_intents", "amount=45900&currency=usd"},
		{
			"POST", "/v1/payment_intents",
			"amount=45900&currency=usd&automatic_payment_methods[enabled]=true&description=Booking&metadata[booking_reference]=FB-1",
		},
		{"POST", "/v1/payment_intents", "amount=45900&currency=usd&capture_method=manual&payment_method_types[]=card"},
		{"POST", "/v1/payment_intents", "amount=45900&currency=usd&payment_method=pm_card_visa&confirm=true&off_session=true"},
		{"POST", "/v1/payment_intents", "amount=45900&currency=usd&shipping[name]=Layla&shipping[address][line1]=1"},
		{"POST", "/v1/payment_intents", "currency=usd"},
		{"POST", "/v1/payment_intents", "amount=45900"},
		{"POST", "/v1/payment_intents", "amount=abc&currency=usd"},
		{"POST", "/v1/payment_intents", "amount=45900&currency=usd&capture_method=sometimes"},
		{"POST", "/v1/payment_intents", "amount=45900&currency=usd&confirmation_method=never"},
		{"POST", "/v1/payment_intents", "amount=45900&currency=usd&setup_future_usage=maybe"},
		{"POST", "/v1/payment_intents", "amount=45900&currency=usd&colour=blue"},
		{"POST", "/v1/payment_intents", "amount=45900&currency=usd&amount_captured=1"},
		{"POST", "/v1/payment_intents/ID", "description=Another&metadata[a]=b"},
		{"POST", "/v1/payment_intents/ID", "colour=blue"},
		{"POST", "/v1/payment_intents/ID/confirm", "payment_method=pm_card_visa&return_url=https://example.com/return"},
		{"POST", "/v1/payment_intents/ID/confirm", "payment_method=pm_card_visa&colour=blue"},
		{"POST", "/v1/payment_intents/ID/cancel", ""},
		{"POST", "/v1/payment_intents/ID/cancel", "cancellation_reason=abandoned"},
		{"POST", "/v1/payment_intents/ID/cancel", "cancellation_reason=requested_by_customer"},
		{"POST", "/v1/payment_intents/ID/cancel", "cancellation_reason=bored"},
		{"POST", "/v1/payment_intents/ID/cancel", "colour=blue"},
		{"GET", "/v1/payment_intents/ID", ""},
		{"GET", "/v1/payment_intents/ID?expand[]=latest_charge.balance_transaction", ""},
		{"GET", "/v1/payment_intents?limit=3&created[gte]=1", ""},
		{"GET", "/v1/charges?limit=3", ""},
		{"GET", "/v1/balance", ""},
		{"GET", "/v1/balance_transactions?limit=100", ""},
		{"GET", "/v1/events?limit=3&type=payment_intent.succeeded", ""},
		{"POST", "/v1/customers", "email=layla@example.com&description=x"},
		{"POST", "/v1/payment_methods", "type=card&card[token]=tok_visa"},
	} {
		s := stand(t)
		id := create(t, s, url.Values{"amount": {"45900"}, "currency": {"usd"}})
		form, err := url.ParseQuery(c.form)
		require.NoError(t, err)
		wanted, text := ask(judge, c.method, strings.ReplaceAll(c.path, "ID", "pi_123"), form)
		got, body := ask(s, c.method, strings.ReplaceAll(c.path, "ID", id), form)
		require.Equal(t, wanted, got, "%s %s %s\noracle: %s\nstand-in: %s", c.method, c.path, c.form, text, body)
	}
}

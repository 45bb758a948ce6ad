package browser

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/openid"
	"farebook/internal/dev/testkit"
)

// scene is a day of a small shop: something of everything that the console shows.
type scene struct {
	*testkit.Stack
	provider *openid.Provider

	paid, declined, refunded, disputed, held, failing testkit.Booked
	// plan is the id of the dry run, and endpoint that of a webhook endpoint.
	plan, endpoint string
}

// traveller changes BookingBody to a booking of somebody in some currency.
func traveller(name, email, locale, flight string, value int, currency string) func(map[string]any) {
	return func(body map[string]any) {
		body["customer"] = map[string]any{"name": name, "email": email, "locale": locale}
		body["amount"] = map[string]any{"value": value, "currency": currency}
		details, _ := body["flight"].(map[string]any) // BookingBody has made it
		details["number"] = flight
		details["passengers"] = []any{map[string]any{"name": name}}
	}
}

// supportRefunds lets support refund 1,000.00 dollars at once and 2,000.00 a day without a second person.
const supportRefunds = "CONSOLE_REFUND_LIMITS=support:USD:100000:200000"

// open starts a shop without a booking, with further settings. The four people of development can sign in.
func open(t *testing.T, settings ...string) *scene {
	t.Helper()
	return openFor(t, nil, settings...)
}

// openFor is open for further people.
func openFor(t *testing.T, further []openid.Person, settings ...string) *scene {
	t.Helper()
	provider, err := openid.Start(openid.Options{People: append(openid.People(), further...)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, provider.Close()) })
	s := &scene{Stack: testkit.New(t, testkit.Options{Env: append(provider.Environment(), settings...), Heal: "none"}), provider: provider}
	provider.Register(s.API.URL())
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("errors that the log has:\n%s", strings.Join(s.LogLines("api", `error`), "\n"))
		}
	})
	return s
}

// play makes the scene on a stack, and waits until everything is at rest.
func play(t *testing.T) *scene {
	t.Helper()
	s := open(t)
	layla := traveller("Layla Haddad", "layla.haddad@example.com", "en", "EK002", 45900, "USD")
	s.paid = s.BookAndPay("paid", layla)
	s.declined = s.Book("declined", testkit.BookingBody(traveller("Omar Farouk", "omar.farouk@example.com", "ar", "MS985", 61250, "USD")))
	require.Equal(t, http.StatusPaymentRequired, s.Pay(s.declined.Payment.PaymentIntentID, "pm_card_visa_chargeDeclinedInsufficientFunds"))
	s.refunded = s.BookAndPay("refunded", traveller("Claire Dubois", "claire.dubois@example.com", "en", "AF1780", 32840, "EUR"))
	answer := s.Post("/v1/bookings/"+s.refunded.Reference+"/refunds", "a-part", []byte(`{"amount":{"value":12000,"currency":"EUR"}}`))
	require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
	s.disputed = s.BookAndPay("disputed", traveller("Yusuf Rahman", "yusuf.rahman@example.com", "en", "QR017", 88400, "USD"))
	_, err := s.Stripe.Dispute(s.disputed.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.failing = s.Book("failing", testkit.BookingBody(traveller("Noor Aziz", "noor.aziz@example.com", "ar", "KU104", 120500, "KWD")))
	require.Equal(t, http.StatusOK, s.Pay(s.failing.Payment.PaymentIntentID, "pm_card_refundFail"))
	s.AwaitStatus(s.failing.Reference, "confirmed")
	s.AwaitStatus(s.refunded.Reference, "partially_refunded")
	s.AwaitStatus(s.disputed.Reference, "disputed")
	s.matter()
	s.hear()
	s.payOut()
	s.reconcile()
	s.held = s.Book("held", testkit.BookingBody(layla))
	return s
}

// matter opens one about the refunded booking, which a colleague has taken and commented on.
func (s *scene) matter() {
	s.T.Helper()
	s.DB.Exec(s.T, `INSERT INTO attention_items (booking_id, kind, subject, text, opened_at) SELECT id, 'refund_failed', 'RF-7K2M9QXA',
		'refund RF-7K2M9QXA of €120.00 failed: expired_or_canceled_card', UTC_TIMESTAMP(6) FROM bookings WHERE reference = ?`,
		s.refunded.Reference)
	for code, text := range map[string]string{"take": "", "comment": "The traveller sends another account by Monday."} {
		s.DB.Exec(s.T, `INSERT INTO attention_steps (code, item_id, kind, text, at, actor)
			SELECT ?, id, ?, ?, opened_at, 'Omar Aziz (console ak_7K2M9QXA4T)' FROM attention_items WHERE subject = 'RF-7K2M9QXA'`, code, code, text)
	}
}

// hear makes a webhook endpoint with an event that its receiver has refused.
func (s *scene) hear() {
	s.T.Helper()
	s.endpoint = "we_7K2M9QXA4T"
	s.DB.Exec(s.T, `INSERT INTO webhook_endpoints (endpoint_id, client_id, url, description, contact_email, event_types, secret_number,
		secret_key_id, created_at, updated_at, disabled_at, disabled_reason)
		SELECT ?, MIN(id), 'https://shop.example.com/farebook', 'Shop, production', 'hooks@example.com', 'booking.confirmed,refund.failed', 1,
		'k1', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 'failing' FROM api_clients`, s.endpoint)
	endpoint, err := s.DB.Store.Endpoint(s.T.Context(), s.endpoint)
	require.NoError(s.T, err)
	_, err = s.DB.Store.SendTestEvent(s.T.Context(), endpoint, "we_test", access.Actor{Name: "alice@bastion"})
	require.NoError(s.T, err)
	s.DB.Exec(s.T, `UPDATE webhook_deliveries SET attempts = 3, answer_status = 503, answer_excerpt = 'try later', answer_ms = 41,
		attempted_at = UTC_TIMESTAMP(6), next_attempt_at = UTC_TIMESTAMP(6) WHERE event_type = 'test'`)
}

// payOut has Stripe pay out the dollars.
func (s *scene) payOut() {
	s.T.Helper()
	s.AwaitQuiet()
	s.Stripe.SettleFunds()
	id, err := s.Stripe.PayOut("usd")
	require.NoError(s.T, err)
	require.NoError(s.T, s.Stripe.MovePayout(id, "paid"))
	s.Eventually(func() bool {
		return s.DB.Count(s.T, "SELECT COUNT(*) FROM payouts WHERE stripe_payout_id = ? AND status = 'paid' AND proof = 'proven'", id) == 1
	}, "the payout %s is not proven", id)
}

// reconcile makes a plan about a payment whose events were lost, beside money that nobody knows.
func (s *scene) reconcile() {
	s.T.Helper()
	lost := s.Book("lost", testkit.BookingBody(traveller("Hana Sato", "hana.sato@example.com", "en", "NH203", 74250, "JPY")))
	s.AwaitQuiet()
	again := s.DropWebhooks()
	require.Equal(s.T, http.StatusOK, s.Pay(lost.Payment.PaymentIntentID, "pm_card_visa"))
	s.Stripe.Adjust(-2500, "usd", "Network cost")
	again()
	s.plan = s.run(`{"dryRun":true}`)
}

// run reconciles, waits for the end, and returns the run's id.
func (s *scene) run(body string) string {
	s.T.Helper()
	answer := s.Post("/v1/reconciliations", "", []byte(body))
	require.Equal(s.T, http.StatusAccepted, answer.Status, "%s", answer.Body)
	var started struct{ CorrelationID string }
	answer.Into(s.T, &started)
	s.Eventually(func() bool {
		return s.DB.Count(s.T, "SELECT COUNT(*) FROM reconciliation_runs WHERE correlation_id = ? AND status <> 'running'",
			started.CorrelationID) == 1
	}, "the reconciliation %s does not end", started.CorrelationID)
	return started.CorrelationID
}

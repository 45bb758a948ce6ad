package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// What an account that settles in dollars gets for one minor unit, today and tomorrow.
var (
	ratesToday    = map[string]float64{"eur": 1.085, "jpy": 0.6712, "kwd": 0.3254}
	ratesTomorrow = map[string]float64{"eur": 1.0702, "jpy": 0.6655, "kwd": 0.3261}
)

// in changes a booking's currency; its value stays.
func in(currency string) func(map[string]any) {
	return func(body map[string]any) { body["amount"] = map[string]any{"value": 45900, "currency": currency} }
}

// Most accounts settle in one currency. Travellers pay in theirs, Stripe's balance has dollars, and rates move between a
// payment and what comes of it: the books have both, the clearing account equals the balance, payouts are proven and
// reconciliation finds nothing.
func TestAccountThatSettlesInOneCurrency(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.SettleIn("usd", ratesToday)
	refunded, failed := s.BookAndPay("refunded", in("EUR")), s.BookAndPay("failed", in("JPY"))
	won, lost := s.BookAndPay("won", in("EUR")), s.BookAndPay("lost", in("KWD"))
	part := captureInPart(s, "EUR")
	s.AwaitQuiet()
	require.Equal(t, []string{"usd"}, s.Stripe.Currencies())
	s.RequirePromises()

	s.Stripe.SettleIn("usd", ratesTomorrow)
	awaitRefund(s, ask(s, refunded.Reference, "all", `{}`).ID, "succeeded")
	back := ask(s, failed.Reference, "some", `{"amount":{"value":20000,"currency":"JPY"}}`)
	awaitRefund(s, back.ID, "succeeded")
	s.Stripe.SettleIn("usd", ratesToday)
	require.NoError(t, s.Stripe.FailRefund(s.Stripe.Refunds()[len(s.Stripe.Refunds())-1].ID, ""))
	awaitRefund(s, back.ID, "failed")
	for status, booked := range map[string]testkit.Booked{"won": won, "lost": lost} {
		s.Stripe.SettleIn("usd", ratesToday)
		id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
		require.NoError(t, err)
		s.AwaitStatus(booked.Reference, "disputed")
		s.Stripe.SettleIn("usd", ratesTomorrow)
		require.NoError(t, s.Stripe.MoveDispute(id, status))
		s.AwaitRunEnd("Dispute:" + id)
	}
	s.AwaitQuiet()
	s.RequireLedger(refunded.Reference, "payment", "refund", "refund_promised")
	s.RequireLedger(failed.Reference, "payment", "refund", "refund_failure", "refund_promised")
	s.RequireLedger(won.Reference, "payment", "dispute", "dispute_reversal", "chargeback")
	s.RequireLedger(lost.Reference, "payment", "dispute", "chargeback", "chargeback_relief")
	s.RequireLedger(part.Reference, "payment", "partial_capture_reversal")
	s.RequirePromises()

	s.Stripe.SettleFunds()
	provenPayout(s)
	s.AwaitQuiet()
	s.RequirePromises()
	require.Empty(t, reconcile(s, `{"dryRun":true,"limit":0}`).Details)
}

// captureInPart captures less than was authorised, of a booking in a currency.
func captureInPart(s *testkit.Stack, currency string) testkit.Booked {
	s.T.Helper()
	booked := s.Book("part", testkit.BookingBody(func(body map[string]any) {
		in(currency)(body)
		body["capture"] = "manual"
	}))
	require.Equal(s.T, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "authorized" }, "not authorised; logs:\n%s", s.Logs)
	answer := s.Post("/v1/bookings/"+booked.Reference+"/capture", "", []byte(`{"amount":{"value":30000,"currency":"`+currency+`"}}`))
	require.Equal(s.T, http.StatusOK, answer.Status, "%s", answer.Body)
	return booked
}

// The same where webhooks are lost: reconciliation finds what the books do not have, in the currency that it settled in, heals it,
// and finds nothing then.
func TestReconciliationOfAnAccountThatSettlesInOneCurrency(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.SettleIn("usd", ratesToday)
	known := s.BookAndPay("known", in("EUR"))
	unheard := s.Book("unheard", testkit.BookingBody(in("JPY")))
	s.AwaitQuiet()
	again := s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(unheard.Payment.PaymentIntentID, "pm_card_visa"))
	s.Stripe.SettleIn("usd", ratesTomorrow)
	_, err := s.Stripe.RefundInDashboard(known.Payment.PaymentIntentID, 700)
	require.NoError(t, err)
	s.Stripe.Settle()
	again()
	run := reconcile(s, `{"limit":0}`)
	require.Zero(t, run.Failed, "%+v", run.Details)
	require.Positive(t, run.Fixed)
	s.AwaitStatus(unheard.Reference, "confirmed")
	s.AwaitStatus(known.Reference, "partially_refunded")
	s.AwaitQuiet()
	s.RequirePromises()
	require.Empty(t, reconcile(s, `{"dryRun":true,"limit":0}`).Details)
}

package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// A refund that the balance at Stripe does not cover waits, and is asked for again as soon as Stripe tells of money.
func TestRefundIsMadeOnceTheBalanceCoversIt(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("unfunded", nil)
	s.Stripe.RefuseRefunds(fakestripe.RefuseUnfunded)
	refund := ask(s, booked.Reference, "refund", usd(10000))
	s.Eventually(func() bool { return s.FinanceMailCount("refund_waiting") == 1 }, "finance was not told; logs:\n%s", s.Logs)
	require.Equal(t, "requested", awaitRefund(s, refund.ID, "requested").Status)
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	s.RequirePromises()

	s.Stripe.SendMoreEvents(true)
	s.Stripe.SettleFunds()
	awaitRefund(s, refund.ID, "succeeded")
	s.AwaitRunEnd("Refund:" + refund.ID)
	s.AwaitQuiet()
	require.Len(t, s.Stripe.Refunds(), 1)
	require.Equal(t, 1, s.FinanceMailCount("refund_waiting"))
	s.RequireMails(booked.Reference, "booking_confirmed", "refund_waiting", "refunded")
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
	s.RequirePromises()
	s.SaveRun("Refund:"+refund.ID, "refund_postponed")
}

// Stripe refuses a refund for a reason that is not known to be final, and an operator then makes it in the dashboard: the customer
// hears that the money is on its way, and never that it is not.
func TestRefundOfUnknownRefusalIsMadeByHand(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("unknown-refusal", nil)
	s.Stripe.Faults().Add(fakestripe.Fault{
		Method: http.MethodPost, Path: "/v1/refunds", Kind: fakestripe.FaultRefused,
		Code: "refund_on_a_sunday",
	})
	refund := ask(s, booked.Reference, "refund", `{}`)
	s.Eventually(func() bool { return s.FinanceMailCount("refund_waiting") == 1 }, "finance was not told; logs:\n%s", s.Logs)
	var view struct{ Attention string }
	s.API.Get("/v1/bookings/"+booked.Reference, &view)
	require.Contains(t, view.Attention, refund.ID)
	id, err := s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 45900)
	require.NoError(t, err)
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE status = 'succeeded' AND stripe_refund_id = '"+id+"'") == 1
	}, "the dashboard's refund was not taken in; logs:\n%s", s.Logs)
	require.Zero(t, s.MailCount(booked.Reference, "refund_failed"))
	require.Equal(t, 1, s.MailCount(booked.Reference, "refunded"))
	require.Len(t, s.Stripe.Refunds(), 1)
}

// A refund that was recorded as refused turns up at Stripe by its event, and one that the books forgot: both are adopted.
func TestRefundsThatTheBooksMissAreAdoptedByTheirEvents(t *testing.T) {
	t.Parallel()
	for name, forget := range map[string][]string{
		"recorded as refused": {"UPDATE refunds SET status = 'failed', failure_reason = 'charge_disputed'"},
		"books forgot it":     {"DELETE FROM idempotency_keys WHERE operation = 'create-refund'", "DELETE FROM refunds"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{})
			booked := s.BookAndPay("adopted", nil)
			s.Stripe.RefuseRefunds(fakestripe.RefuseAlways)
			refund := ask(s, booked.Reference, "refund", usd(10000))
			s.Eventually(func() bool { return s.FinanceMailCount("refund_waiting") == 1 }, "not postponed; logs:\n%s", s.Logs)
			require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), "Refund:"+refund.ID, "", "the test breaks the books"))
			for _, statement := range forget {
				s.DB.Exec(t, statement)
			}
			s.Stripe.RefuseRefunds(fakestripe.RefuseNever)
			require.Equal(t, http.StatusOK, s.PostToStripe("/v1/refunds", map[string][]string{
				"payment_intent": {booked.Payment.PaymentIntentID}, "amount": {"10000"}, "metadata[refund_id]": {refund.ID},
			}, nil))
			s.Eventually(func() bool {
				return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE status = 'succeeded' AND refund_id = ?", refund.ID) == 1
			}, "not adopted; logs:\n%s", s.Logs)
			s.AwaitQuiet()
			s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
			require.Equal(t, 1, s.MailCount(booked.Reference, "refunded"))
			s.RequirePromises()
		})
	}
}

// A refund that Stripe refuses for good is recorded as failed, and its amount is free again.
func TestRefundRefusedForGoodFreesItsAmount(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("refused-refund", nil)
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/refunds", Kind: fakestripe.FaultInvalidRequest})
	refund := ask(s, booked.Reference, "refused", `{}`)
	awaitRefund(s, refund.ID, "failed")
	s.AwaitQuiet()
	require.Empty(t, s.Stripe.Refunds())
	require.Equal(t, 1, s.MailCount(booked.Reference, "refund_failed"))
	awaitRefund(s, ask(s, booked.Reference, "again", `{}`).ID, "succeeded")
	s.AwaitQuiet()
	s.RequirePromises()
	s.SaveRun("Refund:"+refund.ID, "refund_refused")
}

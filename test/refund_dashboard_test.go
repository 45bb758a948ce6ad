package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// onlyChargeRefunded is a stack whose endpoint hears of no refund by name.
func onlyChargeRefunded(t *testing.T) *testkit.Stack {
	s := testkit.New(t, testkit.Options{})
	s.Stripe.EnableEvents("payment_intent.succeeded", "charge.refunded")
	return s
}

// A requested refund does not hide one from the dashboard: the charge shows less than both together. Too little is left for ours, and
// Stripe refuses it.
func TestChargeRefundedFindsADashboardRefundBesideOurs(t *testing.T) {
	t.Parallel()
	s := onlyChargeRefunded(t)
	booked := s.BookAndPay("beside", nil)
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/refunds", Kind: fakestripe.FaultRateLimit, Count: 1000})
	ours := ask(s, booked.Reference, "ours", usd(45900))
	id, err := s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 500)
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "partially_refunded")
	require.Equal(t, "dashboard", s.DB.Text(t, "SELECT origin FROM refunds WHERE stripe_refund_id = ?", id))
	s.Stripe.Faults().Clear()
	awaitRefund(s, ours.ID, "failed")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
	s.RequirePromises()
}

// Reading a charge's refunds also updates the known ones: one that has arrived, and one that came back, whether its workflow runs or has
// ended.
func TestChargeRefundedUpdatesKnownRefunds(t *testing.T) {
	t.Parallel()
	s := onlyChargeRefunded(t)
	booked := s.Book("others", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_pendingRefund"))
	s.AwaitStatus(booked.Reference, "confirmed")
	arriving, returning := ask(s, booked.Reference, "arriving", usd(1000)), ask(s, booked.Reference, "returning", usd(2000))
	awaitRefund(s, arriving.ID, "pending")
	awaitRefund(s, returning.ID, "pending")
	waiting := map[string]string{} // the runs that wait for a change; a second signal may start another run
	for _, refund := range []refundView{arriving, returning} {
		waiting[refund.ID] = s.LatestRun("Refund:" + refund.ID)
	}
	for _, refund := range s.Stripe.Refunds() { // of which no event tells
		require.NoError(t, s.Stripe.SettleRefund(refund.ID))
		if refund.Metadata["refund_id"] == returning.ID {
			require.NoError(t, s.Stripe.FailRefund(refund.ID, "expired_or_canceled_card"))
		}
	}
	id, err := s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 700)
	require.NoError(t, err)
	awaitRefund(s, arriving.ID, "succeeded")
	require.Equal(t, "expired_or_canceled_card", awaitRefund(s, returning.ID, "failed").FailureReason)
	s.AwaitQuiet()
	for refund, run := range waiting {
		require.Contains(t, s.RunText("Refund:"+refund, run), "charge.refunded", "signalled, rather than found by a poll")
	}
	require.Equal(t, "pending", s.DB.Text(t, "SELECT status FROM refunds WHERE stripe_refund_id = ?", id))
	require.NoError(t, s.Stripe.FailRefund(s.Stripe.Refunds()[0].ID, "unknown")) // it had succeeded, and its workflow has ended
	_, err = s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 800)
	require.NoError(t, err)
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE status = 'failed'") == 2 }, "not told")
	s.AwaitQuiet()
	s.RequirePromises()
}

// A refund made in Stripe's dashboard is recorded like ours, and its amount cannot be refunded again.
func TestRefundFromTheDashboardIsRecorded(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("dashboard", nil)
	id, err := s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 40000)
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "partially_refunded")
	s.AwaitQuiet()
	require.Equal(t, "dashboard", s.DB.Text(t, "SELECT origin FROM refunds WHERE stripe_refund_id = ?", id))
	answer := s.Post("/v1/bookings/"+booked.Reference+"/refunds", "too-much", []byte(usd(10000)))
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer.Body)
	require.Equal(t, 1, s.MailCount(booked.Reference, "refunded"))
	s.RequirePromises()
	s.SaveRun("Refund:"+id, "refund_dashboard")
}

// A webhook endpoint without refund events: dashboard refunds are looked up at Stripe and recorded once, in parts, two of them equal,
// beside a refund of ours.
func TestDashboardRefundsAreFoundByChargeRefundedAlone(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.EnableEvents("payment_intent.succeeded", "charge.refunded")
	booked := s.BookAndPay("charge-refunded", nil)
	awaitRefund(s, ask(s, booked.Reference, "ours", usd(300)).ID, "succeeded")
	s.AwaitQuiet()
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE type = 'charge.refunded' AND note = 'its refunds are known'"))
	s.Stripe.HoldWebhooks()
	for range 2 {
		_, err := s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 1000)
		require.NoError(t, err)
	}
	s.Stripe.ReleaseWebhooksDisordered(2)
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE status = 'succeeded'") == 3
	}, "the refunds were not taken in; logs:\n%s", s.Logs)
	s.AwaitQuiet()
	s.AwaitRunEnd("ChargeRefunds:" + booked.Payment.PaymentIntentID)
	s.RequireLedger(booked.Reference, "payment", "refund", "refund", "refund", "refund_promised", "refund_promised", "refund_promised")
	require.Equal(t, 3, s.MailCount(booked.Reference, "refunded"))
	require.Equal(t, "partially_refunded", s.Status(booked.Reference))
	s.RequirePromises()
	s.SaveRun("ChargeRefunds:"+booked.Payment.PaymentIntentID, "charge_refunds")
}

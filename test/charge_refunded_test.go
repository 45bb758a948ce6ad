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

// A refund of ours that is asked for and not made yet hides none from the dashboard: the two do not add up to what the charge
// says. Ours finds too little left then, and Stripe refuses it.
func TestChargeRefundedBesideARefundOnItsWay(t *testing.T) {
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
	s.RequireLedger(booked.Reference, "payment", "refund")
	s.RequirePromises()
}

// When Stripe is asked, what it says of the other refunds of the charge is heard as well: one that has arrived meanwhile, one
// that came back, whether its workflow goes on or has ended.
func TestChargeRefundedTellsOfTheOthers(t *testing.T) {
	t.Parallel()
	s := onlyChargeRefunded(t)
	booked := s.Book("others", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_pendingRefund"))
	s.AwaitStatus(booked.Reference, "confirmed")
	arriving, returning := ask(s, booked.Reference, "arriving", usd(1000)), ask(s, booked.Reference, "returning", usd(2000))
	awaitRefund(s, arriving.ID, "pending")
	awaitRefund(s, returning.ID, "pending")
	waiting := map[string]string{} // the runs that wait for news; one that is told twice may be started again
	for _, refund := range []refundView{arriving, returning} {
		waiting[refund.ID] = s.LatestRun("Refund:" + refund.ID)
	}
	for _, refund := range s.Stripe.Refunds() { // none of which anybody is told
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
		require.Contains(t, s.RunText("Refund:"+refund, run), "charge.refunded", "told, rather than found by a look of its own")
	}
	require.Equal(t, "pending", s.DB.Text(t, "SELECT status FROM refunds WHERE stripe_refund_id = ?", id))
	require.NoError(t, s.Stripe.FailRefund(s.Stripe.Refunds()[0].ID, "unknown")) // it had succeeded, and its workflow has ended
	_, err = s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 800)
	require.NoError(t, err)
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE status = 'failed'") == 2 }, "not told")
	s.AwaitQuiet()
	s.RequirePromises()
}

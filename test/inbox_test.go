package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// Events of a whole life, delivered three times each in any order, after everything has happened, end in the same ledger
// as those that came one by one.
func TestLateShuffledEventsEndInTheSameLedger(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("shuffled", testkit.BookingBody(nil))
	s.Stripe.HoldWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	refund, err := s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 10000)
	require.NoError(t, err)
	require.NoError(t, s.Stripe.FailRefund(refund, ""))
	_, err = s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 5000)
	require.NoError(t, err)
	dispute, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 20000, "fraudulent")
	require.NoError(t, err)
	require.NoError(t, s.Stripe.MoveDispute(dispute, "under_review"))
	require.NoError(t, s.Stripe.MoveDispute(dispute, "won"))
	s.Stripe.SettleFunds()
	payout, err := s.Stripe.PayOut("usd")
	require.NoError(t, err)
	require.NoError(t, s.Stripe.MovePayout(payout, "paid"))
	s.Stripe.ReleaseWebhooksDisordered(3)
	s.AwaitStatus(booked.Reference, "partially_refunded")
	awaitDispute(s, dispute, "won")
	awaitPayout(s, payout, "paid", "proven")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_failure", "refund", "dispute", "dispute_reversal", "refund_promised")
	require.Equal(t, 1, s.MailCount(booked.Reference, "booking_confirmed"))
	s.RequirePromises()
}

// A booking is paid again by a PaymentIntent that is not the booking's: an operator sees it.
func TestSecondPaymentOfABookingIsShownToAnOperator(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("once", nil)
	other := s.PaymentBeside(45900, booked.Reference)
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE attention LIKE ?", "%"+other+"%") == 1
	}, "no operator sees it")
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	s.RequireLedger(booked.Reference, "payment")
}

// What was stored and never handed on (a crash, a queue that was full) is found by the sweeper, also when its signal was
// lost with the workflow that got it.
func TestSweeperProcessesEventsThatWereLeft(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	stop := s.StartWorker()
	booked := s.Book("swept", testkit.BookingBody(nil))
	stop()
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.Stripe.Settle()
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE state = 'processing' AND attempts >= 1") == 1
	}, "the event was not handed on")
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), s.WorkflowID(booked.Reference), "", "an operator's mistake"))
	s.StartWorker()
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
}

// Payments of others on the same Stripe account are kept and set aside.
func TestForeignPaymentsAreSetAside(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	id := s.ForeignPayment(5000)
	_, err := s.Stripe.RefundInDashboard(id, 1000)
	require.NoError(t, err)
	_, err = s.Stripe.Dispute(id, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitQuiet()
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE processed = FALSE OR note = ''"))
}

package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

func disputeStatus(s *testkit.Stack, id string) string {
	if s.DB.Count(s.T, "SELECT COUNT(*) FROM disputes WHERE stripe_dispute_id = ?", id) == 0 {
		return ""
	}
	return s.DB.Text(s.T, "SELECT status FROM disputes WHERE stripe_dispute_id = ?", id)
}

func awaitDispute(s *testkit.Stack, id, status string) {
	s.T.Helper()
	s.Eventually(func() bool { return disputeStatus(s, id) == status }, "dispute %s never became %s; logs:\n%s", id, status, s.Logs)
}

// A test card whose payment is disputed at once. The bank decides for us, and the money comes back.
func TestWonDisputeConfirmsTheBookingAgain(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("dispute-won", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_createDispute"))
	s.AwaitStatus(booked.Reference, "disputed")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "dispute")
	s.RequirePromises()
	require.NotNil(t, evidenceDue(s, booked.Reference), "evidence is awaited")
	id := s.Stripe.Disputes()[0].ID
	require.NoError(t, s.Stripe.MoveDispute(id, "under_review"))
	awaitDispute(s, id, "under_review")
	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitRunEnd("Dispute:" + id)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "dispute", "dispute_reversal")
	require.Equal(t, 1, s.FinanceMailCount("dispute_opened"))
	require.Equal(t, 1, s.FinanceMailCount("dispute_closed"))
	require.Nil(t, evidenceDue(s, booked.Reference), "and no more, once it is decided")
	s.RequirePromises()
	s.SaveRun("Dispute:"+id, "dispute_won")
}

// A won dispute gives back less than it took: the rest is posted, an operator sees it, and the workflow ends.
func TestDisputeWonWithLessIsShownToAnOperator(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.ReinstateOtherwise(-1900)
	booked := s.BookAndPay("won-short", nil)
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitRunEnd("Dispute:" + id)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "dispute", "dispute_reversal", "chargeback")
	require.Equal(t, "dispute "+id+" was won and gave back $19.00 less than it took", s.DB.Text(t, "SELECT attention FROM bookings"))
	s.RequirePromises()
}

// A dispute is lost months after the booking's workflow ended: the money is a chargeback.
func TestLostDisputeIsAChargeback(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("dispute-lost", nil)
	s.AwaitWorkflowEnd(booked.Reference)
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "product_not_received")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	answer := s.Post("/v1/bookings/"+booked.Reference+"/refunds", "disputed", nil)
	require.Equal(t, http.StatusConflict, answer.Status, "%s", answer.Body)
	require.NoError(t, s.Stripe.MoveDispute(id, "lost"))
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitRunEnd("Dispute:" + id)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "dispute", "chargeback", "chargeback_relief")
	s.RequirePromises()
	s.SaveRun("Dispute:"+id, "dispute_lost")
}

// A refunded payment can be disputed as well. Both together exceed what was captured, and finance sees it.
func TestDisputeBesideARefundIsShownAsExceeding(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("refunded-and-disputed", nil)
	awaitRefund(s, ask(s, booked.Reference, "all", `{}`).ID, "succeeded")
	s.AwaitStatus(booked.Reference, "refunded")
	_, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "duplicate")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	s.AwaitQuiet()
	var view struct {
		Payment  struct{ ExceedsCaptured bool }
		Disputes []struct{ Reason string }
	}
	s.API.Get("/v1/bookings/"+booked.Reference, &view)
	require.True(t, view.Payment.ExceedsCaptured)
	require.Equal(t, "duplicate", view.Disputes[0].Reason)
	s.RequirePromises()
}

// An inquiry takes no money. Finance gets an email about it, and another when it becomes formal.
func TestInquiryBecomesFormal(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("inquiry", nil)
	id, err := s.Stripe.Inquire(booked.Payment.PaymentIntentID)
	require.NoError(t, err)
	awaitDispute(s, id, "warning_needs_response")
	s.AwaitQuiet()
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	s.RequireLedger(booked.Reference, "payment")
	require.NoError(t, s.Stripe.MoveDispute(id, "needs_response"))
	s.AwaitStatus(booked.Reference, "disputed")
	s.AwaitQuiet()
	require.Equal(t, 2, s.FinanceMailCount("dispute_opened"))
	s.RequirePromises()
	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	awaitDispute(s, id, "won")
	s.AwaitRunEnd("Dispute:" + id)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "dispute", "dispute_reversal")
	s.RequirePromises()
	s.SaveRun("Dispute:"+id, "dispute_inquiry_formal")
}

// Some accounts do not get the fee of a dispute back that they win: it stays an expense, and nothing of the dispute is left over.
func TestFeeOfAWonDisputeMayStayWithStripe(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.KeepDisputeFees(true)
	booked := s.BookAndPay("fee-kept", nil)
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitRunEnd("Dispute:" + id)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "dispute", "dispute_reversal")
	require.Equal(t, 1361+1500, s.DB.Count(t,
		"SELECT SUM(IF(side = 'debit', amount, -amount)) FROM ledger_entries WHERE account = 'expense:stripe_fees'"))
	s.RequirePromises()
	require.Empty(t, reconcile(s, `{"dryRun":true}`).Details)
}

// A charge can be disputed more than once: each dispute has its own money and end.
func TestSeveralDisputesOfOneChargeEndEachForItself(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("twice-disputed", nil)
	var ids []string
	for range 2 {
		id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 10000, "fraudulent")
		require.NoError(t, err)
		awaitDispute(s, id, "needs_response")
		ids = append(ids, id)
	}
	s.AwaitStatus(booked.Reference, "disputed")
	require.NoError(t, s.Stripe.MoveDispute(ids[0], "won"))
	awaitDispute(s, ids[0], "won")
	s.AwaitQuiet()
	require.Equal(t, "disputed", s.Status(booked.Reference), "the other one is open")
	s.RequirePromises()
	require.NoError(t, s.Stripe.MoveDispute(ids[1], "lost"))
	s.AwaitStatus(booked.Reference, "partially_refunded")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "dispute", "dispute", "dispute_reversal", "chargeback", "chargeback_relief")
	// A dispute that is lost before the departure costs no more than its fee: the flight is not owed any more.
	require.Equal(t, 0, s.DB.Count(t,
		"SELECT SUM(IF(side = 'debit', amount, -amount)) FROM ledger_entries WHERE account = 'expense:chargebacks'"))
	require.Equal(t, 45900-10000, s.DB.Count(t,
		"SELECT SUM(IF(side = 'credit', amount, -amount)) FROM ledger_entries WHERE account = 'liability:unearned_revenue'"))
	s.RequirePromises()
	require.Empty(t, reconcile(s, `{"dryRun":true}`).Details)
}

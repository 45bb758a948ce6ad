package test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"farebook/internal/dev/testkit"
)

// A cancel that finds the PaymentIntent paid, because the event is still on its way, does not lose the payment.
func TestCancelLosesToPayment(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("cancel-race", testkit.BookingBody(nil))
	s.Stripe.HoldWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	answer, err := s.API.Do(http.MethodPost, "/v1/bookings/"+booked.Reference+"/cancel", "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusConflict, answer.Status, "%s", answer.Body)
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	s.Stripe.ReleaseWebhooks()
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireMails(booked.Reference, "booking_confirmed")
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "cancel_lost_to_payment")
}

// The hold ends while the money is in, and its event is not: the booking is paid.
func TestHoldEndsAfterUnheardPayment(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: 150 * time.Millisecond})
	booked := s.Book("expiry-race", testkit.BookingBody(nil))
	s.Stripe.HoldWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.Stripe.ReleaseWebhooks()
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
}

// Money that comes for a booking that is closed is recorded, and goes back by itself.
func TestLateMoneyGoesBack(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("late-money", testkit.BookingBody(nil))
	answer, err := s.API.Do(http.MethodPost, "/v1/bookings/"+booked.Reference+"/cancel", "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	s.AwaitWorkflowEnd(booked.Reference)

	require.NoError(t, s.Stripe.ForceSucceed(booked.Payment.PaymentIntentID))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "succeeded" }, "late money not recorded")
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE status = 'succeeded'") == 1 }, "late money not refunded")
	s.AwaitQuiet()
	require.Equal(t, "cancelled", s.Status(booked.Reference))
	require.Equal(t, 0, s.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE refund_due = TRUE"))
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE origin = 'late_money'"))
	s.RequireLedger(booked.Reference, "payment", "refund")
	s.RequireMails(booked.Reference, "booking_cancelled", "refunded")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "late_money_refunded")
}

// Stripe's fee comes after the payment when the capture is asynchronous: the booking is confirmed at once, the fee
// posted when charge.updated says so.
func TestFeeComesLater(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.DelayBalanceTransactions(true)
	booked := s.Book("late-fee", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.RequireLedger(booked.Reference, "payment")
	s.Stripe.ReleaseBalanceTransactions()
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireLedger(booked.Reference, "payment", "stripe_fee")
	s.RequireMails(booked.Reference, "booking_confirmed")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "fee_later")
}

// An operator who cancels the workflow cancels the booking: the PaymentIntent does not stay payable.
func TestWorkflowCancelledFromOutside(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("operator-cancel", testkit.BookingBody(nil))
	require.NoError(t, s.Temporal.CancelWorkflow(t.Context(), s.WorkflowID(booked.Reference), ""))
	s.AwaitStatus(booked.Reference, "cancelled")
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	s.RequireMails(booked.Reference, "booking_cancelled")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "workflow_cancelled")
}

// A workflow that was terminated takes nothing with it: the payment's event starts another.
func TestWorkflowTerminated(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("operator-terminate", testkit.BookingBody(nil))
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), s.WorkflowID(booked.Reference), "", "a test"))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
}

// A payment in processing cannot be cancelled when its hold ends: it is waited for, and counts when it succeeds.
func TestProcessingOutlastsTheHold(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: 100 * time.Millisecond})
	booked := s.Book("processing", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_usBankAccount"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "processing" }, "processing not recorded")
	s.Eventually(func() bool { return strings.Contains(s.HistoryText(booked.Reference), "EVENT_TYPE_TIMER_FIRED") }, "the hold does not end")
	require.Equal(t, "pending_payment", s.Status(booked.Reference))
	answer, err := s.API.Do(http.MethodPost, "/v1/bookings/"+booked.Reference+"/cancel", "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusConflict, answer.Status, "%s", answer.Body)

	require.NoError(t, s.Stripe.CompleteAction(booked.Payment.PaymentIntentID))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireMails(booked.Reference, "booking_confirmed")
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "processing")
}

// When the bank refuses after the hold has ended, the booking ends at once.
func TestProcessingFailsAfterTheHold(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: 100 * time.Millisecond})
	booked := s.Book("processing-fails", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_usBankAccount"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "processing" }, "processing not recorded")
	s.Eventually(func() bool { return strings.Contains(s.HistoryText(booked.Reference), "EVENT_TYPE_TIMER_FIRED") }, "the hold does not end")
	require.NoError(t, s.Stripe.FailAction(booked.Payment.PaymentIntentID))
	s.AwaitStatus(booked.Reference, "expired")
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	s.RequireLedger(booked.Reference)
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "processing_failed")
}

// The hold ends while the bank is at it and no event has told us; then the bank refuses. Stripe's refusal of the first
// cancel rests under its key: another is asked for, once.
func TestProcessingFailsAfterARefusedCancel(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: 100 * time.Millisecond})
	booked := s.Book("refused-cancel", testkit.BookingBody(nil))
	again := s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_usBankAccount"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "processing" }, "the hold's end has not read it")
	again()
	require.NoError(t, s.Stripe.FailAction(booked.Payment.PaymentIntentID))
	s.AwaitStatus(booked.Reference, "expired")
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	cancels := s.StripeCalls(http.MethodPost, "/v1/payment_intents/"+booked.Payment.PaymentIntentID+"/cancel")
	require.LessOrEqual(t, cancels, 3, "refused, replayed, asked anew")
	s.RequirePromises()
}

// A cancel that was refused while the bank was at it is taken once the bank has refused.
func TestCancelAfterProcessingFailed(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("cancel-again", testkit.BookingBody(nil))
	cancel := "/v1/bookings/" + booked.Reference + "/cancel"
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_usBankAccount"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "processing" }, "processing not recorded")
	require.Equal(t, http.StatusConflict, s.Post(cancel, "", nil).Status)
	require.NoError(t, s.Stripe.FailAction(booked.Payment.PaymentIntentID))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "failed" }, "the bank's refusal not recorded")
	answer := s.Post(cancel, "", nil)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	s.RequirePromises()
}

// Somebody changes what a PaymentIntent is about: nothing is posted, an operator is told, and the hold still ends.
func TestPaymentIntentAboutAnotherAmount(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: 200 * time.Millisecond})
	booked := s.Book("another-amount", testkit.BookingBody(nil))
	run := s.LatestRun(s.WorkflowID(booked.Reference))
	intent := "/v1/payment_intents/" + booked.Payment.PaymentIntentID
	require.Equal(t, http.StatusOK, s.PostToStripe(intent, url.Values{"amount": {"100"}}, nil))
	require.Equal(t, http.StatusPaymentRequired, s.Pay(booked.Payment.PaymentIntentID, "pm_card_chargeDeclined"))
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE attention IS NOT NULL") == 1
	}, "not marked for attention")
	s.AwaitStatus(booked.Reference, "expired")
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	first, err := s.Temporal.DescribeWorkflowExecution(t.Context(), s.WorkflowID(booked.Reference), run)
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, first.GetWorkflowExecutionInfo().GetStatus(), "it waited for the hold's end")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference)
	s.RequirePromises()
}

// Events that come while a fee is awaited don't use up the looks for it.
func TestEventsDoNotUseUpTheLooksForAFee(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.DelayBalanceTransactions(true)
	booked := s.BookAndPay("fee", nil)
	paid := s.EventOf(booked.Reference, "payment_intent.succeeded")
	const events = 8 // more than there are looks
	for n := range events {
		s.DB.Exec(t, "UPDATE stripe_events SET processed = FALSE WHERE stripe_event_id = ?", paid.ID)
		require.Equal(t, http.StatusOK, s.DeliverAgain(paid.ID))
		s.Eventually(func() bool { return s.EventOf(booked.Reference, "payment_intent.succeeded").Processed }, "delivery %d not recorded", n)
	}
	require.Equal(t, 1, strings.Count(s.HistoryText(booked.Reference), "Read the payment again for Stripe's fee"), "one timer, whatever comes")
	s.Stripe.ReleaseBalanceTransactions()
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireLedger(booked.Reference, "payment", "stripe_fee")
	s.RequirePromises()
}

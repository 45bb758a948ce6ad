package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"farebook/activities"
	"farebook/booking"
	"farebook/workflows"
)

func TestCancelBeforePaymentCancelsThePaymentIntent(t *testing.T) {
	s := bookingScenario(t, cancelled)
	first := s.update(4*time.Minute, workflows.UpdateCancelBooking, workflows.CancelRequest{})
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"4m: CancelPaymentIntent pi_1 requested_by_customer",
		"4m: RecordPaymentOutcome cancelled",
		"4m: SendEmail 4",
	)
	require.NoError(t, first.err)
	require.Equal(t, workflows.CancelResult{BookingStatus: booking.StatusCancelled}, first.result)
}

// A cancel may be too late at Stripe: the booking is confirmed, and the cancel refused.
func TestCancelThatLosesToThePaymentIsRefused(t *testing.T) {
	s := bookingScenario(t, confirmed)
	cancel := s.update(4*time.Minute, workflows.UpdateCancelBooking, workflows.CancelRequest{})
	s.run(workflows.BookingPayment, held)
	requireRefusal(t, cancel.err, workflows.ErrorAlreadySettled)
	requireResult(s, workflows.BookingPaymentResult{
		BookingStatus: booking.StatusConfirmed, PaymentStatus: booking.PaymentSucceeded, PaymentIntentID: intent,
	})
}

// A cancel and an event arrive together: the recording of the cancel covers the event.
func TestRecordingOfACancelCoversAnEvent(t *testing.T) {
	s := bookingScenario(t, cancelled)
	cancel := &updateOutcome{}
	s.after(time.Minute, func() {
		s.env.SignalWorkflowSkippingWorkflowTask(workflows.SignalStripeEvent, workflows.StripeEvent{EventID: "evt_1", PaymentIntentID: intent})
		s.sendUpdate(cancel, workflows.UpdateCancelBooking, workflows.CancelRequest{})
	})
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"1m: CancelPaymentIntent pi_1 requested_by_customer",
		"1m: RecordPaymentOutcome cancelled evt_1",
		"1m: SendEmail 4",
	)
	require.NoError(t, cancel.err)
}

func TestCancelOfAPaymentInAnUnknownStateIsRefused(t *testing.T) {
	unknown := processing
	unknown.PaymentStatus = booking.PaymentUnknown
	s := bookingScenario(t, unknown, unknown, confirmed)
	s.event(time.Minute, "evt_1")
	cancel := s.update(2*time.Minute, workflows.UpdateCancelBooking, workflows.CancelRequest{})
	s.event(3*time.Minute, "evt_2")
	s.run(workflows.BookingPayment, held)
	requireRefusal(t, cancel.err, workflows.ErrorAlreadySettled)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"1m: RecordPaymentOutcome event evt_1",
		"2m: RecordPaymentOutcome event",
		"3m: RecordPaymentOutcome event evt_2",
		"3m: SendEmail 2",
	)
}

// A run of before that refusal goes ahead as it did: its cancel asks Stripe to cancel the PaymentIntent.
func TestOlderRunCancelsAPaymentInAnUnknownState(t *testing.T) {
	unknown := processing
	unknown.PaymentStatus = booking.PaymentUnknown
	s := bookingScenario(t, unknown, cancelled)
	s.beganBefore("refuse-cancel-of-unknown")
	s.event(time.Minute, "evt_1")
	cancel := s.update(2*time.Minute, workflows.UpdateCancelBooking, workflows.CancelRequest{})
	s.run(workflows.BookingPayment, held)
	require.NoError(t, cancel.err)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"1m: RecordPaymentOutcome event evt_1",
		"2m: CancelPaymentIntent pi_1 requested_by_customer",
		"2m: RecordPaymentOutcome cancelled",
		"2m: SendEmail 4",
	)
}

func TestCancelOfAPaidBookingStartsItsRefund(t *testing.T) {
	s := newScenario(t)
	answer(s, payments.CreatePaymentIntent, activities.PaymentIntentCreated{
		PaymentIntentID: intent, BookingStatus: booking.StatusConfirmed, PaymentStatus: booking.PaymentSucceeded,
	})
	answer(s, payments.CancelPaidBooking, activities.PaidBookingCancelled{
		BookingStatus: booking.StatusCancelled, Percent: 50, Refund: eur(5000), RefundID: "RF-7K2M9QXA", EmailIDs: []uint64{5},
	})
	s.childRuns(workflows.TypeRefund)
	cancel := s.update(0, workflows.UpdateCancelBooking, workflows.CancelRequest{Paid: true})
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"start: CancelPaidBooking",
		"start: start Refund:RF-7K2M9QXA",
		"start: SendEmail 5",
	)
	require.NoError(t, cancel.err)
	refund := eur(5000)
	require.Equal(t, workflows.CancelResult{
		BookingStatus: booking.StatusCancelled, Percent: 50, Refund: &refund, RefundID: "RF-7K2M9QXA",
	}, cancel.result)
}

// A refusal of the policy is the caller's: the workflow continues.
func TestRefusedCancelOfAPaidBookingLeavesItConfirmed(t *testing.T) {
	s := newScenario(t)
	answer(s, payments.CreatePaymentIntent, activities.PaymentIntentCreated{
		PaymentIntentID: intent, BookingStatus: booking.StatusConfirmed, PaymentStatus: booking.PaymentSucceeded,
	})
	double(s, payments.CancelPaidBooking, func(activities.CancelPaidBookingInput) (activities.PaidBookingCancelled, error) {
		return activities.PaidBookingCancelled{},
			temporal.NewNonRetryableApplicationError("the refund is not what was quoted", activities.QuoteChanged, nil)
	})
	cancel := s.update(0, workflows.UpdateCancelBooking, workflows.CancelRequest{Paid: true})
	s.run(workflows.BookingPayment, held)
	requireRefusal(t, cancel.err, workflows.ErrorQuoteChanged)
	requireResult(s, workflows.BookingPaymentResult{
		BookingStatus: booking.StatusConfirmed, PaymentStatus: booking.PaymentSucceeded, PaymentIntentID: intent,
	})
}

func TestCancelledWorkflowClosesItsBooking(t *testing.T) {
	s := bookingScenario(t, cancelled)
	s.after(5*time.Minute, s.env.CancelWorkflow)
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"5m: CancelPaymentIntent pi_1 requested_by_customer",
		"5m: RecordPaymentOutcome cancelled",
		"5m: SendEmail 4",
	)
	require.True(t, temporal.IsCanceledError(s.env.GetWorkflowError()), "it ends as cancelled, after it has tidied up")
}

func requireRefusal(t *testing.T, err error, kind string) {
	t.Helper()
	var refusal *temporal.ApplicationError
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, kind, refusal.Type())
}

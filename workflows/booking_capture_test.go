package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/activities"
	"farebook/booking"
	"farebook/workflows"
)

func TestCaptureTakesAnAuthorisedPayment(t *testing.T) {
	s := bookingScenario(t, authorized(began.Add(7*24*time.Hour)), confirmed)
	s.event(time.Minute, "evt_authorized")
	capture := s.update(30*time.Minute, workflows.UpdateCapturePayment, workflows.CaptureRequest{Amount: 8000})
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"1m: RecordPaymentOutcome event evt_authorized",
		"30m: CapturePayment pi_1 8000",
		"30m: RecordPaymentOutcome event",
		"30m: SendEmail 2",
	)
	require.NoError(t, capture.err)
	require.Equal(t, workflows.CaptureResult{BookingStatus: booking.StatusConfirmed, PaymentStatus: booking.PaymentSucceeded}, capture.result)
}

func TestCaptureOfWhatIsNotAuthorisedIsRefused(t *testing.T) {
	s := bookingScenario(t, expired)
	capture := s.update(time.Minute, workflows.UpdateCapturePayment, workflows.CaptureRequest{Amount: 8000})
	nothing := s.update(2*time.Minute, workflows.UpdateCapturePayment, workflows.CaptureRequest{})
	s.run(workflows.BookingPayment, held)
	requireRefusal(t, capture.err, workflows.ErrorNotAuthorized)
	requireRefusal(t, nothing.rejected, workflows.ErrorNotAuthorized)
	require.NotContains(t, s.traced(), "CapturePayment")
}

// Finance is warned a day before an authorisation expires; an hour before, it is released.
func TestAuthorisationIsWarnedOfAndReleasedBeforeItExpires(t *testing.T) {
	s := bookingScenario(t, authorized(began.Add(7*24*time.Hour)), expired)
	answer(s, payments.WarnOfCapture, activities.EmailsQueued{EmailIDs: []uint64{6}})
	s.event(time.Minute, "evt_authorized")
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"1m: RecordPaymentOutcome event evt_authorized",
		"6d: WarnOfCapture",
		"6d: SendEmail 6",
		"6d23h: CancelPaymentIntent pi_1 abandoned",
		"6d23h: RecordPaymentOutcome hold_ended",
		"6d23h: SendEmail 3",
	)
}

// Stripe may report the fee days later. Its polls end, and leave it to reconciliation.
func TestFeeIsPolledUntilItsScheduleEnds(t *testing.T) {
	withoutFee := confirmed
	withoutFee.FeePending = true
	s := bookingScenario(t, withoutFee)
	s.event(0, "evt_succeeded")
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"start: RecordPaymentOutcome event evt_succeeded",
		"start: SendEmail 2",
		"1m: RecordPaymentOutcome event",
		"11m: RecordPaymentOutcome event",
		"1h11m: RecordPaymentOutcome event",
		"7h11m: RecordPaymentOutcome event",
		"1d7h11m: RecordPaymentOutcome event",
		"3d7h11m: RecordPaymentOutcome event",
	)
}

// Events do not advance the schedule of polls.
func TestEventsDoNotStretchThePollsOfTheFee(t *testing.T) {
	withoutFee := confirmed
	withoutFee.FeePending = true
	s := bookingScenario(t, withoutFee, withoutFee, withoutFee, withoutFee, confirmed)
	for i, id := range []string{"evt_1", "evt_2", "evt_3"} {
		s.event(time.Duration(i)*time.Second, id)
	}
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"start: RecordPaymentOutcome event evt_1",
		"start: SendEmail 2",
		"1s: RecordPaymentOutcome event evt_2",
		"2s: RecordPaymentOutcome event evt_3",
		"1m: RecordPaymentOutcome event",
		"11m: RecordPaymentOutcome event",
	)
}

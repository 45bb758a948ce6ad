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

// held is a booking with a hold of 15 minutes.
var held = workflows.BookingPaymentInput{Reference: reference, HoldExpiresAt: began.Add(15 * time.Minute), CorrelationID: "request-0001"}

var (
	unpaid = activities.PaymentIntentCreated{
		PaymentIntentID: intent, BookingStatus: booking.StatusPendingPayment,
		PaymentStatus: booking.PaymentPending,
	}
	declined = activities.PaymentRecorded{
		BookingStatus: booking.StatusPendingPayment, PaymentStatus: booking.PaymentFailed,
		EmailIDs: []uint64{1},
	}
	processing = activities.PaymentRecorded{BookingStatus: booking.StatusPendingPayment, PaymentStatus: booking.PaymentProcessing}
	confirmed  = activities.PaymentRecorded{
		BookingStatus: booking.StatusConfirmed, PaymentStatus: booking.PaymentSucceeded,
		EmailIDs: []uint64{2},
	}
	expired   = activities.PaymentRecorded{BookingStatus: booking.StatusExpired, PaymentStatus: booking.PaymentCanceled, EmailIDs: []uint64{3}}
	cancelled = activities.PaymentRecorded{
		BookingStatus: booking.StatusCancelled, PaymentStatus: booking.PaymentCanceled,
		EmailIDs: []uint64{4},
	}
)

func authorized(before time.Time) activities.PaymentRecorded {
	return activities.PaymentRecorded{
		BookingStatus: booking.StatusPendingPayment, PaymentStatus: booking.PaymentAuthorized, CaptureBefore: &before,
	}
}

// bookingScenario has a PaymentIntent that can be created, cancelled and captured, and recordings that return recorded in turn.
func bookingScenario(t *testing.T, recorded ...activities.PaymentRecorded) *scenario {
	t.Helper()
	s := newScenario(t)
	answer(s, payments.CreatePaymentIntent, unpaid)
	accept(s, payments.CancelPaymentIntent)
	accept(s, payments.CapturePayment)
	if len(recorded) > 0 {
		answer(s, payments.RecordPaymentOutcome, recorded...)
	}
	return s
}

func TestHoldThatRunsOutCancelsThePaymentIntent(t *testing.T) {
	s := bookingScenario(t, expired)
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"15m: CancelPaymentIntent pi_1 abandoned",
		"15m: RecordPaymentOutcome hold_ended",
		"15m: SendEmail 3",
	)
	requireResult(s, workflows.BookingPaymentResult{
		BookingStatus: booking.StatusExpired, PaymentStatus: booking.PaymentCanceled, PaymentIntentID: intent,
	})
}

func TestDeclineLeavesTheBookingPayable(t *testing.T) {
	s := bookingScenario(t, declined, confirmed)
	s.event(2*time.Minute, "evt_declined")
	s.event(5*time.Minute, "evt_succeeded")
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"2m: RecordPaymentOutcome event evt_declined",
		"2m: SendEmail 1",
		"5m: RecordPaymentOutcome event evt_succeeded",
		"5m: SendEmail 2",
	)
	requireResult(s, workflows.BookingPaymentResult{
		BookingStatus: booking.StatusConfirmed, PaymentStatus: booking.PaymentSucceeded, PaymentIntentID: intent,
	})
	require.Equal(t, "5m", s.since(), "a confirmed booking does not wait for its hold")
}

// What Stripe reports while a recording runs is recorded by the next one; an event that is delivered twice is recorded once.
func TestEventsAreRecordedTogetherAndOnce(t *testing.T) {
	s := bookingScenario(t, processing, confirmed)
	for _, id := range []string{"evt_1", "evt_2", "evt_1"} {
		s.event(0, id)
	}
	s.event(time.Minute, "evt_3")
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"start: RecordPaymentOutcome event evt_1,evt_2",
		"1m: RecordPaymentOutcome event evt_3",
		"1m: SendEmail 2",
	)
}

// An event may name a PaymentIntent that is not the booking's: it is recorded apart.
func TestEventAboutAnotherPaymentIntentIsKeptApart(t *testing.T) {
	s := bookingScenario(t, confirmed)
	s.after(time.Minute, func() {
		s.env.SignalWorkflow(workflows.SignalStripeEvent, workflows.StripeEvent{EventID: "evt_other", PaymentIntentID: "pi_other"})
	})
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"1m: RecordPaymentOutcome event others:[{PaymentIntentID:pi_other EventIDs:[evt_other]}]",
		"1m: SendEmail 2",
	)
}

func TestPaymentAfterTheEndIsRefunded(t *testing.T) {
	late := expired
	late.PaymentStatus, late.RefundDue, late.RefundIDs, late.EmailIDs = booking.PaymentSucceeded, true, []booking.RefundID{"RF-7K2M9QXA"}, nil
	s := newScenario(t)
	answer(s, payments.CreatePaymentIntent, activities.PaymentIntentCreated{
		PaymentIntentID: intent, BookingStatus: booking.StatusExpired, PaymentStatus: booking.PaymentCanceled,
	})
	answer(s, payments.RecordPaymentOutcome, late)
	s.childRuns(workflows.TypeRefund)
	s.event(0, "evt_late")
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"start: RecordPaymentOutcome event evt_late",
		"start: start Refund:RF-7K2M9QXA",
	)
	requireResult(s, workflows.BookingPaymentResult{
		BookingStatus: booking.StatusExpired, PaymentStatus: booking.PaymentSucceeded, PaymentIntentID: intent, RefundDue: true,
	})
}

// Each recording names the refunds that are not made yet: one that was started is not started again.
func TestRefundOfALatePaymentIsStartedOnce(t *testing.T) {
	late := expired
	late.PaymentStatus, late.RefundDue, late.RefundIDs = booking.PaymentSucceeded, true, []booking.RefundID{"RF-7K2M9QXA"}
	s := bookingScenario(t, late)
	s.childRuns(workflows.TypeRefund)
	s.slowEmails(time.Minute)
	s.event(20*time.Minute, "evt_late")
	s.event(20*time.Minute+30*time.Second, "evt_updated")
	s.run(workflows.BookingPayment, workflows.BookingPaymentInput{Reference: reference, HoldExpiresAt: began.Add(time.Hour)})
	s.requireTrace(
		"start: CreatePaymentIntent",
		"20m: RecordPaymentOutcome event evt_late",
		"20m: start Refund:RF-7K2M9QXA",
		"20m: SendEmail 3",
		"20m30s: RecordPaymentOutcome event evt_updated",
	)
}

// An event that arrives while the last recording runs was not part of it, so the run does not end yet.
func TestEventDuringTheLastRecordingOfAPaymentIsRecorded(t *testing.T) {
	s := bookingScenario(t)
	double(s, payments.RecordPaymentOutcome, func(in activities.RecordPaymentOutcomeInput) (activities.PaymentRecorded, error) {
		if in.EventIDs[0] == "evt_1" {
			s.env.SignalWorkflow(workflows.SignalStripeEvent, workflows.StripeEvent{EventID: "evt_2", PaymentIntentID: intent})
		}
		return activities.PaymentRecorded{BookingStatus: booking.StatusConfirmed, PaymentStatus: booking.PaymentSucceeded}, nil
	})
	s.event(time.Minute, "evt_1")
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"1m: RecordPaymentOutcome event evt_1",
		"1m: RecordPaymentOutcome event evt_2",
	)
}

// A payment at the bank cannot be cancelled: it is read when the hold ends and every 15 minutes from then on.
func TestProcessingPaymentOutlastsItsHold(t *testing.T) {
	s := bookingScenario(t, processing, processing, processing, confirmed)
	s.event(time.Minute, "evt_processing")
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"1m: RecordPaymentOutcome event evt_processing",
		"15m: RecordPaymentOutcome event",
		"30m: RecordPaymentOutcome event",
		"45m: RecordPaymentOutcome event",
		"45m: SendEmail 2",
	)
}

// Stripe is down for the whole hold: the booking is closed, as nobody could have paid it.
func TestBookingWithoutAPaymentIntentIsClosedWhenItsHoldEnds(t *testing.T) {
	s := newScenario(t)
	double(s, payments.CreatePaymentIntent, func(activities.BookingRef) (activities.PaymentIntentCreated, error) {
		return activities.PaymentIntentCreated{}, temporal.NewApplicationError("Stripe answered 503", activities.OutcomeUnknown)
	})
	answer(s, payments.ClosePayment, activities.PaymentIntentCreated{BookingStatus: booking.StatusPaymentFailed, EmailIDs: []uint64{7}})
	ready := s.update(0, workflows.UpdatePaymentIntent)
	s.run(workflows.BookingPayment, held)
	require.Equal(t, []string{
		"start: CreatePaymentIntent",
		"200ms: CreatePaymentIntent (retried for 15m)",
	}, s.trace[:2])
	require.Regexp(t, `: ClosePayment stripe_unreachable$`, s.trace[2])
	require.Equal(t, workflows.PaymentIntentReady{BookingStatus: booking.StatusPaymentFailed}, ready.result)
	requireResult(s, workflows.BookingPaymentResult{BookingStatus: booking.StatusPaymentFailed})
}

// A PaymentIntent over another amount is an operator's matter, but the hold's end still cancels it.
func TestContradictionIsReportedAndStillCancelledWhenTheHoldEnds(t *testing.T) {
	s := bookingScenario(t)
	double(s, payments.RecordPaymentOutcome, func(in activities.RecordPaymentOutcomeInput) (activities.PaymentRecorded, error) {
		if in.Reason == activities.ReasonEvent {
			return activities.PaymentRecorded{}, temporal.NewNonRetryableApplicationError("the amounts differ", activities.Contradiction, nil)
		}
		return expired, nil
	})
	accept(s, inbox.NoteEventsFailed)
	s.event(time.Minute, "evt_1")
	s.run(workflows.BookingPayment, held)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"1m: RecordPaymentOutcome event evt_1",
		"1m: NoteEventsFailed evt_1",
		"15m: CancelPaymentIntent pi_1 abandoned",
		"15m: RecordPaymentOutcome hold_ended",
		"15m: SendEmail 3",
	)
}

// A mail server that is down delays neither the booking nor the next event.
func TestEmailIsAbandonedAfterThreeDays(t *testing.T) {
	s := bookingScenario(t, declined, confirmed)
	double(s, emails.SendEmail, func(activities.SendEmailInput) (activities.EmailResult, error) {
		return activities.EmailResult{}, temporal.NewApplicationError("connection refused", activities.MailServerUnavailable)
	})
	accept(s, emails.GiveUpEmail)
	s.event(time.Minute, "evt_declined")
	s.event(2*time.Minute, "evt_succeeded")
	s.run(workflows.BookingPayment, held)
	require.Equal(t, []string{
		"start: CreatePaymentIntent",
		"1m: RecordPaymentOutcome event evt_declined",
		"1m: SendEmail 1",
		"1m200ms: SendEmail 1 (retried for 3d)",
		"2m: RecordPaymentOutcome event evt_succeeded",
		"2m: SendEmail 2",
		"2m200ms: SendEmail 2 (retried for 3d)",
	}, s.trace[:7])
	require.Len(t, s.trace, 9)
	require.Regexp(t, `: GiveUpEmail 1$`, s.trace[7])
	require.Regexp(t, `: GiveUpEmail 2$`, s.trace[8])
}

// A failure that may pass moves a step from the fast to the slow path, with the same input.
func TestStepThatFailsOnTheFastPathIsRetriedOnTheSlowOne(t *testing.T) {
	s := bookingScenario(t)
	attempts := 0
	double(s, payments.RecordPaymentOutcome, func(activities.RecordPaymentOutcomeInput) (activities.PaymentRecorded, error) {
		attempts++
		if attempts < 6 {
			return activities.PaymentRecorded{}, temporal.NewApplicationError("the database is away", "")
		}
		return confirmed, nil
	})
	s.event(time.Minute, "evt_1")
	s.run(workflows.BookingPayment, held)
	require.Equal(t, 6, attempts)
	s.requireTrace(
		"start: CreatePaymentIntent",
		"1m: RecordPaymentOutcome event evt_1",
		"1m200ms: RecordPaymentOutcome event evt_1 (retried for 30d)",
		"1m7s200ms: SendEmail 2",
	)
}

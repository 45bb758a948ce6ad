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

const refundID = booking.RefundID("RF-7K2M9QXA")

var requested = workflows.RefundInput{RefundID: refundID, CorrelationID: "request-0001"}

// refunded is a refund in a status, with the emails that its recording queued.
func refunded(status booking.RefundStatus, emailIDs ...uint64) activities.RefundRecorded {
	return activities.RefundRecorded{
		RefundID: refundID, StripeRefundID: "re_1", Reference: reference, Status: status, BookingStatus: booking.StatusRefunded,
		EmailIDs: emailIDs,
	}
}

// refundScenario has a refund that Stripe creates as pending, and recordings that return recorded in turn.
func refundScenario(t *testing.T, recorded ...activities.RefundRecorded) *scenario {
	t.Helper()
	s := newScenario(t)
	answer(s, refunds.CreateRefund, refunded(booking.RefundPending))
	answer(s, refunds.RecordRefund, recorded...)
	return s
}

func TestRefundThatIsPendingForDaysIsPolledOnItsSchedule(t *testing.T) {
	s := newScenario(t)
	answer(s, refunds.CreateRefund, refunded(booking.RefundPending))
	double(s, refunds.RecordRefund, func(in activities.RecordRefundInput) (activities.RefundRecorded, error) {
		if len(in.EventIDs) > 0 {
			return refunded(booking.RefundSucceeded, 8), nil
		}
		return refunded(booking.RefundPending), nil
	})
	s.event(5*24*time.Hour+12*time.Hour, "evt_succeeded")
	s.run(workflows.Refund, requested)
	s.requireTrace(
		"start: CreateRefund RF-7K2M9QXA",
		"start: RecordRefund re_1",
		"1m: RecordRefund re_1",
		"11m: RecordRefund re_1",
		"1h11m: RecordRefund re_1",
		"7h11m: RecordRefund re_1",
		"1d7h11m: RecordRefund re_1",
		"2d7h11m: RecordRefund re_1",
		"3d7h11m: RecordRefund re_1",
		"4d7h11m: RecordRefund re_1",
		"5d7h11m: RecordRefund re_1",
		"5d12h: RecordRefund re_1 evt_succeeded",
		"5d12h: SendEmail 8",
	)
	requireResult(s, workflows.RefundResult{
		RefundID: refundID, StripeRefundID: "re_1", Reference: reference, Status: booking.RefundSucceeded, BookingStatus: booking.StatusRefunded,
	})
}

// Events do not advance the polls: after three of them within seconds the first poll still is a minute away.
func TestEventsDoNotStretchThePollsOfARefund(t *testing.T) {
	s := refundScenario(t, refunded(booking.RefundPending), refunded(booking.RefundPending), refunded(booking.RefundPending),
		refunded(booking.RefundSucceeded))
	s.event(time.Second, "evt_1")
	s.event(2*time.Second, "evt_2")
	s.run(workflows.Refund, requested)
	s.requireTrace(
		"start: CreateRefund RF-7K2M9QXA",
		"start: RecordRefund re_1",
		"1s: RecordRefund re_1 evt_1",
		"2s: RecordRefund re_1 evt_2",
		"1m2s: RecordRefund re_1",
	)
}

func TestRefundThatFailsIsRecordedAndFinanceIsEmailed(t *testing.T) {
	s := refundScenario(t, refunded(booking.RefundPending), refunded(booking.RefundFailed, 9))
	s.event(30*time.Second, "evt_failed")
	s.run(workflows.Refund, requested)
	s.requireTrace(
		"start: CreateRefund RF-7K2M9QXA",
		"start: RecordRefund re_1",
		"30s: RecordRefund re_1 evt_failed",
		"30s: SendEmail 9",
	)
	require.NoError(t, s.env.GetWorkflowError())
}

// Stripe refuses it for good: there is nothing to read, and the event that came is not reported as failed.
func TestRefundThatStripeRefusesForGoodEnds(t *testing.T) {
	refused := refunded(booking.RefundFailed, 9)
	refused.StripeRefundID = ""
	s := newScenario(t)
	answer(s, refunds.CreateRefund, refused)
	s.event(0, "evt_1")
	s.run(workflows.Refund, requested)
	s.requireTrace("start: CreateRefund RF-7K2M9QXA", "start: SendEmail 9")
	requireResult(s, workflows.RefundResult{
		RefundID: refundID, Reference: reference, Status: booking.RefundFailed, BookingStatus: booking.StatusRefunded,
	})
}

func TestRefundFromTheDashboardIsRecordedAndNotCreated(t *testing.T) {
	s := refundScenario(t, refunded(booking.RefundSucceeded))
	s.run(workflows.Refund, workflows.RefundInput{StripeRefundID: "re_1"})
	s.requireTrace("start: RecordRefund re_1")
}

func TestRefundOfAPaymentWithoutABookingIsNotAwaited(t *testing.T) {
	foreign := refunded(booking.RefundPending)
	foreign.Foreign = true
	s := refundScenario(t, foreign)
	s.run(workflows.Refund, workflows.RefundInput{StripeRefundID: "re_1"})
	s.requireTrace("start: RecordRefund re_1")
}

// The balance transaction of a settled refund never comes: after its last poll it is read once more, then left to reconciliation.
func TestRefundWithoutABalanceTransactionIsLeftToReconciliation(t *testing.T) {
	unposted := refunded(booking.RefundSucceeded)
	unposted.Unposted = true
	s := refundScenario(t, unposted)
	s.run(workflows.Refund, requested)
	s.requireTrace(
		"start: CreateRefund RF-7K2M9QXA",
		"start: RecordRefund re_1",
		"1m: RecordRefund re_1",
		"11m: RecordRefund re_1",
		"1h11m: RecordRefund re_1",
		"7h11m: RecordRefund re_1",
		"1d7h11m: RecordRefund re_1",
		"2d7h11m: RecordRefund re_1",
		"3d7h11m: RecordRefund re_1",
		"3d7h11m: RecordRefund re_1",
	)
	require.NoError(t, s.env.GetWorkflowError())
}

func postponed(refusals int) activities.RefundRecorded {
	return activities.RefundRecorded{
		RefundID: refundID, Reference: reference, Status: booking.RefundRequested, BookingStatus: booking.StatusConfirmed,
		Postponed: true, Refusals: refusals,
	}
}

// The balance does not cover the refund: it is requested again on its schedule, and at once when an event announces new money.
func TestRefundThatStripeRefusesForNowIsRequestedAgain(t *testing.T) {
	s := newScenario(t)
	answer(s, refunds.CreateRefund, postponed(1), postponed(2), postponed(3), postponed(4), postponed(5), refunded(booking.RefundPending))
	answer(s, refunds.RecordRefund, refunded(booking.RefundSucceeded, 8))
	s.event(3*time.Hour, "evt_available")
	s.run(workflows.Refund, requested)
	s.requireTrace(
		"start: CreateRefund RF-7K2M9QXA",
		"1m: CreateRefund RF-7K2M9QXA refusals:1",
		"11m: CreateRefund RF-7K2M9QXA refusals:2",
		"1h11m: CreateRefund RF-7K2M9QXA refusals:3",
		"2h11m: CreateRefund RF-7K2M9QXA refusals:4",
		"3h: CreateRefund RF-7K2M9QXA refusals:5",
		"3h: RecordRefund re_1 evt_available",
		"3h: SendEmail 8",
	)
}

// An operator abandons a postponed refund: its row is read at once, and the caller gets the outcome.
func TestAbandonedRefundEndsAtOnce(t *testing.T) {
	abandoned := postponed(1)
	abandoned.Postponed, abandoned.Status = false, booking.RefundCanceled
	s := newScenario(t)
	answer(s, refunds.CreateRefund, postponed(1), abandoned)
	abandon := s.update(20*time.Second, workflows.UpdateAbandonRefund)
	s.run(workflows.Refund, requested)
	s.requireTrace(
		"start: CreateRefund RF-7K2M9QXA",
		"20s: CreateRefund RF-7K2M9QXA refusals:1",
	)
	require.NoError(t, abandon.err)
	require.Equal(t, workflows.RefundResult{
		RefundID: refundID, Reference: reference, Status: booking.RefundCanceled, BookingStatus: booking.StatusConfirmed,
	}, abandon.result)
}

// A recording that fails for good ends the workflow, and the inbox shows which events it leaves.
func TestRefundThatCannotBeRecordedReportsItsEvents(t *testing.T) {
	s := newScenario(t)
	answer(s, refunds.CreateRefund, refunded(booking.RefundPending))
	double(s, refunds.RecordRefund, func(activities.RecordRefundInput) (activities.RefundRecorded, error) {
		return activities.RefundRecorded{},
			temporal.NewNonRetryableApplicationError("the state machine refuses it", activities.IllegalTransition, nil)
	})
	accept(s, inbox.NoteEventsFailed)
	s.event(0, "evt_1")
	s.run(workflows.Refund, requested)
	s.requireTrace(
		"start: CreateRefund RF-7K2M9QXA",
		"start: RecordRefund re_1 evt_1",
		"start: NoteEventsFailed evt_1",
	)
	require.ErrorContains(t, s.env.GetWorkflowError(), "the state machine refuses it")
}

// A run that began before events were reported ends as it would have: the report would be a step that its history does not have.
func TestOlderRefundThatCannotBeRecordedReportsNothing(t *testing.T) {
	s := newScenario(t)
	answer(s, refunds.CreateRefund, refunded(booking.RefundPending))
	double(s, refunds.RecordRefund, func(activities.RecordRefundInput) (activities.RefundRecorded, error) {
		return activities.RefundRecorded{},
			temporal.NewNonRetryableApplicationError("the state machine refuses it", activities.IllegalTransition, nil)
	})
	accept(s, inbox.NoteEventsFailed)
	s.beganBefore("report-failed-events")
	s.event(0, "evt_1")
	s.run(workflows.Refund, requested)
	s.requireTrace(
		"start: CreateRefund RF-7K2M9QXA",
		"start: RecordRefund re_1 evt_1",
	)
	require.ErrorContains(t, s.env.GetWorkflowError(), "the state machine refuses it")
}

// A cancelled run reports nothing: the sweeper delivers its events again.
func TestCancelledRefundWorkflowLeavesItsEventsToTheSweeper(t *testing.T) {
	s := newScenario(t)
	answer(s, refunds.CreateRefund, postponed(1))
	accept(s, inbox.NoteEventsFailed)
	s.event(30*time.Second, "evt_1")
	s.after(time.Minute, s.env.CancelWorkflow)
	s.run(workflows.Refund, requested)
	require.True(t, temporal.IsCanceledError(s.env.GetWorkflowError()))
	s.requireTrace(
		"start: CreateRefund RF-7K2M9QXA",
		"30s: CreateRefund RF-7K2M9QXA refusals:1",
	)
}

package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/activities"
	"farebook/booking"
	"farebook/workflows"
)

var paidOut = workflows.PayoutInput{PayoutID: "po_1"}

var (
	unproven = activities.PayoutRecorded{Status: booking.PayoutPaid, Proof: "pending"}
	proven   = activities.PayoutRecorded{Status: booking.PayoutPaid, Proof: "proven"}
)

func payoutScenario(t *testing.T, recorded ...activities.PayoutRecorded) *scenario {
	t.Helper()
	s := newScenario(t)
	answer(s, payouts.RecordPayout, recorded...)
	return s
}

func TestPayoutIsProvenByALaterPoll(t *testing.T) {
	s := payoutScenario(t, unproven, unproven, unproven, proven)
	s.event(0, "evt_paid")
	s.run(workflows.Payout, paidOut)
	s.requireTrace(
		"start: RecordPayout evt_paid",
		"10s: RecordPayout",
		"1m10s: RecordPayout",
		"11m10s: RecordPayout",
	)
	requireResult(s, workflows.PayoutResult{Status: booking.PayoutPaid, Proof: "proven"})
}

// The last poll hands an unproven payout to an operator, and the workflow ends.
func TestPayoutThatIsNeverProvenEndsWithItsLastPoll(t *testing.T) {
	s := newScenario(t)
	double(s, payouts.RecordPayout, func(in activities.RecordPayoutInput) (activities.PayoutRecorded, error) {
		if in.LastLook {
			return activities.PayoutRecorded{Status: booking.PayoutPaid, Proof: "unproven", EmailIDs: []uint64{15}}, nil
		}
		return unproven, nil
	})
	s.run(workflows.Payout, paidOut)
	s.requireTrace(
		"start: RecordPayout",
		"10s: RecordPayout",
		"1m10s: RecordPayout",
		"11m10s: RecordPayout",
		"1h11m10s: RecordPayout",
		"7h11m10s: RecordPayout",
		"1d7h11m10s: RecordPayout last",
		"1d7h11m10s: SendEmail 15",
	)
	requireResult(s, workflows.PayoutResult{Status: booking.PayoutPaid, Proof: "unproven"})
}

// A payout that fails after it was paid is another run's, with one recording.
func TestPayoutThatFailsIsRecordedWithItsEvent(t *testing.T) {
	s := payoutScenario(t, activities.PayoutRecorded{Status: booking.PayoutFailed, Proof: "proven", EmailIDs: []uint64{16}})
	s.event(0, "evt_failed")
	s.run(workflows.Payout, paidOut)
	s.requireTrace("start: RecordPayout evt_failed", "start: SendEmail 16")
}

// More than a step has time for: a long activity reads all of it.
func TestLargePayoutIsReadToItsEndByALongActivity(t *testing.T) {
	large := unproven
	large.Large = true
	s := newScenario(t)
	double(s, payouts.RecordPayout, func(in activities.RecordPayoutInput) (activities.PayoutRecorded, error) {
		if in.All {
			return proven, nil
		}
		return large, nil
	})
	s.run(workflows.Payout, paidOut)
	s.requireTrace(
		"start: RecordPayout",
		"start: RecordPayout all (retried for 30d)",
	)
	requireResult(s, workflows.PayoutResult{Status: booking.PayoutPaid, Proof: "proven"})
}

// An event that arrives while the last emails go out is recorded before the run ends.
func TestEventDuringTheLastEmailIsRecorded(t *testing.T) {
	s := payoutScenario(t, activities.PayoutRecorded{Status: booking.PayoutPaid, Proof: "manual", EmailIDs: []uint64{17}}, proven)
	s.slowEmails(time.Minute)
	s.event(30*time.Second, "evt_late")
	s.run(workflows.Payout, paidOut)
	s.requireTrace(
		"start: RecordPayout",
		"start: SendEmail 17",
		"30s: RecordPayout evt_late",
	)
	require.Equal(t, "1m", s.since(), "the email is waited for")
}

// An event that arrives while the last recording runs was not part of it, so the run does not end yet.
func TestEventDuringTheLastRecordingIsRecorded(t *testing.T) {
	s := newScenario(t)
	double(s, payouts.RecordPayout, func(in activities.RecordPayoutInput) (activities.PayoutRecorded, error) {
		if len(in.EventIDs) == 0 {
			s.env.SignalWorkflow(workflows.SignalStripeEvent, workflows.StripeEvent{EventID: "evt_late"})
		}
		return proven, nil
	})
	s.run(workflows.Payout, paidOut)
	s.requireTrace("start: RecordPayout", "start: RecordPayout evt_late")
}

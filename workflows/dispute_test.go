package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"farebook/activities"
	"farebook/booking"
	"farebook/workflows"
)

var disputed = workflows.DisputeInput{DisputeID: "dp_1", CorrelationID: "request-0001"}

// openDispute needs evidence within ten days.
func openDispute() activities.DisputeRecorded {
	due := began.Add(10 * 24 * time.Hour)
	return activities.DisputeRecorded{
		Reference: reference, Status: booking.DisputeNeedsResponse, BookingStatus: booking.StatusDisputed,
		DueBy: &due,
	}
}

func decided(status booking.DisputeStatus, of booking.Status, emailIDs ...uint64) activities.DisputeRecorded {
	return activities.DisputeRecorded{Reference: reference, Status: status, BookingStatus: of, EmailIDs: emailIDs}
}

func disputeScenario(t *testing.T, recorded func(in activities.RecordDisputeInput) activities.DisputeRecorded) *scenario {
	t.Helper()
	s := newScenario(t)
	double(s, disputes.RecordDispute, func(in activities.RecordDisputeInput) (activities.DisputeRecorded, error) { return recorded(in), nil })
	answer(s, disputes.RemindOfDispute, activities.EmailsQueued{EmailIDs: []uint64{11}})
	return s
}

// onceEvent answers open until an event arrives, and then decision.
func onceEvent(open, decision activities.DisputeRecorded) func(activities.RecordDisputeInput) activities.DisputeRecorded {
	return func(in activities.RecordDisputeInput) activities.DisputeRecorded {
		if len(in.EventIDs) > 0 {
			return decision
		}
		return open
	}
}

// It is polled after an hour and once a day. Finance is reminded three days before the evidence is due, once.
func TestFinanceIsRemindedBeforeEvidenceIsDueAndTheDisputeIsWon(t *testing.T) {
	s := disputeScenario(t, onceEvent(openDispute(), decided(booking.DisputeWon, booking.StatusConfirmed, 12)))
	s.event(8*24*time.Hour+12*time.Hour, "evt_won")
	s.run(workflows.Dispute, disputed)
	s.requireTrace(
		"start: RecordDispute",
		"1h: RecordDispute",
		"1d1h: RecordDispute",
		"2d1h: RecordDispute",
		"3d1h: RecordDispute",
		"4d1h: RecordDispute",
		"5d1h: RecordDispute",
		"6d1h: RecordDispute",
		"7d: RecordDispute",
		"7d: RemindOfDispute",
		"7d: SendEmail 11",
		"8d: RecordDispute",
		"8d12h: RecordDispute evt_won",
		"8d12h: SendEmail 12",
	)
	requireResult(s, workflows.DisputeResult{Reference: reference, Status: booking.DisputeWon, BookingStatus: booking.StatusConfirmed})
}

// Evidence that is submitted needs no reminder.
func TestFinanceIsNotRemindedOnceEvidenceIsSubmitted(t *testing.T) {
	submitted := openDispute()
	submitted.Status = booking.DisputeUnderReview
	s := disputeScenario(t, func(in activities.RecordDisputeInput) activities.DisputeRecorded {
		if len(in.EventIDs) > 0 && in.EventIDs[0] == "evt_lost" {
			return decided(booking.DisputeLost, booking.StatusRefunded, 13)
		}
		return submitted
	})
	s.event(8*24*time.Hour, "evt_lost")
	s.run(workflows.Dispute, disputed)
	require.NotContains(t, s.traced(), "RemindOfDispute")
	requireResult(s, workflows.DisputeResult{Reference: reference, Status: booking.DisputeLost, BookingStatus: booking.StatusRefunded})
}

func TestLostDisputeEndsWithItsDecision(t *testing.T) {
	s := disputeScenario(t, onceEvent(openDispute(), decided(booking.DisputeLost, booking.StatusRefunded, 13)))
	s.event(30*time.Minute, "evt_lost")
	s.run(workflows.Dispute, disputed)
	s.requireTrace(
		"start: RecordDispute",
		"30m: RecordDispute evt_lost",
		"30m: SendEmail 13",
	)
	require.Equal(t, "30m", s.since())
}

// The money of a won dispute does not come back: the last of its polls says so, and the workflow ends.
func TestMoneyOfAWonDisputeIsAwaitedAndThenBookedAsLost(t *testing.T) {
	won := decided(booking.DisputeWon, booking.StatusDisputed)
	won.Unreinstated = true
	s := disputeScenario(t, func(in activities.RecordDisputeInput) activities.DisputeRecorded {
		if in.LastLook {
			return decided(booking.DisputeWon, booking.StatusRefunded, 14)
		}
		return won
	})
	s.run(workflows.Dispute, disputed)
	s.requireTrace(
		"start: RecordDispute",
		"1m: RecordDispute",
		"1h1m: RecordDispute",
		"1d1h1m: RecordDispute",
		"2d1h1m: RecordDispute last",
		"2d1h1m: SendEmail 14",
	)
}

// A decision may free late money: its refunds are started once.
func TestDecisionStartsTheRefundsThatItFrees(t *testing.T) {
	lateMoney := decided(booking.DisputeWon, booking.StatusExpired)
	lateMoney.RefundIDs = []booking.RefundID{refundID}
	s := disputeScenario(t, func(activities.RecordDisputeInput) activities.DisputeRecorded { return lateMoney })
	s.childRuns(workflows.TypeRefund)
	s.run(workflows.Dispute, disputed)
	s.requireTrace("start: RecordDispute", "start: start Refund:RF-7K2M9QXA")
}

func TestDisputeOfAPaymentWithoutABookingIsNotAwaited(t *testing.T) {
	foreign := openDispute()
	foreign.Foreign = true
	s := disputeScenario(t, func(activities.RecordDisputeInput) activities.DisputeRecorded { return foreign })
	s.run(workflows.Dispute, disputed)
	s.requireTrace("start: RecordDispute")
}

// A recording that had begun before the evidence was submitted does not answer whoever has submitted it.
func TestDisputeIsReadAfterItsEvidenceWasSubmitted(t *testing.T) {
	s := newScenario(t)
	reads := []activities.DisputeRecorded{openDispute(), openDispute(), openDispute(), openDispute()}
	reads[2].Status = booking.DisputeUnderReview
	reads[3] = decided(booking.DisputeWon, booking.StatusConfirmed)
	s.env.OnActivity(disputes.RecordDispute, mock.Anything, mock.Anything).After(10 * time.Minute).Return(
		func(context.Context, activities.RecordDisputeInput) (activities.DisputeRecorded, error) {
			read := reads[0]
			reads = reads[1:]
			return read, nil
		})
	accept(s, disputes.SubmitEvidence)
	s.event(30*time.Minute, "evt_before")
	outcome := s.update(35*time.Minute, workflows.UpdateSubmitEvidence)
	s.event(55*time.Minute, "evt_won")
	s.run(workflows.Dispute, disputed)
	require.NoError(t, outcome.err)
	require.Equal(t, workflows.DisputeResult{
		Reference: reference, Status: booking.DisputeUnderReview, BookingStatus: booking.StatusDisputed,
	}, outcome.result)
}

// Evidence is submitted when somebody asks for it, one request at a time, and the dispute is read again before the answer.
func TestEvidenceIsSubmittedAndTheDisputeReadAgain(t *testing.T) {
	reads := 0
	s := disputeScenario(t, func(in activities.RecordDisputeInput) activities.DisputeRecorded {
		reads++
		switch {
		case len(in.EventIDs) > 0:
			return decided(booking.DisputeWon, booking.StatusConfirmed)
		case reads > 2:
			submitted := openDispute()
			submitted.Status = booking.DisputeUnderReview
			return submitted
		}
		return openDispute()
	})
	accept(s, disputes.SubmitEvidence)
	first := s.update(2*time.Hour, workflows.UpdateSubmitEvidence)
	second := s.update(2*time.Hour+time.Minute, workflows.UpdateSubmitEvidence)
	s.event(3*time.Hour, "evt_won")
	s.run(workflows.Dispute, disputed)
	s.requireTrace(
		"start: RecordDispute",
		"1h: RecordDispute",
		"2h: SubmitEvidence",
		"2h: RecordDispute",
		"2h1m: SubmitEvidence",
		"2h1m: RecordDispute",
		"3h: RecordDispute evt_won",
	)
	for _, outcome := range []*updateOutcome{first, second} {
		require.NoError(t, outcome.rejected)
		require.NoError(t, outcome.err)
		require.Equal(t, workflows.DisputeResult{
			Reference: reference, Status: booking.DisputeUnderReview, BookingStatus: booking.StatusDisputed,
		}, outcome.result)
	}
}

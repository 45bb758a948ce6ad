package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/activities"
	"farebook/booking"
	"farebook/store"
)

// Finance is reminded once of the evidence of a dispute, however often it is recorded.
func TestFinanceIsRemindedOnceOfADispute(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	_, intentID := s.paid()
	id, err := s.stripe.Dispute(intentID, 0, "fraudulent")
	require.NoError(t, err)
	ref := activities.DisputeRef{DisputeID: id}
	for range 2 {
		var recorded activities.DisputeRecorded
		s.run(s.Disputes.RecordDispute, activities.RecordDisputeInput{DisputeRef: ref}, &recorded)
		require.Equal(t, booking.StatusDisputed, recorded.BookingStatus)
		require.NotNil(t, recorded.DueBy)
		s.run(s.Disputes.RemindOfDispute, ref, nil)
	}
	require.Equal(t, 1, s.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'dispute_opened'"))
	require.Equal(t, 1, s.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'dispute_due'"))
	require.Equal(t, s.stripe.Balance("usd"), s.clearing())
	s.requirePromises()
}

// The dispute of somebody else's payment is nobody's here: its events are set aside with the reason, and nothing is posted.
func TestDisputeOfSomebodyElsesPaymentIsSetAside(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	_, intentID := s.paid()
	id, err := s.stripe.Dispute(intentID, 0, "fraudulent")
	require.NoError(t, err)
	s.Exec(t, "UPDATE payments SET stripe_payment_intent_id = 'pi_ours'")
	_, err = s.Store.ReceiveEvent(t.Context(),
		store.Event{ID: "evt_1", Type: "charge.dispute.created", Created: time.Now().UTC(), Payload: []byte(`{}`)}, "", time.Hour)
	require.NoError(t, err)
	var outcome activities.DisputeRecorded
	s.run(s.Disputes.RecordDispute,
		activities.RecordDisputeInput{DisputeRef: activities.DisputeRef{DisputeID: id}, EventIDs: []string{"evt_1"}}, &outcome)
	require.True(t, outcome.Foreign)
	known, err := s.Store.Event(t.Context(), "evt_1")
	require.NoError(t, err)
	require.True(t, known.Processed)
	require.NotEmpty(t, known.Note)
	require.Zero(t, s.Count(t, "SELECT COUNT(*) FROM disputes"))
}

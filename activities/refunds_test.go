package activities_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/activities"
	"farebook/booking"
	"farebook/internal/dev/fakestripe"
	"farebook/store"
)

// What Stripe refuses for good is recorded and frees what was reserved; a repetition has the same answer, from the books.
func TestRefusedRefundFreesWhatItReserved(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.paid()
	refund := s.refundOf(reference, 10000)
	_, err := s.stripe.RefundInDashboard(intentID, 45900)
	require.NoError(t, err)
	var outcomes [2]activities.RefundRecorded
	for i := range outcomes {
		s.run(s.Refunds.CreateRefund, activities.RefundRef{RefundID: refund.ID}, &outcomes[i])
	}
	require.Equal(t, booking.RefundFailed, outcomes[0].Status)
	require.NotEmpty(t, outcomes[0].EmailIDs, "the customer gets an email")
	require.Equal(t, outcomes[0], outcomes[1])
	require.Len(t, s.keys("/v1/refunds", 0), 1)
	require.Equal(t, "charge_already_refunded", s.Text(t, "SELECT failure_reason FROM refunds"))
	known, err := s.Store.KnownRefunds(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, store.KnownRefunds{Made: 45900}, known, "the dashboard's refund is in the books, and ours takes nothing")
}

// A key of ours that Stripe does not take says nothing about the refund: it stays as it is, and is asked for again later.
func TestRefundIsKeptWhileStripeRefusesOurKey(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, _ := s.paid()
	refund := s.refundOf(reference, 10000)
	s.fault(http.MethodPost, "/v1/refunds", fakestripe.FaultUnauthorized, 1)
	creating, in := s.attempts(), activities.RefundRef{RefundID: refund.ID}
	requireErrorType(t, activities.StripeRefusesKey, creating.attempt(s.Refunds.CreateRefund, in, nil))
	require.Equal(t, "requested", s.Text(t, "SELECT status FROM refunds"))
	require.NoError(t, creating.attempt(s.Refunds.CreateRefund, in, nil))
	require.Len(t, s.stripe.Refunds(), 1)
}

// A refund that is recorded is known by its row: Stripe is not asked to make it again, under whatever key.
func TestRefundThatIsRecordedIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, _ := s.paid()
	in := activities.RefundRef{RefundID: s.refundOf(reference, 10000).ID}
	var made, again activities.RefundRecorded
	s.run(s.Refunds.CreateRefund, in, &made)
	for range 2 {
		var recorded activities.RefundRecorded
		s.run(s.Refunds.RecordRefund, activities.RecordRefundInput{RefundRef: activities.RefundRef{StripeRefundID: made.StripeRefundID}},
			&recorded)
		require.Equal(t, booking.RefundSucceeded, recorded.Status)
		require.Equal(t, booking.StatusPartiallyRefunded, recorded.BookingStatus)
	}
	asked := len(s.keys("/v1/refunds", 0))
	s.run(s.Refunds.CreateRefund, in, &again)
	require.Equal(t, made.StripeRefundID, again.StripeRefundID)
	require.Len(t, s.keys("/v1/refunds", 0), asked)
	require.Equal(t, s.stripe.Balance("usd"), s.clearing())
	s.requirePromises()
}

// The refund of somebody else's payment is nobody's here: its events are set aside with the reason, and nothing is posted.
func TestRefundOfSomebodyElsesPaymentIsSetAside(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	_, intentID := s.paid()
	id, err := s.stripe.RefundInDashboard(intentID, 1000)
	require.NoError(t, err)
	s.Exec(t, "UPDATE payments SET stripe_payment_intent_id = 'pi_ours'")
	_, err = s.Store.ReceiveEvent(t.Context(),
		store.Event{ID: "evt_1", Type: "refund.created", Created: time.Now().UTC(), Payload: []byte(`{}`)}, "", time.Hour)
	require.NoError(t, err)
	var outcome activities.RefundRecorded
	s.run(s.Refunds.RecordRefund,
		activities.RecordRefundInput{RefundRef: activities.RefundRef{StripeRefundID: id}, EventIDs: []string{"evt_1"}}, &outcome)
	require.True(t, outcome.Foreign)
	known, err := s.Store.Event(t.Context(), "evt_1")
	require.NoError(t, err)
	require.True(t, known.Processed)
	require.Contains(t, known.Note, "booking of ours")
	require.Zero(t, s.Count(t, "SELECT COUNT(*) FROM refunds"))
}

// Stripe's reads can be behind its events: a charge that is not found is listed again, and its workflow does not fail.
func TestRefundsOfAChargeThatIsNotFoundYetAreListedAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	_, intentID := s.paid()
	s.stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/refunds", Kind: fakestripe.FaultNotFound, Count: 1})
	err := s.attempts().attempt(s.Refunds.FindUnknownRefunds, activities.ChargeRefundsRef{PaymentIntentID: intentID}, nil)
	requireErrorType(t, activities.NotAtStripe, err)
	requireAgain(t, err)
	var ids []string
	s.run(s.Refunds.FindUnknownRefunds, activities.ChargeRefundsRef{PaymentIntentID: intentID}, &ids)
	require.Empty(t, ids)
}

// Of a charge's refunds those are named that the books do not know, or know in another state: one from the dashboard by Stripe's
// id, ours by our own. One of ours that Stripe has just made is its own workflow's to record.
func TestChargesRefundsThatTheBooksDoNotKnowAreNamed(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.paid()
	unknown := func() (ids []string) {
		s.run(s.Refunds.FindUnknownRefunds, activities.ChargeRefundsRef{PaymentIntentID: intentID}, &ids)
		return ids
	}
	require.Empty(t, unknown())

	ours := s.refundOf(reference, 10000)
	var made activities.RefundRecorded
	s.run(s.Refunds.CreateRefund, activities.RefundRef{RefundID: ours.ID}, &made)
	require.Empty(t, unknown(), "just made")
	s.run(s.Refunds.RecordRefund, activities.RecordRefundInput{RefundRef: activities.RefundRef{StripeRefundID: made.StripeRefundID}}, nil)
	require.Empty(t, unknown())
	require.NoError(t, s.stripe.FailRefund(made.StripeRefundID, ""))
	require.Equal(t, []string{string(ours.ID)}, unknown())

	dashboard, err := s.stripe.RefundInDashboard(intentID, 500)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{string(ours.ID), dashboard}, unknown())
	for _, id := range []string{made.StripeRefundID, dashboard} {
		s.run(s.Refunds.RecordRefund, activities.RecordRefundInput{RefundRef: activities.RefundRef{StripeRefundID: id}}, nil)
	}
	require.Empty(t, unknown())
	s.requirePromises()
}

// A refund from the dashboard that failed is recorded before a newer one, whose event came first: the newer one uses what the failed one
// has left payable, in any order of their events.
func TestOlderRefundIsRecordedBeforeANewerOne(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.paid()
	older, err := s.stripe.RefundInDashboard(intentID, 10000)
	require.NoError(t, err)
	require.NoError(t, s.stripe.FailRefund(older, ""))
	newer, err := s.stripe.RefundInDashboard(intentID, 5000)
	require.NoError(t, err)
	for _, id := range []string{newer, older, newer} {
		s.run(s.Refunds.RecordRefund, activities.RecordRefundInput{RefundRef: activities.RefundRef{StripeRefundID: id}}, nil)
	}
	require.Equal(t, "payment refund_promised refund refund_failure refund", s.Text(t, `SELECT GROUP_CONCAT(l.type ORDER BY l.id SEPARATOR ' ')
		FROM financial_ledger l JOIN bookings b ON b.id = l.booking_id WHERE b.reference = ?`, reference))
}

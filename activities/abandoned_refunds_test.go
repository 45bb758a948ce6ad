package activities_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/activities"
	"farebook/booking"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testdb"
	"farebook/store"
)

// abandoned is a refund that Stripe has refused for now and that an operator has abandoned.
func (s *stack) abandoned() activities.RefundRef {
	s.t.Helper()
	reference, _ := s.paid()
	refund := s.refundOf(reference, 10000)
	s.stripe.RefuseRefunds(fakestripe.RefuseAlways)
	in := activities.RefundRef{RefundID: refund.ID}
	s.run(s.Refunds.CreateRefund, in, nil)
	s.stripe.RefuseRefunds(fakestripe.RefuseNever)
	require.NoError(s.t, s.Store.AbandonRefund(s.t.Context(),
		store.AbandonRefund{ID: refund.ID, Note: "paid in cash", By: testdb.Tester, Now: s.Store.Now()}))
	return in
}

// Nothing is asked of Stripe for an abandoned refund, and it ends once.
func TestAbandonedRefundIsNotAskedFor(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.abandoned()
	asked := len(s.keys("/v1/refunds", 0))
	for range 2 {
		var outcome activities.RefundRecorded
		s.run(s.Refunds.CreateRefund, in, &outcome)
		require.Equal(t, booking.RefundFailed, outcome.Status)
		require.False(t, outcome.Postponed)
		require.NotEmpty(t, outcome.EmailIDs)
	}
	require.Len(t, s.keys("/v1/refunds", 0), asked)
	require.Equal(t, booking.CodeAbandoned, s.Text(t, "SELECT failure_reason FROM refunds"))
	require.Equal(t, 1, s.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'refund_failed'"))
	s.requirePromises()
}

// While a request to Stripe has no answer, an abandoned refund is not called failed: not before the lists must show what was made.
func TestAbandonedRefundWaitsForAnOutstandingAnswer(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.abandoned()
	s.Exec(t, "UPDATE refunds SET asked_at = refused_at + INTERVAL 1 SECOND")
	require.ErrorContains(t, s.attempts().attempt(s.Refunds.CreateRefund, in, nil), "Stripe may have made the refund")
	require.Equal(t, "requested", s.Text(t, "SELECT status FROM refunds"))
	s.Exec(t, "UPDATE refunds SET asked_at = asked_at - INTERVAL 2 MINUTE, refused_at = refused_at - INTERVAL 2 MINUTE")
	var outcome activities.RefundRecorded
	s.run(s.Refunds.CreateRefund, in, &outcome)
	require.Equal(t, booking.RefundFailed, outcome.Status)
}

// With the key of another account, Stripe's list proves nothing: an abandoned refund stays requested until the key is right.
func TestAbandonedRefundStaysWhileStripeDoesNotKnowItsPayment(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.abandoned()
	s.stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/payment_intents/*", Kind: fakestripe.FaultNotFound, Count: 1})
	var outcome activities.RefundRecorded
	s.run(s.Refunds.CreateRefund, in, &outcome)
	require.True(t, outcome.Postponed)
	require.Equal(t, booking.RefundRequested, outcome.Status)
	require.Zero(t, s.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'refund_failed'"))
	s.run(s.Refunds.CreateRefund, in, &outcome)
	require.Equal(t, booking.RefundFailed, outcome.Status)
}

// A refund that is abandoned a moment before Stripe would be asked is not asked for.
func TestNoRequestBeginsForAnAbandonedRefund(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	in := s.abandoned()
	begun, err := s.Store.BeginRefund(t.Context(), in.RefundID, s.Store.Now())
	require.NoError(t, err)
	require.False(t, begun)
}

// A refund that is held because the payment's refunds differ can be abandoned, too: the matter closes with it.
func TestHeldRefundCanBeAbandoned(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, _ := s.paid()
	refund := s.refundOf(reference, 10000)
	abandon := store.AbandonRefund{ID: refund.ID, Note: "paid in cash", By: testdb.Tester, Now: s.Store.Now()}
	var refused *store.NotAbandonableError
	require.ErrorAs(t, s.Store.AbandonRefund(t.Context(), abandon), &refused)
	require.NoError(t, s.Store.HoldRefund(t.Context(), refund, "another refund is there", s.Store.Now()))
	require.NoError(t, s.Store.AbandonRefund(t.Context(), abandon))
	var outcome activities.RefundRecorded
	s.run(s.Refunds.CreateRefund, activities.RefundRef{RefundID: refund.ID}, &outcome)
	require.Equal(t, booking.RefundFailed, outcome.Status)
	require.Zero(t, s.Count(t, "SELECT COUNT(*) FROM attention_items WHERE is_open = 1 AND kind = 'refund_held'"))
	require.Empty(t, s.keys("/v1/refunds", 0))
	s.requirePromises()
}

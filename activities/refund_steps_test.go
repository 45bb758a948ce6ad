package activities_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"farebook/activities"
	"farebook/booking"
	"farebook/store"
)

// refundOf reserves a refund.
func (s *stack) refundOf(reference booking.Reference, amount int64) store.Refund {
	s.t.Helper()
	return s.refundAs("refund", reference, amount)
}

// refundAs reserves a refund under a key; an amount of zero is all that is left.
func (s *stack) refundAs(key string, reference booking.Reference, amount int64) store.Refund {
	s.t.Helper()
	refund, _, err := s.Store.ReserveRefund(s.t.Context(), store.NewRefund{
		Key:       store.IdempotencyKey{Caller: s.caller, Key: key, Operation: store.OperationCreateRefund},
		Reference: reference, Request: booking.RefundRequest{Amount: amount, Reason: booking.ReasonRequestedByCustomer},
		CorrelationID: "c-1", Now: time.Now().UTC(),
	})
	require.NoError(s.t, err)
	return refund
}

// reservedRefund is a refund of $100.00 of a paid booking, which Stripe has not been asked for.
func (s *stack) reservedRefund() activities.RefundRef {
	s.t.Helper()
	reference, _ := s.paid()
	return activities.RefundRef{RefundID: s.refundOf(reference, 10000).ID}
}

// create has Stripe make a reserved refund.
func (s *stack) create(id booking.RefundID) (made activities.RefundRecorded) {
	s.t.Helper()
	s.run(s.Refunds.CreateRefund, activities.RefundRef{RefundID: id}, &made)
	return made
}

// recordRefund records what Stripe says of a refund that create has made.
func (s *stack) recordRefund(id booking.RefundID, made activities.RefundRecorded) {
	s.t.Helper()
	s.run(s.Refunds.RecordRefund,
		activities.RecordRefundInput{RefundRef: activities.RefundRef{RefundID: id, StripeRefundID: made.StripeRefundID}}, nil)
}

// refunded is a refund that was made and recorded, with its id at Stripe.
func (s *stack) refunded(key string, reference booking.Reference, amount int64) (booking.RefundID, string) {
	s.t.Helper()
	id := s.refundAs(key, reference, amount).ID
	made := s.create(id)
	require.False(s.t, made.Postponed)
	s.recordRefund(id, made)
	return id, made.StripeRefundID
}

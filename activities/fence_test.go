package activities_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/activities"
	"farebook/booking"
	"farebook/store"
)

func (s *stack) raiseFence() {
	s.t.Helper()
	_, _, err := s.Store.RaiseFence(s.t.Context(),
		store.NewFence{Reason: "restored", By: access.Actor{Name: "alice@bastion"}, Now: time.Now().UTC()})
	require.NoError(s.t, err)
}

func (s *stack) lowerFence() {
	s.t.Helper()
	_, err := s.Store.LowerFence(s.t.Context(), "rebuilt", access.Actor{Name: "alice@bastion"}, time.Now().UTC())
	require.NoError(s.t, err)
}

// writes counts the requests that may have changed something at Stripe.
func (s *stack) writes() (writes int) {
	for _, record := range s.stripe.Journal().Records() {
		if record.Method != http.MethodGet {
			writes++
		}
	}
	return writes
}

// requireFenced runs an activity that waits for the fence, asks nothing of Stripe meanwhile, and does its work once it is lowered.
func (s *stack) requireFenced(method, in any) {
	s.t.Helper()
	s.raiseFence()
	before := s.writes()
	waiting := s.attempts()
	err := waiting.attempt(method, in, nil)
	requireErrorType(s.t, activities.Fenced, err)
	require.Equal(s.t, before, s.writes())
	s.lowerFence()
	require.NoError(s.t, waiting.attempt(method, in, nil))
	require.Equal(s.t, before+1, s.writes())
}

func TestPaymentIntentIsNotMadeBehindAFence(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.requireFenced(s.Payments.CreatePaymentIntent, activities.BookingRef{Reference: s.ask("fenced", booking.CaptureAutomatic)})
	require.Len(t, s.stripe.PaymentIntents(), 1)
}

func TestRefundIsNotMadeBehindAFence(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, _ := s.paid()
	s.requireFenced(s.Refunds.CreateRefund, activities.RefundRef{RefundID: s.refundOf(reference, 10000).ID})
	require.Len(t, s.stripe.Refunds(), 1)
}

func TestPaymentIsNotCancelledBehindAFence(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.held(booking.CaptureAutomatic)
	s.requireFenced(s.Payments.CancelPaymentIntent, activities.CancelPaymentIntentInput{
		Reference: reference, PaymentIntentID: intentID, Reason: "abandoned",
	})
}

func TestPaymentIsNotCapturedBehindAFence(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.held(booking.CaptureManual)
	s.confirm(intentID)
	s.requireFenced(s.Payments.CapturePayment, activities.CapturePaymentInput{Reference: reference, PaymentIntentID: intentID, Amount: 45900})
}

// What was made before the database was restored is found and taken into the books while the fence is up: the PaymentIntent of a
// booking, and the refund that a row asks for.
func TestWhatStripeHasIsAdoptedBehindAFence(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.paid()
	refund := activities.RefundRef{RefundID: s.refundOf(reference, 10000).ID}
	var made, adopted activities.RefundRecorded
	s.run(s.Refunds.CreateRefund, refund, &made)
	other := s.ask("other", booking.CaptureAutomatic)
	var created, found activities.PaymentIntentCreated
	s.run(s.Payments.CreatePaymentIntent, activities.BookingRef{Reference: other}, &created)
	s.Exec(t, "DELETE FROM payments WHERE stripe_payment_intent_id = ?", created.PaymentIntentID)
	s.raiseFence()
	before := s.writes()

	s.run(s.Refunds.CreateRefund, refund, &adopted)
	require.Equal(t, made.StripeRefundID, adopted.StripeRefundID)
	s.run(s.Payments.CreatePaymentIntent, activities.BookingRef{Reference: other}, &found)
	require.Equal(t, created.PaymentIntentID, found.PaymentIntentID)
	require.NotEqual(t, intentID, found.PaymentIntentID)
	require.Equal(t, before, s.writes())
}

// A payment that was cancelled, paid or captured before the database was restored has nothing left to be asked for: it is recorded as
// it is while the fence is up.
func TestPaymentThatMovedOnIsRecordedBehindAFence(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.held(booking.CaptureAutomatic)
	s.confirm(intentID)
	s.raiseFence()
	s.run(s.Payments.CancelPaymentIntent,
		activities.CancelPaymentIntentInput{Reference: reference, PaymentIntentID: intentID, Reason: "abandoned"}, nil)
	require.Equal(t, booking.StatusConfirmed, s.record(reference, intentID).BookingStatus)
}

// A booking without a PaymentIntent is not given up while the fence is up: the books may have lost that there was one.
func TestBookingIsNotGivenUpBehindAFence(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference := s.ask("unpaid", booking.CaptureAutomatic)
	s.raiseFence()
	closing, in := s.attempts(), activities.ClosePaymentInput{Reference: reference, Code: "stripe_unreachable"}
	requireErrorType(t, activities.Fenced, closing.attempt(s.Payments.ClosePayment, in, nil))
	require.Equal(t, 1, s.Count(t, "SELECT COUNT(*) FROM bookings WHERE status = 'pending_payment'"))
	s.lowerFence()
	require.NoError(t, closing.attempt(s.Payments.ClosePayment, in, nil))
}

// Nothing is emptied while the fence is up: what restores the books may need it.
func TestNothingIsEmptiedBehindAFence(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.raiseFence()
	retaining, in := s.attempts(), activities.RetainInput{MaxSteps: 1}
	requireErrorType(t, activities.Fenced, retaining.attempt(s.Retention.Retain, in, nil))
	s.lowerFence()
	require.NoError(t, retaining.attempt(s.Retention.Retain, in, nil))
}

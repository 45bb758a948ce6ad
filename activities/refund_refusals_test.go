package activities_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/activities"
	"farebook/booking"
	"farebook/internal/dev/fakestripe"
)

// A refund that the balance does not cover is refused with a 400 that Stripe keeps under its key and gives no code for. It stays
// requested, finance gets one email, the customer none, and each later ask uses a key that was not refused yet.
func TestRefundBeyondTheBalanceIsAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, _ := s.paid()
	refund := s.refundOf(reference, 10000)
	s.stripe.RefuseRefunds(fakestripe.RefuseAlways)
	in := activities.RefundRef{RefundID: refund.ID}
	for range 3 {
		var outcome activities.RefundRecorded
		s.run(s.Refunds.CreateRefund, in, &outcome)
		require.True(t, outcome.Postponed)
		require.Equal(t, booking.RefundRequested, outcome.Status)
		in.Refusals = outcome.Refusals
	}
	require.Equal(t, []string{
		"create-refund/1", "create-refund/1", "create-refund/2", "create-refund/2", "create-refund/3",
	}, s.keys("/v1/refunds", 0), "a replayed refusal is looked behind, and the next key asks anew")
	require.Equal(t, booking.CodeBalanceInsufficient, s.Text(t, "SELECT failure_reason FROM refunds"))
	require.Equal(t, 1, s.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'refund_waiting' AND audience = 'finance'"))
	require.Zero(t, s.Count(t, "SELECT COUNT(*) FROM emails WHERE kind LIKE 'refund%' AND audience = 'customer'"))
	require.Zero(t, s.Count(t, "SELECT COUNT(*) FROM bookings WHERE attention IS NOT NULL"))
	s.requirePromises()

	s.stripe.RefuseRefunds(fakestripe.RefuseNever)
	s.requireMade(in)
}

// requireMade asks for a refund that Stripe takes now, and holds that it is made once and recorded.
func (s *stack) requireMade(in activities.RefundRef) {
	s.t.Helper()
	var made, recorded activities.RefundRecorded
	s.run(s.Refunds.CreateRefund, in, &made)
	require.False(s.t, made.Postponed)
	s.run(s.Refunds.RecordRefund, activities.RecordRefundInput{RefundRef: activities.RefundRef{StripeRefundID: made.StripeRefundID}},
		&recorded)
	require.Equal(s.t, booking.RefundSucceeded, recorded.Status)
	require.Len(s.t, s.stripe.Refunds(), 1)
	require.Empty(s.t, s.Text(s.t, "SELECT failure_reason FROM refunds"))
	require.Zero(s.t, s.Count(s.t, "SELECT COUNT(*) FROM bookings WHERE attention IS NOT NULL"), "nobody has to look any more")
	require.Equal(s.t, s.stripe.Balance("usd"), s.clearing())
	s.requirePromises()
}

// A refusal that is not known to be final, and a payment that Stripe does not know (the key of another account), fail nothing: an
// operator is shown the refund, and the customer hears nothing.
func TestRefusalThatIsNotKnownToBeFinalIsAPersons(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault fakestripe.Fault
		code  string
	}{
		"new code": {
			fakestripe.Fault{Kind: fakestripe.FaultRefused, Code: "refund_on_a_sunday", Message: "Not today."},
			"refund_on_a_sunday",
		},
		"no code":   {fakestripe.Fault{Kind: fakestripe.FaultRefused, Message: "Not today."}, booking.CodeUnknownRefusal},
		"not known": {fakestripe.Fault{Kind: fakestripe.FaultNotFound}, booking.CodePaymentNotFound},
		"other states": {
			fakestripe.Fault{Kind: fakestripe.FaultRefused, Code: "payment_intent_unexpected_state"},
			"payment_intent_unexpected_state",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			reference, _ := s.paid()
			refund := s.refundOf(reference, 10000)
			c.fault.Method, c.fault.Path, c.fault.Count = http.MethodPost, "/v1/refunds", 1
			s.stripe.Faults().Add(c.fault)
			var outcome activities.RefundRecorded
			s.run(s.Refunds.CreateRefund, activities.RefundRef{RefundID: refund.ID}, &outcome)
			require.True(t, outcome.Postponed)
			require.Equal(t, c.code, s.Text(t, "SELECT failure_reason FROM refunds WHERE status = 'requested'"))
			require.Contains(t, s.Text(t, "SELECT attention FROM bookings"), string(refund.ID))
			require.Equal(t, 1, s.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'refund_waiting' AND audience = 'finance'"))
			require.Zero(t, s.Count(t, "SELECT COUNT(*) FROM emails WHERE kind LIKE 'refund%' AND audience = 'customer'"))
			s.requirePromises()
			s.requireMade(activities.RefundRef{RefundID: refund.ID, Refusals: outcome.Refusals})
		})
	}
}

// A refund that was recorded as refused, and that Stripe made after all, is taken into the books whole: its state, its posting
// and the customer's email. The operator who was shown that the money is owed is shown that it is not.
func TestRefusedRefundThatStripeMadeIsAdopted(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.paid()
	refund := s.refundOf(reference, 10000)
	var made activities.RefundRecorded
	s.run(s.Refunds.CreateRefund, activities.RefundRef{RefundID: refund.ID}, &made)
	_, err := s.Store.RecordRefundRefused(t.Context(), refund.ID, "charge_disputed", refund.CreatedAt)
	require.NoError(t, err)
	var unknown []string
	s.run(s.Refunds.FindUnknownRefunds, activities.ChargeRefundsRef{PaymentIntentID: intentID}, &unknown)
	require.Equal(t, []string{made.StripeRefundID}, unknown)
	s.requireAdopted(made.StripeRefundID, refund.ID)
	require.Contains(t, s.Text(t, "SELECT attention FROM bookings"), "made it after all")
}

// The books forgot a refund that bears an id of theirs, as after a backup was restored: it is adopted under that id, and
// repeating that changes nothing.
func TestRefundThatTheBooksForgotIsAdopted(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.paid()
	refund := s.refundOf(reference, 10000)
	var made activities.RefundRecorded
	s.run(s.Refunds.CreateRefund, activities.RefundRef{RefundID: refund.ID}, &made)
	s.Exec(t, "DELETE FROM idempotency_keys WHERE operation = 'create-refund'")
	s.Exec(t, "DELETE FROM refunds")
	var unknown []string
	s.run(s.Refunds.FindUnknownRefunds, activities.ChargeRefundsRef{PaymentIntentID: intentID}, &unknown)
	require.Equal(t, []string{made.StripeRefundID}, unknown)
	s.requireAdopted(made.StripeRefundID, refund.ID)
}

func (s *stack) requireAdopted(stripeID string, id booking.RefundID) {
	s.t.Helper()
	for range 2 {
		var recorded activities.RefundRecorded
		s.run(s.Refunds.RecordRefund, activities.RecordRefundInput{RefundRef: activities.RefundRef{StripeRefundID: stripeID}}, &recorded)
		require.Equal(s.t, booking.RefundSucceeded, recorded.Status)
		require.Equal(s.t, id, recorded.RefundID)
		require.Equal(s.t, booking.StatusPartiallyRefunded, recorded.BookingStatus)
	}
	require.Equal(s.t, 1, s.Count(s.t, "SELECT COUNT(*) FROM emails WHERE kind = 'refunded'"))
	require.Equal(s.t, s.stripe.Balance("usd"), s.clearing())
	s.requirePromises()
}

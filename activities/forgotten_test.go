package activities_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/activities"
	"farebook/booking"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testdb"
)

// forgetBookings is a restore of a backup that was made before any booking was taken.
func (s *stack) forgetBookings() {
	s.t.Helper()
	s.forgetRefunds()
	for _, table := range []string{
		"emails", "attention_items", "idempotency_keys", "ledger_entries", "financial_ledger", "payment_twins",
		"payments", "bookings",
	} {
		s.Exec(s.t, "DELETE FROM "+table)
	}
}

// forgetRefunds is a restore of a backup that was made before anything was refunded.
func (s *stack) forgetRefunds() {
	s.t.Helper()
	for _, statement := range []string{
		"DELETE FROM emails WHERE kind LIKE 'refund%'", "DELETE FROM idempotency_keys WHERE operation = 'create-refund'",
		"DELETE FROM attention_items",
		"DELETE e FROM ledger_entries e JOIN financial_ledger l ON l.id = e.ledger_id WHERE l.type = 'refund'",
		"DELETE FROM financial_ledger WHERE type = 'refund'", "DELETE FROM refunds",
		"UPDATE payments SET amount_refunded = 0",
		"UPDATE bookings SET attention = NULL, status = IF(status LIKE '%refunded', 'confirmed', status)",
	} {
		s.Exec(s.t, statement)
	}
}

// A booking that a restored database has forgotten is asked for again under its key: the same reference, and the PaymentIntent that
// is there, read as it is now. So it is when the bytes of the request are the same and Stripe answers from its memory, and when they
// differ (another correlation id) and Stripe refuses them.
func TestForgottenBookingFindsItsPaymentIntent(t *testing.T) {
	t.Parallel()
	for _, correlationID := range []string{"c-1", "c-2"} {
		for _, paid := range []bool{false, true} {
			s := newStack(t)
			reference, intentID := s.held(booking.CaptureAutomatic)
			if paid {
				s.confirm(intentID)
				require.Equal(t, booking.StatusConfirmed, s.record(reference, intentID).BookingStatus)
			}
			s.forgetBookings()
			require.Equal(t, reference, s.askAs(correlationID, "held", booking.CaptureAutomatic))
			var again activities.PaymentIntentCreated
			s.run(s.Payments.CreatePaymentIntent, activities.BookingRef{Reference: reference}, &again)
			require.Equal(t, intentID, again.PaymentIntentID)
			require.Equal(t, paid, again.Look, "what it has become is to be recorded")
			require.Len(t, s.stripe.PaymentIntents(), 1)
			if paid {
				require.Equal(t, booking.StatusConfirmed, s.record(reference, intentID).BookingStatus)
				require.Equal(t, s.stripe.Balance("usd"), s.clearing())
			}
			s.requirePromises()
		}
	}
}

// Stripe keeps a refusal under its key, too. While its lists may lag, a key that was used with other bytes is looked behind, and
// never passed; only then is the next one used.
func TestKeyOfAForgottenRequestIsLookedBehind(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.Payments.ListLag = time.Hour
	reference := s.ask("held", booking.CaptureAutomatic)
	s.fault(http.MethodPost, "/v1/payment_intents", fakestripe.FaultRefused, 1)
	s.run(s.Payments.CreatePaymentIntent, activities.BookingRef{Reference: reference}, nil)
	s.forgetBookings()
	require.Equal(t, reference, s.askAs("c-2", "held", booking.CaptureAutomatic))
	creating, in := s.attempts(), activities.BookingRef{Reference: reference}
	for range 2 {
		requireErrorType(t, activities.OutcomeUnknown, creating.attempt(s.Payments.CreatePaymentIntent, in, nil))
	}
	require.Equal(t, []string{"create-payment-intent/1", "create-payment-intent/1"}, s.keys("/v1/payment_intents", 1))
	require.Empty(t, s.stripe.PaymentIntents())
	s.Payments.ListLag = 0 // the time is over
	for creating.attempt(s.Payments.CreatePaymentIntent, in, nil) != nil {
		require.Less(t, len(s.keys("/v1/payment_intents", 0)), 6)
	}
	require.Len(t, s.stripe.PaymentIntents(), 1)
	s.requirePromises()
}

// The same key with another amount is another body. The books cannot know that any more, and Stripe does: an operator is shown it.
func TestForgottenBookingWithAnotherAmountIsForAPerson(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, _ := s.held(booking.CaptureAutomatic)
	s.forgetBookings()
	require.Equal(t, reference, s.ask("held", booking.CaptureAutomatic))
	s.Exec(t, "UPDATE bookings SET amount = 100")
	err := s.attempts().attempt(s.Payments.CreatePaymentIntent, activities.BookingRef{Reference: reference}, nil)
	requireErrorType(t, activities.Contradiction, err)
	requireFinal(t, err)
	require.Len(t, s.stripe.PaymentIntents(), 1)
	require.Equal(t, 1, s.Count(t, "SELECT COUNT(*) FROM attention_items WHERE kind = 'payment_mismatch'"))
}

// A refund that the books have forgotten is asked for again under its key: the one that is there is it, also after Stripe has
// forgotten its key, and whatever amount "all that is left" is now.
func TestForgottenRefundIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	for name, amount := range map[string]int64{"a part": 10000, "all that is left": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			reference, _ := s.paid()
			id, made := s.refunded("refund", reference, amount)
			for _, days := range []int{0, 2} {
				s.stripe.Clock().Advance(time.Duration(days) * 24 * time.Hour)
				s.forgetRefunds()
				again := s.refundAs("refund", reference, amount)
				require.Equal(t, id, again.ID)
				outcome := s.create(again.ID)
				require.Equal(t, made, outcome.StripeRefundID)
				s.recordRefund(again.ID, outcome)
			}
			require.Len(t, s.stripe.Refunds(), 1)
			require.Equal(t, "api", s.Text(t, "SELECT origin FROM refunds"))
			require.Equal(t, s.stripe.Balance("usd"), s.clearing())
		})
	}
}

// Of two refunds that the books have forgotten, the one that is asked for again takes the other in. Its key then finds it.
func TestForgottenRefundsFindEachOther(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, _ := s.paid()
	first, _ := s.refunded("first", reference, 10000)
	second, atStripe := s.refunded("second", reference, 2000)
	s.forgetRefunds()

	other := s.refundAs("another", reference, 300)
	require.True(t, s.create(other.ID).Postponed)
	again := s.refundAs("second", reference, 2000)
	require.Equal(t, second, again.ID)
	require.Equal(t, atStripe, again.StripeRefundID)
	require.Equal(t, booking.RefundFromAPI, again.Origin)
	require.Equal(t, first, s.refundAs("first", reference, 0).ID)
	require.Len(t, s.stripe.Refunds(), 2)
	require.Equal(t, s.stripe.Balance("usd"), s.clearing())
}

// A refund of ours that the books did not have is unexplained: another one waits for an operator, who closes the matter.
func TestRefundWaitsForAPersonWhileTheBooksHaveForgottenAnother(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, _ := s.paid()
	_, made := s.refunded("refund", reference, 10000)
	s.forgetRefunds()

	other := s.refundAs("another", reference, 2000)
	for range 2 { // the first run records it, and it still waits for an operator
		outcome := s.create(other.ID)
		require.True(t, outcome.Postponed)
		require.Equal(t, booking.RefundRequested, outcome.Status)
	}
	require.Len(t, s.stripe.Refunds(), 1)
	require.Equal(t, 1, s.Count(t, "SELECT COUNT(*) FROM attention_items WHERE kind = 'refund_held' AND subject = ? AND text LIKE ?",
		string(other.ID), "%"+made+" of $100.00%"))
	require.Equal(t, s.stripe.Balance("usd"), s.clearing())

	matter := s.Count(t, "SELECT id FROM attention_items WHERE kind = 'refund_held'")
	require.NoError(t, s.Store.CloseAttention(t.Context(), uint64(matter), "both are owed", testdb.Tester, s.Store.Now()))
	outcome := s.create(other.ID)
	require.False(t, outcome.Postponed)
	s.recordRefund(other.ID, outcome)
	require.Len(t, s.stripe.Refunds(), 2)
	s.requirePromises()
}

// What somebody refunded in Stripe's dashboard a moment ago is recorded first; there is nothing unexplained about it.
func TestRefundFromTheDashboardIsRecordedBeforeOursIsMade(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.paid()
	refund := s.refundOf(reference, 10000)
	_, err := s.stripe.RefundInDashboard(intentID, 500)
	require.NoError(t, err)
	outcome := s.create(refund.ID)
	require.False(t, outcome.Postponed)
	s.recordRefund(refund.ID, outcome)
	require.Equal(t, 2, s.Count(t, "SELECT COUNT(*) FROM refunds WHERE status = 'succeeded'"))
	s.requirePromises()
}

// A refund that the books know as made and that Stripe does not list: its lists lag for a while, and afterwards an operator has to check
// it.
func TestRefundThatIsMissingAtStripeHoldsTheNext(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.Refunds.ListLag = time.Hour
	reference, _ := s.paid()
	gone := s.refundAs("gone", reference, 1000)
	s.Exec(t, "UPDATE refunds SET stripe_refund_id = 're_gone', status = 'pending'")
	s.refunded("soon after", reference, 300)
	s.Exec(t, "UPDATE refunds SET updated_at = updated_at - INTERVAL 2 HOUR WHERE refund_id = ?", string(gone.ID))
	require.True(t, s.create(s.refundAs("later", reference, 200).ID).Postponed)
	require.Len(t, s.stripe.Refunds(), 1)
	require.Equal(t, 1, s.Count(t, "SELECT COUNT(*) FROM attention_items WHERE kind = 'refund_held' AND text LIKE '%re_gone%'"))
}

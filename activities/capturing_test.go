package activities_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/activities"
	"farebook/booking"
	"farebook/internal/dev/fakestripe"
	"farebook/ledger"
	"farebook/money"
)

// authorised is a booking whose payment is authorised and not captured.
func (s *stack) authorised() (booking.Reference, string) {
	s.t.Helper()
	reference, intentID := s.held(booking.CaptureManual)
	s.confirm(intentID)
	require.Equal(s.t, booking.PaymentAuthorized, s.record(reference, intentID).PaymentStatus)
	return reference, intentID
}

// clearing is what the books say that Stripe's balance is, in US dollars.
func (s *stack) clearing() int64 {
	s.t.Helper()
	balances, err := s.Store.Balances(s.t.Context())
	require.NoError(s.t, err)
	for _, balance := range balances {
		if balance.Account == ledger.AssetStripeClearing {
			require.Equal(s.t, money.Currency("USD"), balance.Currency)
			return balance.Amount
		}
	}
	return 0
}

// Stripe books a partial capture by two balance transactions: the whole that was authorised, and the rest that goes back. The
// first alone would put more on the clearing account than was captured, so that the payment is posted as it was received, and its
// fee is awaited until the second is there.
func TestPartialCaptureIsPostedAsReceivedUntilItsRestIsBack(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.authorised()
	s.stripe.DelayReversals()
	s.run(s.Payments.CapturePayment, activities.CapturePaymentInput{Reference: reference, PaymentIntentID: intentID, Amount: 30000}, nil)
	require.Greater(t, s.stripe.Balance("usd"), int64(30000), "the first balance transaction is there, and alone")

	captured := s.record(reference, intentID)
	require.Equal(t, booking.StatusConfirmed, captured.BookingStatus)
	require.True(t, captured.FeePending)
	require.EqualValues(t, 30000, s.clearing())
	require.Zero(t, s.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE stripe_balance_transaction_id <> ''"))
	s.requirePromises()

	s.stripe.ReleaseReversals()
	for range 2 {
		require.False(t, s.record(reference, intentID).FeePending)
	}
	require.Equal(t, s.stripe.Balance("usd"), s.clearing())
	require.Equal(t, 2, s.Count(t,
		"SELECT COUNT(DISTINCT stripe_balance_transaction_id) FROM financial_ledger WHERE stripe_balance_transaction_id <> ''"))
	s.requirePromises()
}

// Whatever becomes of the answer, the payment is captured once, of the amount that was asked for.
func TestCaptureIsMadeOnceWhateverBecomesOfTheAnswer(t *testing.T) {
	t.Parallel()
	for _, fault := range []fakestripe.FaultKind{
		fakestripe.Fault500After, fakestripe.Fault500Before, fakestripe.FaultAnswerLost, fakestripe.FaultHTML502, fakestripe.FaultRateLimit,
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			reference, intentID := s.authorised()
			s.fault(http.MethodPost, "/v1/payment_intents/"+intentID+"/capture", fault, 1)
			capturing, in := s.attempts(), activities.CapturePaymentInput{Reference: reference, PaymentIntentID: intentID, Amount: 30000}
			if capturing.attempt(s.Payments.CapturePayment, in, nil) != nil {
				require.NoError(t, capturing.attempt(s.Payments.CapturePayment, in, nil))
			}
			s.record(reference, intentID)
			require.EqualValues(t, 30000, s.stripe.PaymentIntents()[0].AmountReceived)
			require.Equal(t, s.stripe.Balance("usd"), s.clearing())
			s.requirePromises()
		})
	}
}

// What can be captured no more is left to the recording step: captured already of another amount, or let go.
func TestCaptureOfWhatIsNotAuthorisedAnyMoreChangesNothing(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*stack, booking.Reference, string){
		"captured": func(s *stack, reference booking.Reference, id string) {
			s.run(s.Payments.CapturePayment, activities.CapturePaymentInput{Reference: reference, PaymentIntentID: id, Amount: 30000}, nil)
		},
		"cancelled": func(s *stack, reference booking.Reference, id string) {
			s.run(s.Payments.CancelPaymentIntent,
				activities.CancelPaymentIntentInput{Reference: reference, PaymentIntentID: id, Reason: "abandoned"}, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			reference, intentID := s.authorised()
			leave(s, reference, intentID)
			before := s.stripe.PaymentIntents()
			s.run(s.Payments.CapturePayment, activities.CapturePaymentInput{Reference: reference, PaymentIntentID: intentID, Amount: 45900}, nil)
			require.Equal(t, before, s.stripe.PaymentIntents())
		})
	}
}

// Finance is warned once of an authorisation that is about to run out, and not of one that was captured meanwhile.
func TestFinanceIsWarnedOnceOfAnAuthorisation(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.authorised()
	const warnings = "SELECT COUNT(*) FROM emails WHERE kind = 'capture_due' AND audience = 'finance'"
	for range 2 {
		s.run(s.Payments.WarnOfCapture, activities.BookingRef{Reference: reference}, nil)
	}
	require.Equal(t, 1, s.Count(t, warnings))

	s.Exec(t, "DELETE FROM emails")
	s.run(s.Payments.CapturePayment, activities.CapturePaymentInput{Reference: reference, PaymentIntentID: intentID, Amount: 45900}, nil)
	s.record(reference, intentID)
	s.run(s.Payments.WarnOfCapture, activities.BookingRef{Reference: reference}, nil)
	require.Zero(t, s.Count(t, warnings))
}

package activities_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/activities"
	"farebook/booking"
	"farebook/internal/dev/fakestripe"
)

// Stripe's reads can be behind its writes. A worker that died after it had created the PaymentIntent is followed by one whose creation
// is a replay, so that the PaymentIntent is read; when that read misses it, the booking stays payable.
func TestPaymentIntentThatIsNotFoundYetIsReadAgain(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	reference, intentID := s.held(booking.CaptureAutomatic)
	s.Exec(t, "DELETE FROM payments")
	creating, in := s.attempts(), activities.BookingRef{Reference: reference}
	s.fault(http.MethodGet, "/v1/payment_intents/*", fakestripe.FaultNotFound, 1)
	err := creating.attempt(s.Payments.CreatePaymentIntent, in, nil)
	requireErrorType(t, activities.NotAtStripe, err)
	requireAgain(t, err)
	var again activities.PaymentIntentCreated
	require.NoError(t, creating.attempt(s.Payments.CreatePaymentIntent, in, &again))
	require.Equal(t, intentID, again.PaymentIntentID)
	require.Equal(t, booking.StatusPendingPayment, again.BookingStatus)
	require.Len(t, s.stripe.PaymentIntents(), 1)
	s.requirePromises()
}

// step is an activity with its input.
type step struct{ method, in any }

// Each activity is run once for each of its reads at Stripe, and that read finds nothing: no error ends the activity, and one that
// follows succeeds.
func TestNoReadThatFindsNothingEndsAnActivity(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(s *stack) step{
		"create payment": func(s *stack) step {
			reference, _ := s.held(booking.CaptureAutomatic)
			s.Exec(s.t, "DELETE FROM payments")
			return step{s.Payments.CreatePaymentIntent, activities.BookingRef{Reference: reference}}
		},
		"record payment": func(s *stack) step {
			reference, intentID := s.held(booking.CaptureAutomatic)
			s.confirm(intentID)
			return step{s.Payments.RecordPaymentOutcome, activities.RecordPaymentOutcomeInput{
				Reference: reference, PaymentIntentID: intentID, Reason: activities.ReasonHoldEnded,
			}}
		},
		"cancel payment": func(s *stack) step {
			reference, intentID := s.held(booking.CaptureAutomatic)
			s.confirm(intentID)
			return step{s.Payments.CancelPaymentIntent, activities.CancelPaymentIntentInput{
				Reference: reference, PaymentIntentID: intentID, Reason: "abandoned",
			}}
		},
		"capture payment": func(s *stack) step {
			reference, intentID := s.held(booking.CaptureManual)
			return step{s.Payments.CapturePayment, activities.CapturePaymentInput{
				Reference: reference, PaymentIntentID: intentID, Amount: 45900,
			}}
		},
		"cancel twins": func(s *stack) step {
			reference, _ := s.paid()
			return step{s.Payments.CancelTwins, activities.BookingRef{Reference: reference}}
		},
		"create refund": func(s *stack) step {
			reference, _ := s.paid()
			return step{s.Refunds.CreateRefund, activities.RefundRef{RefundID: s.refundOf(reference, 10000).ID}}
		},
		"record refund": func(s *stack) step {
			_, intentID := s.paid()
			id, err := s.stripe.RefundInDashboard(intentID, 1000)
			require.NoError(s.t, err)
			return step{s.Refunds.RecordRefund, activities.RecordRefundInput{RefundRef: activities.RefundRef{StripeRefundID: id}}}
		},
		"find refunds": func(s *stack) step {
			_, intentID := s.paid()
			return step{s.Refunds.FindUnknownRefunds, activities.ChargeRefundsRef{PaymentIntentID: intentID}}
		},
		"record dispute": func(s *stack) step {
			_, intentID := s.paid()
			id, err := s.stripe.Dispute(intentID, 0, "fraudulent")
			require.NoError(s.t, err)
			in := activities.RecordDisputeInput{DisputeRef: activities.DisputeRef{DisputeID: id}}
			s.run(s.Disputes.RecordDispute, in, nil)
			return step{s.Disputes.RecordDispute, in}
		},
		"record payout": func(s *stack) step {
			s.paid()
			s.stripe.SettleFunds()
			id, err := s.stripe.PayOut("usd")
			require.NoError(s.t, err)
			in := activities.RecordPayoutInput{PayoutID: id}
			return step{s.Payouts.RecordPayout, in}
		},
		"record a bill": func(s *stack) step {
			bill := s.stripe.Bill(250, "usd", "Radar")
			return step{s.AccountFees.RecordAccountFee, activities.AccountFeeRef{BalanceTransactionID: bill}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			missed := 0
			for read := 0; ; read++ {
				s := newStack(t)
				step := prepare(s)
				s.stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/*", Kind: fakestripe.FaultNotFound, Skip: read})
				attempts := s.attempts()
				err := attempts.attempt(step.method, step.in, nil)
				met := len(s.stripe.Faults().Unmet()) == 0
				if err != nil {
					requireAgain(t, err)
					require.NoError(t, attempts.attempt(step.method, step.in, nil))
				}
				if !met {
					break
				}
				missed++
				s.requirePromises()
			}
			require.Positive(t, missed, "the activity read nothing at Stripe")
		})
	}
}

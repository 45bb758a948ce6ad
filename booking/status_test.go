package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

func TestTransitions(t *testing.T) {
	t.Parallel()
	all := map[booking.Status]bool{}
	for from, targets := range booking.BookingTransitions {
		all[from] = true
		require.NoError(t, from.To(from), "staying is legal")
		for _, to := range targets {
			require.NoError(t, from.To(to))
			require.Contains(t, booking.BookingTransitions, to, "every target is a state")
		}
	}
	legal := 0
	for from := range all {
		for to := range all {
			err := from.To(to)
			if err == nil {
				legal++
				continue
			}
			var illegal *booking.IllegalTransition
			require.ErrorAs(t, err, &illegal)
			require.Equal(t, "booking", illegal.Machine)
			require.Equal(t, string(from), illegal.From)
			require.Equal(t, string(to), illegal.To)
		}
	}
	require.Equal(t, 8+4+3+2+1+3, legal, "eight that stay, and those of the table")
	require.Error(t, booking.Status("nonsense").To("nonsense"))
}

func TestPaymentTransitions(t *testing.T) {
	t.Parallel()
	for from := range booking.PaymentTransitions {
		if from == booking.PaymentSucceeded {
			continue
		}
		require.NoError(t, from.To(booking.PaymentSucceeded), "money is recorded whatever was before")
		require.Error(t, booking.PaymentSucceeded.To(from), "what has succeeded stays")
		if from != booking.PaymentCanceled {
			require.Error(t, booking.PaymentCanceled.To(from))
		}
	}
}

func TestRefundTransitions(t *testing.T) {
	t.Parallel()
	require.NoError(t, booking.RefundSucceeded.To(booking.RefundFailed), "a refund can fail after it succeeded")
	require.Error(t, booking.RefundFailed.To(booking.RefundSucceeded))
}

func TestPaymentStatusOfStripe(t *testing.T) {
	t.Parallel()
	for stripe, want := range map[string]booking.PaymentStatus{
		"requires_payment_method": booking.PaymentPending, "requires_confirmation": booking.PaymentPending,
		"requires_action": booking.PaymentRequiresAction, "processing": booking.PaymentProcessing,
		"requires_capture": booking.PaymentAuthorized, "succeeded": booking.PaymentSucceeded, "canceled": booking.PaymentCanceled,
		"a new one": booking.PaymentUnknown, "": booking.PaymentUnknown,
	} {
		require.Equal(t, want, booking.PaymentSnapshot{StripeStatus: stripe}.PaymentStatus(), stripe)
	}
	declined := booking.PaymentSnapshot{StripeStatus: "requires_payment_method", DeclineCode: "insufficient_funds"}
	require.Equal(t, booking.PaymentFailed, declined.PaymentStatus())
}

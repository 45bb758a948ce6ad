package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

// requireMachine holds a transition table against the ways that are meant to be, each pair of states tried.
func requireMachine[S interface {
	~string
	To(S) error
}](t *testing.T, machine string, table, legal map[S][]S) {
	t.Helper()
	for from := range table {
		require.Contains(t, legal, from)
		for _, to := range table[from] {
			require.Contains(t, table, to, "every target is a state")
		}
		for to := range table {
			err := from.To(to)
			if from == to {
				require.NoError(t, err, "staying is legal")
				continue
			}
			if contains(legal[from], to) {
				require.NoError(t, err)
				continue
			}
			var illegal *booking.IllegalTransitionError
			require.ErrorAs(t, err, &illegal, "%s -> %s", from, to)
			require.Equal(t, &booking.IllegalTransitionError{Machine: machine, From: string(from), To: string(to)}, illegal)
		}
	}
	for _, nonsense := range []S{"", "nonsense", "CONFIRMED"} {
		require.Error(t, nonsense.To(nonsense), "what is no state does not even stay")
		for state := range table {
			require.Error(t, state.To(nonsense))
			require.Error(t, nonsense.To(state))
		}
	}
	require.Len(t, table, len(legal))
}

func contains[S comparable](list []S, one S) bool {
	for _, each := range list {
		if each == one {
			return true
		}
	}
	return false
}

func TestBookingMachine(t *testing.T) {
	t.Parallel()
	requireMachine(t, "booking", booking.BookingTransitions, map[booking.Status][]booking.Status{
		"pending_payment":    {"confirmed", "payment_failed", "expired", "cancelled"},
		"confirmed":          {"cancelled", "partially_refunded", "refunded", "disputed"},
		"payment_failed":     nil, // late money changes the payment, not the booking
		"expired":            nil,
		"cancelled":          {"partially_refunded", "refunded", "disputed"},
		"partially_refunded": {"confirmed", "cancelled", "refunded", "disputed"}, // a refund fails after it succeeded
		"refunded":           {"confirmed", "cancelled", "partially_refunded", "disputed"},
		"disputed":           {"confirmed", "cancelled", "partially_refunded", "refunded"},
	})
	for status := range booking.BookingTransitions {
		require.Equal(t, status != booking.StatusPendingPayment, status.Final(), status)
	}
}

func TestPaymentMachine(t *testing.T) {
	t.Parallel()
	open := []booking.PaymentStatus{"pending", "requires_action", "processing", "authorized", "failed", "unknown"}
	legal := map[booking.PaymentStatus][]booking.PaymentStatus{
		"succeeded": nil,           // a stale snapshot moves nothing backwards
		"canceled":  {"succeeded"}, // late money
	}
	for _, from := range open {
		legal[from] = append(append([]booking.PaymentStatus{}, open...), "succeeded", "canceled")
	}
	requireMachine(t, "payment", booking.PaymentTransitions, legal)
}

func TestRefundMachine(t *testing.T) {
	t.Parallel()
	requireMachine(t, "refund", booking.RefundTransitions, map[booking.RefundStatus][]booking.RefundStatus{
		"requested":       {"pending", "requires_action", "succeeded", "failed", "canceled", "unknown"},
		"pending":         {"requires_action", "succeeded", "failed", "canceled", "unknown"},
		"requires_action": {"pending", "succeeded", "failed", "canceled", "unknown"},
		"unknown":         {"pending", "requires_action", "succeeded", "failed", "canceled"},
		"succeeded":       {"failed"}, // the bank can send it back
		"failed":          nil,
		"canceled":        nil,
	})
}

func TestPaymentStatusOfStripe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stripe, decline string
		want            booking.PaymentStatus
	}{
		{"requires_payment_method", "", booking.PaymentPending},
		{"requires_payment_method", "insufficient_funds", booking.PaymentFailed},
		{"requires_confirmation", "", booking.PaymentPending},
		{"requires_confirmation", "generic_decline", booking.PaymentPending}, // another card is there already
		{"requires_action", "", booking.PaymentRequiresAction},
		{"requires_action", "authentication_required", booking.PaymentRequiresAction},
		{"processing", "", booking.PaymentProcessing},
		{"requires_capture", "", booking.PaymentAuthorized},
		{"succeeded", "", booking.PaymentSucceeded},
		{"succeeded", "insufficient_funds", booking.PaymentSucceeded}, // a decline before the good card
		{"canceled", "", booking.PaymentCanceled},
		{"canceled", "insufficient_funds", booking.PaymentCanceled},
		{"a new one", "", booking.PaymentUnknown},
		{"Succeeded", "", booking.PaymentUnknown},
		{"", "", booking.PaymentUnknown},
	} {
		snapshot := booking.PaymentSnapshot{StripeStatus: c.stripe, DeclineCode: c.decline}
		require.Equal(t, c.want, snapshot.PaymentStatus(), "%s %s", c.stripe, c.decline)
		require.Contains(t, booking.PaymentTransitions, snapshot.PaymentStatus())
	}
}

// stripe.com/docs/api/payment_intents/cancel names the states; a processing one is not among those of card payments.
func TestOnlyOpenPaymentsAreCancelled(t *testing.T) {
	t.Parallel()
	for status := range booking.PaymentTransitions {
		switch status {
		case booking.PaymentPending, booking.PaymentRequiresAction, booking.PaymentAuthorized, booking.PaymentFailed:
			require.True(t, status.Cancellable(), status)
		default:
			require.False(t, status.Cancellable(), status)
		}
	}
}

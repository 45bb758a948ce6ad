package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

// Only refusals that are known to be final fail a refund: whatever Stripe may add is an operator's.
func TestOnlyKnownRefusalsEndARefund(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code, param string
		want        booking.RefundRefusal
	}{
		{"charge_already_refunded", "", booking.RefusedForGood},
		{"charge_disputed", "", booking.RefusedForGood},
		{"refund_disputed_payment", "", booking.RefusedForGood},
		{"parameter_invalid_integer", "amount", booking.RefusedForGood},
		{"", "amount", booking.RefusedForGood},
		{"balance_insufficient", "", booking.RefusedForBalance},
		{"insufficient_funds", "", booking.RefusedForBalance},
		{"", "", booking.RefusedUnknown},
		{"", "payment_intent", booking.RefusedUnknown},
		{"payment_intent_unexpected_state", "", booking.RefusedUnknown},
		{"refund_not_possible_on_a_sunday", "amount", booking.RefusedUnknown},
	} {
		require.Equal(t, c.want, booking.RefundRefusalOf(c.code, c.param), "%s %s", c.code, c.param)
	}
}

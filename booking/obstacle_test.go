package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

// What an email tells a customer about a refund that failed has to be true: who has the money, and what of it is owed.
func TestObstaclesOfFailedRefunds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failed   booking.FailedRefund
		obstacle booking.RefundObstacle
		owed     int64
	}{
		"the bank sent it back":    {booking.FailedRefund{Code: "expired_or_canceled_card", Amount: 20000}, "", 20000},
		"stopped in the dashboard": {booking.FailedRefund{Amount: 20000}, "", 20000},
		"another part went back":   {booking.FailedRefund{Amount: 20000, Refunded: 25900}, "", 20000},
		"nearly all went back":     {booking.FailedRefund{Amount: 20000, Refunded: 40000}, booking.ObstaclePart, 5900},
		"all went back":            {booking.FailedRefund{Amount: 20000, Refunded: 45900}, booking.ObstacleReturned, 0},
		"Stripe knows that all went back": {
			booking.FailedRefund{Code: "charge_already_refunded", Amount: 20000},
			booking.ObstacleReturned,
			0,
		},
		"disputed, by Stripe's word": {booking.FailedRefund{Code: "charge_disputed", Amount: 20000}, booking.ObstacleDisputed, 20000},
		"disputed while pending": {
			booking.FailedRefund{Code: "charge_for_pending_refund_disputed", Amount: 20000},
			booking.ObstacleDisputed, 20000,
		},
		"a dispute withholds all": {
			booking.FailedRefund{Code: "unknown", Amount: 20000, Withheld: 45900},
			booking.ObstacleDisputed, 0,
		},
		"a dispute withholds another part": {booking.FailedRefund{Code: "unknown", Amount: 20000, Withheld: 5000}, "", 20000},
		"disputed, and decided for the customer": {
			booking.FailedRefund{Code: "charge_disputed", Amount: 20000, ChargedBack: 45900},
			booking.ObstacleChargedBack, 0,
		},
		"a part was charged back":      {booking.FailedRefund{Code: "unknown", Amount: 45900, ChargedBack: 5000}, booking.ObstaclePart, 40900},
		"disputed, and decided for us": {booking.FailedRefund{Code: "charge_disputed", Amount: 20000, Won: true}, "", 20000},
	} {
		c.failed.Captured = 45900
		obstacle, owed := c.failed.Obstacle()
		require.Equal(t, c.obstacle, obstacle, name)
		require.Equal(t, c.owed, owed, name)
	}
}

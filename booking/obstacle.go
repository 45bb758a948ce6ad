package booking

// RefundObstacle is why the money of a failed refund is not, or not entirely, owed to the customer.
type RefundObstacle string

// The obstacles.
const (
	ObstacleDisputed    RefundObstacle = "disputed"     // the bank holds the money until the dispute is decided
	ObstacleChargedBack RefundObstacle = "charged_back" // the bank has returned it
	ObstacleReturned    RefundObstacle = "returned"     // all of it had been returned already
	ObstaclePart        RefundObstacle = "part"         // part of it had been returned; the rest is owed
)

// FailedRefund is a refund that did not reach the customer, and where the money of its payment is. Amounts are minor units.
type FailedRefund struct {
	Code        string // Stripe's reason or error code (stripe.com/docs/refunds#failed-refunds, stripe.com/docs/error-codes)
	Amount      int64
	Captured    int64
	Refunded    int64 // by other refunds, including pending ones
	Withheld    int64 // by open disputes
	ChargedBack int64 // by lost disputes
	Won         bool  // there was a dispute, and none is open or lost
}

// Obstacle returns what keeps the customer from being owed the whole refund, and how much is owed in minor units.
func (f FailedRefund) Obstacle() (obstacle RefundObstacle, owed int64) {
	unreturned := f.Captured - f.Refunded - f.ChargedBack
	owed = min(max(unreturned-f.Withheld, 0), f.Amount)
	switch all := owed == f.Amount; {
	case f.Withheld > 0 && !all, f.bankHasIt():
		return ObstacleDisputed, owed
	case f.Code == "charge_already_refunded": // Stripe may know of more refunds than the books do
		return ObstacleReturned, 0
	case all:
		return "", owed
	case owed > 0:
		return ObstaclePart, owed
	case f.ChargedBack > 0:
		return ObstacleChargedBack, 0
	default:
		return ObstacleReturned, 0
	}
}

// bankHasIt reports whether, by Stripe's code, the bank has the money of a dispute that the books do not know.
func (f FailedRefund) bankHasIt() bool {
	return RefundRefusedForDispute(f.Code) && f.ChargedBack == 0 && !f.Won
}

// RefundRefusedForDispute reports whether Stripe's error code says that a dispute prevents the refund.
func RefundRefusedForDispute(code string) bool {
	return code == "charge_for_pending_refund_disputed" || code == "charge_disputed"
}

package booking

// RefundObstacle is what a refund failed over, or what has happened beside it, that settles the money in another way.
type RefundObstacle string

// The obstacles.
const (
	ObstacleDisputed    RefundObstacle = "disputed"     // the bank has the money, and decides
	ObstacleChargedBack RefundObstacle = "charged_back" // the bank has given it back
	ObstacleReturned    RefundObstacle = "returned"     // all of it had gone back already
	ObstaclePart        RefundObstacle = "part"         // some of it had; the rest is owed
)

// FailedRefund is a refund that did not reach the customer, and where the money of its payment is. Amounts are minor units.
type FailedRefund struct {
	Code        string // Stripe's reason or error code (stripe.com/docs/refunds#failed-refunds, stripe.com/docs/error-codes)
	Amount      int64
	Captured    int64
	Refunded    int64 // by other refunds, those on their way among them
	Withheld    int64 // by open disputes
	ChargedBack int64 // by lost ones
	Won         bool  // a dispute was, and none is open or lost
}

// Obstacle tells what keeps the customer from being owed all of the refund, and how much is owed.
func (f FailedRefund) Obstacle() (obstacle RefundObstacle, owed int64) {
	unreturned := f.Captured - f.Refunded - f.ChargedBack
	owed = min(max(unreturned-f.Withheld, 0), f.Amount)
	switch all := owed == f.Amount; {
	case f.Withheld > 0 && !all, f.bankHasIt():
		return ObstacleDisputed, owed
	case f.Code == "charge_already_refunded": // Stripe may know of more refunds than the books, yet
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

// bankHasIt by Stripe's word, of a dispute that the books know nothing else of.
func (f FailedRefund) bankHasIt() bool {
	return RefundRefusedForDispute(f.Code) && f.ChargedBack == 0 && !f.Won
}

// RefundRefusedForDispute tells whether Stripe's code says that a dispute stands in the way of a refund.
func RefundRefusedForDispute(code string) bool {
	return code == "charge_for_pending_refund_disputed" || code == "charge_disputed"
}

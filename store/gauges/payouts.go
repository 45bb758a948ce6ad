package gauges

import (
	"context"
	"fmt"

	"farebook/booking"
	"farebook/money"
)

// Underway are the payouts of one currency that are on their way to the bank, in minor units.
type Underway struct {
	Currency money.Currency
	Count    int64
	Amount   int64
	// Unposted is the part that the ledger has not posted yet, though Stripe may have taken it from its balance.
	Unposted int64
}

// payoutsUnderway reads the payouts of two states by idx_payouts_status.
var payoutsUnderway = fmt.Sprintf(`SELECT currency, COUNT(*) AS count, SUM(amount) AS amount, SUM(IF(posted, 0, amount)) AS unposted FROM (
	(SELECT currency, amount, posted FROM payouts FORCE INDEX (idx_payouts_status) WHERE status = ? LIMIT %[1]d)
	UNION ALL
	(SELECT currency, amount, posted FROM payouts FORCE INDEX (idx_payouts_status) WHERE status = ? LIMIT %[1]d)) p
	GROUP BY currency ORDER BY currency`, Cap)

// PayoutsUnderway reads the payouts that have not reached the bank, by currency.
func (r *Reader) PayoutsUnderway(ctx context.Context) (underway []Underway, err error) {
	err = r.books.DB().WithContext(ctx).Raw(payoutsUnderway, booking.PayoutPending, booking.PayoutInTransit).Scan(&underway).Error
	if err != nil {
		return nil, fmt.Errorf("payouts on their way: %w", err)
	}
	return underway, nil
}

package reconciliation

import (
	"farebook/booking"
	"farebook/money"
)

// Clearing sums the effect of postings on the clearing account, by currency in minor units.
func Clearing(posted []Posting) map[money.Currency]int64 {
	clearing, _ := sum(posted)
	return clearing
}

// Shortfall returns what has to be posted, on the clearing account (net) and as fees, for the books to agree with Stripe about
// a balance transaction. Both maps are by currency in minor units. there is nil if Stripe does not have the balance
// transaction.
func Shortfall(posted []Posting, there *booking.BalanceTransaction) (clearing, fees map[money.Currency]int64) {
	clearing, fees = map[money.Currency]int64{}, map[money.Currency]int64{}
	havingClearing, havingFees := sum(posted)
	for currency, amount := range havingClearing {
		clearing[currency] -= amount
	}
	for currency, amount := range havingFees {
		fees[currency] -= amount
	}
	if there != nil {
		clearing[there.Currency] += there.Net
		fees[there.Currency] += there.Fee
	}
	return clearing, fees
}

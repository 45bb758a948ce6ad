package reconciliation

import (
	"farebook/booking"
	"farebook/money"
)

// Clearing is what postings did to the clearing account, by currency in minor units.
func Clearing(posted []Posting) map[money.Currency]int64 {
	clearing, _ := sum(posted)
	return clearing
}

// Lack is what the books need so that they say of a balance transaction what Stripe says of it: what is lacking on the
// clearing account, net, and of the fee, by currency in minor units. there is nil for one that Stripe does not have.
func Lack(posted []Posting, there *booking.BalanceTransaction) (clearing, fees map[money.Currency]int64) {
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

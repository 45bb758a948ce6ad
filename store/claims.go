package store

import (
	"farebook/booking"
	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store/internal/journal"
)

// claims are what the ledger has of a booking under its lock, in minor units of the booking's currency.
type claims struct {
	// unearned is owed as a flight, or held by an agent; payable is owed as a refund.
	unearned, payable int64
	// passedOn is what an agent has passed on to the airline and earned.
	passedOn ledger.Parts
	// left is what of the payment has neither left Stripe's balance as a refund nor gone back by a lost dispute: it is owed, or earned.
	left int64
	// outstanding are the refunds that are to leave Stripe's balance.
	outstanding int64
}

// failedRefund are the states of refunds that leave Stripe's balance no more.
var failedRefund = []booking.RefundStatus{booking.RefundFailed, booking.RefundCanceled}

// claims reads them.
func (b *lockedBooking) claims() (claims, error) {
	sums, err := journal.OfBookingSums(b.tx, b.booking.ID)
	if err != nil {
		return claims{}, err
	}
	found := claimsIn(sums, b.booking.Currency)
	found.outstanding, err = b.sumRefunds("status NOT IN ? AND posted = FALSE", failedRefund)
	return found, err
}

// claimsIn are the claims without the refunds, by the sums of a booking's transactions.
func claimsIn(sums seal.Sums, currency money.Currency) claims {
	credit := func(account ledger.Account) int64 { return -sums[account][currency] }
	found := claims{
		unearned: credit(ledger.LiabilityUnearnedRevenue) + credit(ledger.LiabilityCustomerFunds), // a booking has one of the two
		payable:  credit(ledger.LiabilityRefundsPayable),
		passedOn: ledger.Parts{
			Airline: credit(ledger.LiabilityAirlinePayable), Commission: credit(ledger.IncomeCommission),
			ServiceFees: credit(ledger.IncomeServiceFees),
		},
	}
	found.left = found.unearned + found.payable + found.passedOn.Total() + credit(ledger.IncomeFlights) +
		credit(ledger.IncomeCancellationFees) + credit(ledger.IncomeRefunds)
	return found
}

// unpromised is what of the outstanding refunds is not payable yet. More than what is left of the payment is not promised: of two
// refunds of the same money, Stripe makes one. leaving is the amount of a refund that leaves Stripe's balance now, which is payable at
// least.
func (c claims) unpromised(isPaid bool, leaving int64) int64 {
	due := c.outstanding
	if isPaid {
		due = min(due, max(c.left, 0))
	}
	return max(max(due, leaving)-c.payable, 0)
}

// failed is what is payable of refunds that failed: no outstanding refund needs it.
func (c claims) failed() int64 { return max(c.payable-c.outstanding, 0) }

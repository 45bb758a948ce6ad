package ledger

import (
	"math/bits"

	"farebook/booking"
	"farebook/money"
)

// Held is the account that has what was paid for a booking, until it is earned, passed on or owed as a refund.
func Held(model booking.RevenueModel) Account {
	if model == booking.ModelAgent {
		return LiabilityCustomerFunds
	}
	return LiabilityUnearnedRevenue
}

// HeldAs moves what a posting rule holds on liability:unearned_revenue to the account of the booking's model, so that each rule is
// written once.
func (t Transaction) HeldAs(model booking.RevenueModel) Transaction {
	if Held(model) == LiabilityUnearnedRevenue {
		return t
	}
	entries := make([]Entry, len(t.Entries))
	for i, entry := range t.Entries {
		if entry.Account == LiabilityUnearnedRevenue {
			entry.Account = Held(model)
		}
		entries[i] = entry
	}
	t.Entries = entries
	return t
}

// Parts are an amount of an agent's booking by whom it belongs to, in minor units: the airline, and the agent's two kinds of income.
type Parts struct{ Airline, Commission, ServiceFees int64 }

// PartsOf are the parts of a booking's price. Without a breakdown, all of it is the airline's, so that no income is claimed that nobody
// has named.
func PartsOf(breakdown *booking.Breakdown, price int64) Parts {
	if breakdown == nil {
		return Parts{Airline: price}
	}
	return Parts{
		Airline: breakdown.Fare + breakdown.Taxes, Commission: breakdown.Commission, ServiceFees: breakdown.ServiceFee,
	}
}

// Total is the amount.
func (p Parts) Total() int64 { return p.Airline + p.Commission + p.ServiceFees }

// Less is what p has above other in each part.
func (p Parts) Less(other Parts) Parts {
	return Parts{
		Airline: max(p.Airline-other.Airline, 0), Commission: max(p.Commission-other.Commission, 0),
		ServiceFees: max(p.ServiceFees-other.ServiceFees, 0),
	}
}

// Share divides an amount in proportion to the parts. Minor units that are left over go to the largest remainders, the first of equal ones,
// so that the shares add up to the amount. Of an amount up to the total, no share exceeds its part. A negative amount has the shares of the
// positive one, negative. Without parts, all of it is the airline's.
func (p Parts) Share(amount int64) Parts {
	if amount < 0 {
		shared := p.Share(-amount)
		return Parts{Airline: -shared.Airline, Commission: -shared.Commission, ServiceFees: -shared.ServiceFees}
	}
	p = p.Less(Parts{}) // a part below zero takes nothing
	total := p.Total()
	if total == 0 {
		return Parts{Airline: amount}
	}
	weights := [...]int64{p.Airline, p.Commission, p.ServiceFees}
	var shares [len(weights)]int64
	var rests [len(weights)]uint64
	left := amount
	for i, weight := range weights {
		high, low := bits.Mul64(uint64(amount), uint64(weight))
		quotient, rest := bits.Div64(high, low, uint64(total)) // a weight is at most the total, so that the quotient is at most the amount
		shares[i], rests[i] = int64(quotient), rest
		left -= shares[i]
	}
	for ; left > 0; left-- {
		largest := 0
		for i := range rests {
			if rests[i] > rests[largest] {
				largest = i
			}
		}
		shares[largest]++
		rests[largest] = 0
	}
	return Parts{Airline: shares[0], Commission: shares[1], ServiceFees: shares[2]}
}

// PassOn divides an amount of which p are the parts of the whole: in proportion to what was not passed on before, so that several steps end
// at the whole to the minor unit. A negative amount is taken back from what was passed on. What exceeds either follows the whole.
func (p Parts) PassOn(amount int64, before Parts) Parts {
	missing := p.Less(before)
	switch {
	case amount >= 0 && amount <= missing.Total():
		return missing.Share(amount)
	case amount < 0 && -amount <= before.Less(Parts{}).Total():
		return before.Share(amount)
	}
	return p.Share(amount)
}

// Recall is what of an amount is taken back from parts that were passed on: no more than there is.
func (p Parts) Recall(amount int64) Parts {
	left := p.Less(Parts{})
	return left.Share(min(amount, left.Total()))
}

// passOn debits an account and credits what belongs to the airline and to the agent. Negative parts swap the sides.
func (p Parts) passOn(from Account, currency money.Currency) []Entry {
	entries := move(from, LiabilityAirlinePayable, p.Airline, currency)
	entries = append(entries, move(from, IncomeCommission, p.Commission, currency)...)
	return append(entries, move(from, IncomeServiceFees, p.ServiceFees, currency)...)
}

// recall debits what was passed on to the airline and to the agent, and credits an account.
func (p Parts) recall(to Account, currency money.Currency) []Entry {
	entries := move(LiabilityAirlinePayable, to, p.Airline, currency)
	entries = append(entries, move(IncomeCommission, to, p.Commission, currency)...)
	return append(entries, move(IncomeServiceFees, to, p.ServiceFees, currency)...)
}

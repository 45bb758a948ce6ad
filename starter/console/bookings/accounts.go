package bookings

import (
	"slices"

	"farebook/money"
)

// account is a T-account of a booking in one currency.
type account struct {
	name     string
	currency money.Currency
	debits   []accountLine
	credits  []accountLine
}

// accountLine is an entry with the transaction that it belongs to.
type accountLine struct {
	posting uint64
	kind    string
	amount  money.Money
}

// accountsOf are the T-accounts of postings, in the order in which they were first used.
func accountsOf(postings []posting) []*account {
	var accounts []*account
	for _, p := range postings {
		for _, e := range p.Entries {
			at := slices.IndexFunc(accounts, func(a *account) bool { return a.name == e.Account && a.currency == e.Amount.Currency })
			if at < 0 {
				at = len(accounts)
				accounts = append(accounts, &account{name: e.Account, currency: e.Amount.Currency})
			}
			line := accountLine{p.ID, p.Type, e.Amount}
			if e.Side == "debit" {
				accounts[at].debits = append(accounts[at].debits, line)
			} else {
				accounts[at].credits = append(accounts[at].credits, line)
			}
		}
	}
	return accounts
}

// balance is debits less credits, and the side that it is on.
func (a *account) balance() (amount money.Money, debit bool) {
	var sum int64
	for _, line := range a.debits {
		sum += line.amount.Value
	}
	for _, line := range a.credits {
		sum -= line.amount.Value
	}
	if sum < 0 {
		return money.Money{Value: -sum, Currency: a.currency}, false
	}
	return money.Money{Value: sum, Currency: a.currency}, true
}

// rows are the lines of both sides beside one another.
func (a *account) rows() int { return max(len(a.debits), len(a.credits)) }

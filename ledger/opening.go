package ledger

import (
	"fmt"
	"time"

	"farebook/booking"
	"farebook/money"
)

// Opening is the moment from which on the ledger has Stripe's balance transactions one by one. What was created before is in the
// opening balance. The zero value is that of an account that began with Farebook: it covers nothing.
type Opening struct{ At time.Time }

// Covers tells whether the opening balance contains a balance transaction, by its time of creation at Stripe.
func (o Opening) Covers(created time.Time) bool { return created.Before(o.At) }

// OpeningBalance posts what Stripe's balance was at the opening, in one currency: amounts by account, in minor units, below zero for
// a balance that was. It returns a transaction without entries when all of them are zero: there is nothing to post.
//
//	debit  asset:stripe_clearing             pending and available
//	debit  asset:stripe_connect_reserved     connect_reserved
//	debit  asset:stripe_issuing              issuing
//	credit equity:opening_balance            all of them
func OpeningBalance(o Opening, currency money.Currency, amounts map[Account]int64) (Transaction, error) {
	t := Transaction{
		Type:         TypeOpeningBalance,
		Effective:    Effective{At: o.At, Basis: ByStripe},
		OperationKey: "opening/" + string(currency),
		Description:  "Stripe's balance at the opening of " + o.At.UTC().Format(time.RFC3339),
	}
	for _, account := range []Account{AssetStripeClearing, AssetConnectReserved, AssetIssuing} {
		t.Entries = append(t.Entries, move(account, EquityOpeningBalance, amounts[account], currency)...)
	}
	if len(t.Entries) == 0 {
		return t, nil
	}
	return t, t.Validate()
}

// Under puts what a transaction would do to the clearing account on the opening balance, when its balance transaction was created
// before the opening: the money is on the clearing account already. So a booking that was paid before, and is taken over, owes its
// traveller what it owes, and the clearing account stays Stripe's balance.
func (t Transaction) Under(o Opening) Transaction {
	if t.BalanceTransactionID == "" || !o.Covers(t.Effective.At) {
		return t
	}
	entries := make([]Entry, len(t.Entries))
	for i, entry := range t.Entries {
		if entry.Account == AssetStripeClearing {
			entry.Account = EquityOpeningBalance
		}
		entries[i] = entry
	}
	t.Entries = entries
	return t
}

// Unbooked is a balance transaction that is no booking's, and what Stripe has of the payment behind it.
type Unbooked struct {
	Balance                   booking.BalanceTransaction
	ObjectID, PaymentIntentID string // of its source
	Description               string // for an operator: whose it is
}

func (u Unbooked) transaction(kind Type, entries []Entry) (Transaction, error) {
	t := Transaction{
		Type: kind, ObjectID: u.ObjectID, PaymentIntentID: u.PaymentIntentID, BalanceTransactionID: u.Balance.ID,
		Effective: EffectiveOf(u.Balance), OperationKey: "unbooked/" + u.Balance.ID, Description: u.Description, Entries: entries,
	}
	return t, t.Validate()
}

// OtherIntegration posts money of another integration on the same Stripe account: it is in Stripe's balance and not ours. The fee
// is theirs as well.
//
//	debit  asset:stripe_clearing       gross     (the other way round below zero)
//	credit asset:other_integrations    gross
//	debit  asset:other_integrations    fee
//	credit asset:stripe_clearing       fee
func OtherIntegration(u Unbooked) (Transaction, error) {
	entries := move(AssetStripeClearing, AssetOtherIntegrations, u.Balance.Amount, u.Balance.Currency)
	entries = append(entries, move(AssetOtherIntegrations, AssetStripeClearing, u.Balance.Fee, u.Balance.Currency)...)
	return u.transaction(TypeOtherIntegration, entries)
}

// BeforeOpening posts what becomes of a payment that was made before the opening and that no booking has: a refund, a dispute, a
// debit that failed. The opening balance contains the payment, so that what goes back of it is taken from there. A fee is an expense.
//
//	debit  equity:opening_balance      amount     (the other way round below zero)
//	credit asset:stripe_clearing       amount
//	debit  expense:stripe_fees         fee
//	credit asset:stripe_clearing       fee
func BeforeOpening(u Unbooked) (Transaction, error) {
	return u.transaction(TypeBeforeOpening, outOfClearing(EquityOpeningBalance, -u.Balance.Amount, u.Balance.Currency, u.Balance))
}

// UnbookedTypes are the types of what no booking has. The record of an object of ours takes the place of either, as it does of a
// correction.
var UnbookedTypes = []Type{TypeOtherIntegration, TypeBeforeOpening}

// Unbooked tells whether a type is one of UnbookedTypes.
func (t Type) Unbooked() bool { return t == TypeOtherIntegration || t == TypeBeforeOpening }

// PostUnbooked posts a balance transaction of no booking by the type that says whose it is.
func PostUnbooked(kind Type, u Unbooked) (Transaction, error) {
	switch kind {
	case TypeOtherIntegration:
		return OtherIntegration(u)
	case TypeBeforeOpening:
		return BeforeOpening(u)
	default:
		return Transaction{}, fmt.Errorf("type %q: balance transaction %s is a booking's, or nobody knows it", kind, u.Balance.ID)
	}
}

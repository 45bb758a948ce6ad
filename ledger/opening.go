package ledger

import (
	"fmt"
	"time"

	"farebook/booking"
	"farebook/money"
)

// Opening is the time from which on the ledger has Stripe's balance transactions one by one. The opening balance contains
// earlier ones. The zero value covers nothing: Farebook has been used since the Stripe account was created.
type Opening struct{ At time.Time }

// Covers reports whether the opening balance contains a balance transaction with this creation time at Stripe.
func (o Opening) Covers(created time.Time) bool { return created.Before(o.At) }

// OpeningBalance posts Stripe's balance at the opening, in one currency. amounts are in minor units by account; a balance may
// be negative. If all of them are zero, the returned transaction has no entries, and there is nothing to post.
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

// Under replaces the clearing account by the opening balance if the balance transaction was created before the opening, because
// the clearing account contains that money already. An imported booking that was paid before the opening then owes its
// traveller the right amount, and the clearing account still equals Stripe's balance.
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

// Unbooked is a balance transaction that belongs to no booking, and what Stripe knows of the payment behind it.
type Unbooked struct {
	Balance                   booking.BalanceTransaction
	ObjectID, PaymentIntentID string // of its source
	Description               string // for an operator: whose it is
}

func (u Unbooked) transaction(kind Type, entries []Entry) (Transaction, error) {
	t := Transaction{
		Type: kind, ObjectID: u.ObjectID, PaymentIntentID: u.PaymentIntentID, BalanceTransactionID: u.Balance.ID,
		Effective: EffectiveOf(u.Balance), Balance: &u.Balance, OperationKey: "unbooked/" + u.Balance.ID, Description: u.Description,
		Entries: entries,
	}
	return t, t.Validate()
}

// OtherIntegration posts money of another integration on the same Stripe account: it is in Stripe's balance, but not
// Farebook's. Neither is the fee.
//
//	debit  asset:stripe_clearing       gross     (sides swapped if negative)
//	credit asset:other_integrations    gross
//	debit  asset:other_integrations    fee
//	credit asset:stripe_clearing       fee
func OtherIntegration(u Unbooked) (Transaction, error) {
	entries := move(AssetStripeClearing, AssetOtherIntegrations, u.Balance.Amount, u.Balance.Currency)
	entries = append(entries, move(AssetOtherIntegrations, AssetStripeClearing, u.Balance.Fee, u.Balance.Currency)...)
	return u.transaction(TypeOtherIntegration, entries)
}

// BeforeOpening posts later movements of a payment that was made before the opening and belongs to no booking: a refund, a
// dispute, a failed debit. The opening balance contains the payment, so what is returned is taken from there. A fee is an
// expense.
//
//	debit  equity:opening_balance      amount     (sides swapped if negative)
//	credit asset:stripe_clearing       amount
//	debit  expense:stripe_fees         fee
//	credit asset:stripe_clearing       fee
func BeforeOpening(u Unbooked) (Transaction, error) {
	return u.transaction(TypeBeforeOpening, outOfClearing(EquityOpeningBalance, -u.Balance.Amount, u.Balance.Currency, u.Balance))
}

// UnbookedTypes are the types of transactions that belong to no booking. Recording an object of a booking replaces them, as it
// replaces a correction.
var UnbookedTypes = []Type{TypeOtherIntegration, TypeBeforeOpening}

// Unbooked reports whether a type is one of UnbookedTypes.
func (t Type) Unbooked() bool { return t == TypeOtherIntegration || t == TypeBeforeOpening }

// PostUnbooked posts a balance transaction that belongs to no booking, by one of UnbookedTypes. Any other kind is an error.
func PostUnbooked(kind Type, u Unbooked) (Transaction, error) {
	switch kind {
	case TypeOtherIntegration:
		return OtherIntegration(u)
	case TypeBeforeOpening:
		return BeforeOpening(u)
	default:
		return Transaction{}, fmt.Errorf("type %q: balance transaction %s is a booking's, or has no explanation", kind, u.Balance.ID)
	}
}

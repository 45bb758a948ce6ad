package ledger

import (
	"fmt"

	"farebook/booking"
)

// Payment posts a succeeded PaymentIntent: the traveller's money is at Stripe, and owed to the traveller as a flight.
// With the balance transaction known, Stripe's fee goes along; else Fee posts it when it comes.
//
//	debit  asset:stripe_clearing        gross
//	credit liability:unearned_revenue   gross
//	debit  expense:stripe_fees          fee
//	credit asset:stripe_clearing        fee
func Payment(s booking.PaymentSnapshot) (Transaction, error) {
	if s.PaymentStatus() != booking.PaymentSucceeded {
		return Transaction{}, fmt.Errorf("PaymentIntent %s is %s: only a succeeded one is posted", s.PaymentIntentID, s.StripeStatus)
	}
	if s.AmountReceived <= 0 {
		return Transaction{}, fmt.Errorf("PaymentIntent %s succeeded with %d minor units received: there is nothing to post", s.PaymentIntentID, s.AmountReceived)
	}
	t := Transaction{
		Type:            TypePayment,
		Reference:       s.Reference,
		PaymentIntentID: s.PaymentIntentID,
		Description:     "Payment of booking " + string(s.Reference),
		Entries:         move(AssetStripeClearing, LiabilityUnearnedRevenue, s.AmountReceived, s.Currency),
	}
	if s.Balance != nil {
		t.BalanceTransactionID = s.Balance.ID
		t.Entries = append(t.Entries, settlement(s)...)
	}
	return t, t.Validate()
}

// Fee posts Stripe's fee when its balance transaction came after the payment was posted (async capture). A fee of zero
// in the charge's own currency posts nothing: the transaction then has no entries.
func Fee(s booking.PaymentSnapshot) (Transaction, error) {
	if s.Balance == nil {
		return Transaction{}, fmt.Errorf("PaymentIntent %s has no balance transaction yet: there is no fee to post", s.PaymentIntentID)
	}
	t := Transaction{
		Type:                 TypeStripeFee,
		Reference:            s.Reference,
		PaymentIntentID:      s.PaymentIntentID,
		ObjectID:             s.Balance.ID,
		BalanceTransactionID: s.Balance.ID,
		Description:          "Stripe's fee for booking " + string(s.Reference),
		Entries:              settlement(s),
	}
	if len(t.Entries) == 0 {
		return t, nil
	}
	return t, t.Validate()
}

// settlement takes the clearing account from the gross amount to what Stripe's balance really got: the amount and the
// currency that it settled in, less the fee. The clearing account equals Stripe's balance whatever Stripe did, so what
// does not fit (another currency, another amount) passes through suspense, where a difference stays for people to see.
func settlement(s booking.PaymentSnapshot) []Entry {
	var entries []Entry
	if s.Balance.Currency != s.Currency || s.Balance.Amount != s.AmountReceived {
		entries = append(entries, move(EquitySuspense, AssetStripeClearing, s.AmountReceived, s.Currency)...)
		entries = append(entries, move(AssetStripeClearing, EquitySuspense, s.Balance.Amount, s.Balance.Currency)...)
	}
	return append(entries, move(ExpenseStripeFees, AssetStripeClearing, s.Balance.Fee, s.Balance.Currency)...)
}

// move debits one account and credits the other. Below zero it goes the other way round (a fee that Stripe gives back);
// nothing at all is no entry.
func move(debit, credit Account, amount int64, currency booking.Currency) []Entry {
	switch {
	case amount == 0:
		return nil
	case amount < 0:
		debit, credit, amount = credit, debit, -amount
	}
	return []Entry{{debit, Debit, amount, currency}, {credit, Credit, amount, currency}}
}

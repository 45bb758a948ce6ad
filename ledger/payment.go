package ledger

import (
	"fmt"

	"farebook/booking"
	"farebook/money"
)

// Payment posts a succeeded PaymentIntent: the traveller's money is at Stripe, and owed to the traveller as a flight. If the
// balance transaction is known, Stripe's fee is posted with it; otherwise Fee posts it later.
//
//	debit  asset:stripe_clearing        gross
//	credit liability:unearned_revenue   gross
//	debit  expense:stripe_fees          fee
//	credit asset:stripe_clearing        fee
//
// Gross is the amount received. For a partial capture whose balance transactions are known, it is the authorised amount, as in
// Stripe's first balance transaction, and PartialCapture returns the rest. decided is the date of a payment whose balance
// transaction is not known yet.
func Payment(s booking.PaymentSnapshot, decided Effective) (Transaction, error) {
	if s.PaymentStatus() != booking.PaymentSucceeded {
		return Transaction{}, fmt.Errorf("PaymentIntent %s is %s: only a succeeded one is posted", s.PaymentIntentID, s.StripeStatus)
	}
	if s.AmountReceived <= 0 {
		return Transaction{}, fmt.Errorf("PaymentIntent %s succeeded with %s received: there is nothing to post", s.PaymentIntentID,
			money.Text(s.AmountReceived, s.Currency))
	}
	t := Transaction{
		Type:            TypePayment,
		Reference:       s.Reference,
		PaymentIntentID: s.PaymentIntentID,
		Effective:       decided,
		Description:     "Payment of booking " + string(s.Reference),
		Entries:         move(AssetStripeClearing, LiabilityUnearnedRevenue, gross(s), s.Currency),
	}
	if s.Balance != nil {
		t.BalanceTransactionID, t.Effective, t.Balance = s.Balance.ID, EffectiveOf(*s.Balance), s.Balance
		t.Entries = append(t.Entries, settlement(s)...)
	}
	return t, t.Validate()
}

// Fee posts Stripe's fee if its balance transaction came after the payment was posted (async capture). For a partial capture it
// also raises the gross amount to the authorised one, as in Stripe's balance transaction. If nothing is left to post (the fee
// is zero, as under interchange-plus pricing), it debits and credits the clearing account with the gross amount: the ledger has
// to contain the balance transaction, or the payout that contains it can never be proven.
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
		Effective:            EffectiveOf(*s.Balance),
		Balance:              s.Balance,
		Description:          "Stripe's fee for booking " + string(s.Reference),
		Entries:              move(AssetStripeClearing, LiabilityUnearnedRevenue, gross(s)-s.AmountReceived, s.Currency),
	}
	t.Entries = append(t.Entries, settlement(s)...)
	if len(t.Entries) == 0 {
		t.Entries = move(AssetStripeClearing, AssetStripeClearing, gross(s), s.Currency)
	}
	return t, t.Validate()
}

// PartialCapture posts the balance transaction that releases what was authorised and not captured. Stripe creates two in this
// case, the first for the authorised amount (stripe.com/docs/reports/reporting-categories).
//
//	debit  liability:unearned_revenue   the rest
//	credit asset:stripe_clearing        the rest
func PartialCapture(s booking.PaymentSnapshot) (Transaction, error) {
	if s.Reversal == nil {
		return Transaction{}, fmt.Errorf("PaymentIntent %s has no balance transaction of a partial capture: there is nothing to post",
			s.PaymentIntentID)
	}
	t := Transaction{
		Type:                 TypePartialCaptureReversal,
		Reference:            s.Reference,
		PaymentIntentID:      s.PaymentIntentID,
		ObjectID:             s.Reversal.ID,
		BalanceTransactionID: s.Reversal.ID,
		Effective:            EffectiveOf(*s.Reversal),
		Balance:              s.Reversal,
		Description:          "Authorised and not captured, booking " + string(s.Reference),
		Entries:              outOfClearing(LiabilityUnearnedRevenue, s.Amount-s.AmountReceived, s.Currency, *s.Reversal),
	}
	return t, t.Validate()
}

func gross(s booking.PaymentSnapshot) int64 {
	if s.Reversal != nil {
		return s.Amount
	}
	return s.AmountReceived
}

// settlement adjusts the clearing account from the gross amount to what Stripe's balance received: the amount in the settlement
// currency, less the fee.
func settlement(s booking.PaymentSnapshot) []Entry {
	var entries []Entry
	if s.Balance.Currency != s.Currency || s.Balance.Amount != gross(s) {
		between := exchange(s.Currency, s.Balance.Currency)
		entries = append(entries, move(between, AssetStripeClearing, gross(s), s.Currency)...)
		entries = append(entries, move(AssetStripeClearing, between, s.Balance.Amount, s.Balance.Currency)...)
	}
	return append(entries, fees(*s.Balance)...)
}

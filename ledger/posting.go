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
	t := Transaction{
		Type:            TypePayment,
		Reference:       s.Reference,
		PaymentIntentID: s.PaymentIntentID,
		Description:     "Payment of booking " + string(s.Reference),
		Entries: []Entry{
			{AssetStripeClearing, Debit, s.AmountReceived, s.Currency},
			{LiabilityUnearnedRevenue, Credit, s.AmountReceived, s.Currency},
		},
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

// settlement takes the clearing account from the gross amount to what Stripe's balance really got: the currency it
// settled in, less the fee.
func settlement(s booking.PaymentSnapshot) []Entry {
	var entries []Entry
	if s.Balance.Currency != s.Currency {
		entries = append(entries,
			Entry{EquitySuspense, Debit, s.AmountReceived, s.Currency},
			Entry{AssetStripeClearing, Credit, s.AmountReceived, s.Currency},
			Entry{AssetStripeClearing, Debit, s.Balance.Amount, s.Balance.Currency},
			Entry{EquitySuspense, Credit, s.Balance.Amount, s.Balance.Currency},
		)
	}
	if s.Balance.Fee > 0 {
		entries = append(entries,
			Entry{ExpenseStripeFees, Debit, s.Balance.Fee, s.Balance.Currency},
			Entry{AssetStripeClearing, Credit, s.Balance.Fee, s.Balance.Currency},
		)
	}
	return entries
}

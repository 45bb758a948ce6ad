package main

import (
	"errors"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

const exampleReference = "FB-7K2M9QXA"

func paid(amount int64, currency money.Currency, balance *booking.BalanceTransaction) booking.PaymentSnapshot {
	return booking.PaymentSnapshot{
		PaymentIntentID: "pi_1", StripeStatus: "succeeded", Reference: exampleReference, Amount: amount, AmountReceived: amount,
		Currency: currency, ChargeID: "ch_1", Balance: balance,
	}
}

// decided is the date of examples without a balance transaction; exampleDate is the date of each balance transaction.
var (
	exampleDate = time.Date(2027, time.May, 1, 14, 20, 0, 0, time.UTC)
	decided     = ledger.Effective{At: exampleDate, Basis: ledger.ByStripe}
)

func posted(s booking.PaymentSnapshot) (ledger.Transaction, error) { return ledger.Payment(s, decided) }

func settled(amount, fee int64, currency money.Currency) *booking.BalanceTransaction {
	return &booking.BalanceTransaction{Created: exampleDate, ID: "txn_1", Amount: amount, Fee: fee, Net: amount - fee, Currency: currency}
}

func one(t ledger.Transaction, err error) ([]ledger.Transaction, error) {
	return []ledger.Transaction{t}, err
}

// several combines two postings: several(first)(second).
func several(first ledger.Transaction, err error) func(ledger.Transaction, error) ([]ledger.Transaction, error) {
	return func(second ledger.Transaction, secondErr error) ([]ledger.Transaction, error) {
		return []ledger.Transaction{first, second}, errors.Join(err, secondErr)
	}
}

func balanceLine(id string, amount, fee int64, currency money.Currency, category string) *booking.BalanceTransaction {
	return &booking.BalanceTransaction{
		Created: exampleDate, ID: id, Amount: amount, Fee: fee, Net: amount - fee, Currency: currency,
		ReportingCategory: category,
	}
}

func debited(failure *booking.BalanceTransaction) booking.Debit {
	return booking.Debit{ChargeID: "py_1", Amount: 45900, Currency: "USD", Balance: *settled(45900, 367, "USD"), FailureBalance: failure}
}

func refunded(balance, failure *booking.BalanceTransaction) booking.RefundSnapshot {
	return booking.RefundSnapshot{
		StripeRefundID: "re_1", PaymentIntentID: "pi_1", StripeStatus: "succeeded", Amount: 20000, Currency: "USD", Balance: balance,
		FailureBalance: failure,
	}
}

var dispute = booking.DisputeSnapshot{DisputeID: "dp_1", PaymentIntentID: "pi_1", Amount: 45900, Currency: "USD"}

func payout(balance, failure *booking.BalanceTransaction) booking.PayoutSnapshot {
	return booking.PayoutSnapshot{PayoutID: "po_1", Amount: 100000, Currency: "USD", Balance: balance, FailureBalance: failure}
}

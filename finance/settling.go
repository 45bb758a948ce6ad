package finance

import (
	"maps"
	"slices"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

// The reporting categories by which reports tell balance transactions apart.
const (
	categoryPayout         = "payout"
	categoryPayoutReversal = "payout_reversal"
	categoryFee            = "fee"
	categoryCharge         = "charge"
	categoryRefund         = "refund"
)

// categoryOf are the categories of postings of older releases, which kept none.
var categoryOf = map[ledger.Type]string{
	ledger.TypePayment: categoryCharge, ledger.TypeStripeFee: categoryCharge, ledger.TypePaymentInTransit: categoryCharge,
	ledger.TypePaymentFailure: "charge_failure", ledger.TypePartialCaptureReversal: "partial_capture_reversal",
	ledger.TypeRefund: categoryRefund, ledger.TypeRefundFailure: "refund_failure",
	ledger.TypeDispute: "dispute", ledger.TypeDisputeReversal: "dispute_reversal",
	ledger.TypePayout: categoryPayout, ledger.TypePayoutReversal: categoryPayoutReversal, ledger.TypeAccountFee: categoryFee,
}

// typesOfSource are the types whose object is the source of the balance transaction.
var typesOfSource = []ledger.Type{
	ledger.TypePaymentInTransit, ledger.TypePaymentFailure, ledger.TypeRefund, ledger.TypeRefundFailure, ledger.TypePayout,
	ledger.TypePayoutReversal,
}

// Settling is a ledger transaction that moves the clearing account, with the month in which it counts.
type Settling struct {
	Posted

	Period ledger.Period
}

// MovesClearing reports whether a transaction has an entry of the clearing account. One that has none, such as the arrival of a bank debit
// or what the opening balance has already, is no part of a balance transaction in the reports.
func (s Settling) MovesClearing() bool {
	return slices.ContainsFunc(s.Entries, func(e ledger.Entry) bool { return e.Account == ledger.AssetStripeClearing })
}

// Settled is everything that was posted for one balance transaction, by ascending id: its transactions, and Early, the payment that was
// posted before Stripe had the balance transaction.
type Settled struct {
	ID    string
	Rows  []Settling
	Early []Settling
}

// Items are the balance transaction as an interval shows it: one item, and one more for each further currency that was posted by mistake.
// If some of it was posted before the interval, the items are what the interval has added; without an addition there are no items.
func (s Settled) Items(i Interval) []Item {
	before := s.until(i.From)
	within := s.until(i.To)
	if len(within.Rows) == len(before.Rows) {
		return nil
	}
	amounts := within.amounts()
	for currency, one := range before.amounts() {
		amounts[currency] = amounts[currency].plus(one, -1)
	}
	var items []Item
	for _, currency := range slices.Sorted(maps.Keys(amounts)) {
		if one := amounts[currency]; one != (Amounts{}) {
			items = append(items, within.item(currency, one))
		}
	}
	return items
}

// until is what was posted before a time.
func (s Settled) until(at time.Time) Settled {
	until := Settled{ID: s.ID, Early: s.Early}
	for _, row := range s.Rows {
		if row.Date.Before(at) {
			until.Rows = append(until.Rows, row)
		}
	}
	if len(until.Rows) == 0 {
		until.Early = nil // it has no balance transaction yet
	}
	return until
}

// last is the posting that says what the balance transaction is: the newest that is no reversal.
func (s Settled) last() Settling {
	for _, row := range slices.Backward(s.Rows) {
		if row.Type != ledger.TypeReversal {
			return row
		}
	}
	return s.Rows[len(s.Rows)-1]
}

// amounts are Stripe's gross and fee beside the net that the clearing account has moved by. Where no posting has kept Stripe's, both follow
// from the entries.
func (s Settled) amounts() map[money.Currency]Amounts {
	amounts := map[money.Currency]Amounts{}
	if len(s.Rows) == 0 {
		return amounts
	}
	last := s.last()
	for currency, derived := range s.derived() {
		if last.Balance != nil && derived.Net == 0 && currency != last.Balance.Currency {
			continue // the traveller's side of an exchange
		}
		amounts[currency] = derived
	}
	if last.Balance != nil {
		net := amounts[last.Balance.Currency].Net
		amounts[last.Balance.Currency] = Amounts{last.Balance.Amount, last.Balance.Fee, net}
	}
	return amounts
}

func (s Settled) derived() map[money.Currency]Amounts {
	amounts := map[money.Currency]Amounts{}
	for _, row := range slices.Concat(s.Early, s.Rows) {
		for n, entry := range row.Entries {
			one := amounts[entry.Currency]
			switch {
			case entry.Account == ledger.AssetStripeClearing:
				one.Net += entry.Signed()
				one.Gross += entry.Signed()
			case row.keeps(n):
				one.Fee += entry.Signed()
				one.Gross += entry.Signed()
			}
			amounts[entry.Currency] = one
		}
	}
	return amounts
}

// keeps reports whether an entry is the fee of a balance transaction. The whole of a bill is its amount.
func (s Settling) keeps(n int) bool {
	switch s.Type {
	case ledger.TypeAccountFee:
		return false
	case ledger.TypeOtherIntegration: // the fee is the second pair
		return n >= 2 && s.Entries[n].Account == ledger.AssetOtherIntegrations
	}
	return slices.Contains(ledger.FeeAccounts, s.Entries[n].Account)
}

func (s Settled) item(currency money.Currency, amounts Amounts) Item {
	last := s.last()
	item := Item{
		ID: s.ID, CreatedAt: last.Effective.At, Currency: currency, Amounts: amounts, Category: last.category(),
		PaymentIntent: last.PaymentIntentID, Reference: last.Reference, LedgerID: last.ID, PostedAt: last.PostedAt, Period: last.Period,
	}
	if last.Balance != nil {
		item.AvailableOn, item.SourceID = last.Balance.AvailableOn, last.Balance.SourceID
	} else if slices.Contains(typesOfSource, last.Type) {
		item.SourceID = last.ObjectID
	}
	if item.Reference != "" && (item.Category == categoryCharge || item.Category == categoryRefund) {
		item.CustomerFacing = s.facing(money.Money{Value: amounts.Gross, Currency: currency})
	}
	return item
}

func (s Settling) category() string {
	switch {
	case s.Balance != nil:
		return s.Balance.ReportingCategory
	case s.Type == ledger.TypeAccountFee && slices.ContainsFunc(s.Entries, isFeeTax):
		return booking.CategoryTax
	}
	return categoryOf[s.Type]
}

func isFeeTax(e ledger.Entry) bool { return e.Account == ledger.ExpenseFeeTaxes }

// facing is the amount in the traveller's currency: what was posted to the accounts of travellers.
func (s Settled) facing(gross money.Money) money.Money {
	amounts := map[money.Currency]int64{}
	for _, row := range slices.Concat(s.Early, s.Rows) {
		for _, entry := range row.Entries {
			if entry.Account.Kind() == ledger.KindLiability {
				amounts[entry.Currency] -= entry.Signed()
			}
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(amounts)) {
		if currency != gross.Currency && amounts[currency] != 0 {
			return money.Money{Value: amounts[currency], Currency: currency}
		}
	}
	return gross
}

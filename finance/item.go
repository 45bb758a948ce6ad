package finance

import (
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
)

// Item is one of Stripe's balance transactions as the ledger has it, or what an interval has changed of it. Amounts are minor units.
type Item struct {
	ID          string
	CreatedAt   time.Time
	AvailableOn time.Time
	Currency    money.Currency
	Amounts
	Category       string // Stripe's reporting category; empty when no posting says which
	SourceID       string
	CustomerFacing money.Money // in the traveller's currency; without one for anything but payments and refunds
	Payout         ItemPayout
	PaymentIntent  string
	ChargeID       string
	Reference      booking.Reference
	LedgerID       uint64 // of the last posting
	PostedAt       time.Time
	Period         ledger.Period
}

// ItemPayout is the automatic payout that pays a balance transaction out.
type ItemPayout struct {
	ID          string
	EffectiveAt time.Time // when it arrives
	TraceID     string
}

// Amounts are Stripe's three amounts of a balance transaction.
type Amounts struct{ Gross, Fee, Net int64 }

func (a Amounts) plus(b Amounts, sign int64) Amounts {
	return Amounts{a.Gross + sign*b.Gross, a.Fee + sign*b.Fee, a.Net + sign*b.Net}
}

// IsPayout reports whether the balance transaction is a payout's own, which is no activity.
func (i Item) IsPayout() bool {
	return i.Category == categoryPayout || i.Category == categoryPayoutReversal
}

// itemColumns have Stripe's names (stripe.com/docs/reports/report-types), then Farebook's.
var itemColumns = []Column{
	{"balance_transaction_id", Text},
	{"created_utc", Time},
	{"available_on_utc", Time},
	{"currency", Text},
	{"gross", Amount},
	{"fee", Amount},
	{"net", Amount},
	{"reporting_category", Text},
	{"source_id", Text},
	{"customer_facing_amount", Amount},
	{"customer_facing_currency", Text},
	{"automatic_payout_id", Text},
	{"automatic_payout_effective_at_utc", Time},
	{"payment_intent_id", Text},
	{"charge_id", Text},
	{"trace_id", Text},
	{"reference", Text},
	{"ledger_id", Count},
	{"posted_at", Time},
	{"period", Text},
}

// ItemTable is the shape of an itemised report.
func ItemTable(name string, i Interval) Table {
	return Table{Name: name + "-itemised", Interval: i, Columns: itemColumns}
}

// Row is the item as a row of ItemTable.
func (i Item) Row() Row {
	in := func(amount int64) money.Money { return money.Money{Value: amount, Currency: i.Currency} }
	var facing any
	if i.CustomerFacing.Currency != "" {
		facing = i.CustomerFacing
	}
	return Row{
		i.ID, i.CreatedAt, i.AvailableOn, string(i.Currency), in(i.Gross), in(i.Fee), in(i.Net), i.Category, i.SourceID,
		facing, string(i.CustomerFacing.Currency), i.Payout.ID, i.Payout.EffectiveAt, i.PaymentIntent, i.ChargeID, i.Payout.TraceID,
		string(i.Reference), int64(i.LedgerID), i.PostedAt, string(i.Period), //nolint:gosec // an id of a row
	}
}

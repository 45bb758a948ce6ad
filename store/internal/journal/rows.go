// Package journal reads and appends to the ledger's tables: transactions, entries, the opening and the sums over them. Each
// function takes the connection or transaction that it works in. It imports booking, ledger, ledger/seal, money, reconciliation
// and store/internal/db.
package journal

import (
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store/internal/db"
)

type row struct {
	ID                         uint64
	BookingID                  *uint64
	Type                       ledger.Type
	StripePaymentIntentID      *string
	StripeObjectID             string
	StripeBalanceTransactionID string
	OperationKey               *string
	Description                string
	PostedAt                   time.Time
	EffectiveAt                *time.Time // NULL, like its basis, in rows of older releases
	EffectiveBasis             *ledger.Basis
	Period                     *ledger.Period // NULL in rows of older releases
	SettledColumns
}

// SettledColumns are the balance transaction of a row as Stripe has it. They are NULL without one, and in rows of older releases.
type SettledColumns struct {
	ReportingCategory *string
	StripeAmount      *int64
	StripeFee         *int64
	StripeCurrency    *money.Currency
	StripeSourceID    *string
	AvailableOn       *time.Time
}

func settledOf(b *booking.BalanceTransaction) SettledColumns {
	if b == nil {
		return SettledColumns{}
	}
	category := db.Code(b.ReportingCategory)
	return SettledColumns{
		ReportingCategory: &category, StripeAmount: &b.Amount, StripeFee: &b.Fee, StripeCurrency: &b.Currency,
		StripeSourceID: db.OrNil(b.SourceID), AvailableOn: db.TimeOrNil(b.AvailableOn),
	}
}

func (r row) balance() *booking.BalanceTransaction {
	if r.ReportingCategory == nil || r.StripeAmount == nil || r.StripeFee == nil {
		return nil
	}
	return &booking.BalanceTransaction{
		ID: r.StripeBalanceTransactionID, Amount: *r.StripeAmount, Fee: *r.StripeFee, Net: *r.StripeAmount - *r.StripeFee,
		Currency: db.OrEmpty(r.StripeCurrency), ReportingCategory: *r.ReportingCategory, AvailableOn: db.TimeOrZero(r.AvailableOn),
		SourceID: db.OrEmpty(r.StripeSourceID),
	}
}

func (row) TableName() string { return "financial_ledger" }

type entryRow struct {
	ID       uint64
	LedgerID uint64
	Account  ledger.Account
	Side     ledger.Side
	Amount   int64
	Currency money.Currency
}

func (entryRow) TableName() string { return "ledger_entries" }

// effective reads the two columns; the zero value is a row of an older release that starter migrate has not completed yet.
func (r row) effective() ledger.Effective {
	return ledger.Effective{At: db.TimeOrZero(r.EffectiveAt), Basis: db.OrEmpty(r.EffectiveBasis)}
}

// assemble joins transactions and their entries, which are by ascending id. A zero Effective means a row of an older release that
// `starter migrate` has not completed yet.
func assemble(rows []row, entries []entryRow) []seal.Transaction {
	out := make([]seal.Transaction, len(rows))
	index := make(map[uint64]int, len(rows))
	for i, r := range rows {
		index[r.ID] = i
		out[i] = seal.Transaction{
			ID: r.ID, BookingID: db.IDOrZero(r.BookingID), PostedAt: r.PostedAt,
			Transaction: ledger.Transaction{
				Type: r.Type, PaymentIntentID: db.OrEmpty(r.StripePaymentIntentID), ObjectID: r.StripeObjectID,
				BalanceTransactionID: r.StripeBalanceTransactionID, OperationKey: db.OrEmpty(r.OperationKey), Effective: r.effective(),
				Description: r.Description, Balance: r.balance(),
			},
		}
	}
	for _, entry := range entries {
		t := &out[index[entry.LedgerID]]
		t.EntryIDs = append(t.EntryIDs, entry.ID)
		t.Entries = append(t.Entries, ledger.Entry{
			Account: entry.Account, Side: entry.Side, Amount: entry.Amount, Currency: entry.Currency,
		})
	}
	return out
}

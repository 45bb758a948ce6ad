// Package journal reads and appends to the ledger's tables: transactions, entries, the opening and the sums over them. Each
// function takes the connection or transaction that it works in. It imports booking, ledger, ledger/seal, money, reconciliation
// and store/internal/db.
package journal

import (
	"time"

	"farebook/booking"
	"farebook/ledger"
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

// Transaction is a ledger transaction as stored. A zero Effective means a row of an older release that `starter migrate` has not completed
// yet.
type Transaction struct {
	ID          uint64
	PostedAt    time.Time
	Transaction ledger.Transaction
}

func assemble(reference booking.Reference, rows []row, entries []entryRow) []Transaction {
	out := make([]Transaction, len(rows))
	index := make(map[uint64]int, len(rows))
	for i, r := range rows {
		index[r.ID] = i
		out[i] = Transaction{ID: r.ID, PostedAt: r.PostedAt, Transaction: ledger.Transaction{
			Type:                 r.Type,
			Reference:            reference,
			ObjectID:             r.StripeObjectID,
			BalanceTransactionID: r.StripeBalanceTransactionID,
			OperationKey:         db.OrEmpty(r.OperationKey),
			Effective:            r.effective(),
			Description:          r.Description,
		}}
		if r.StripePaymentIntentID != nil {
			out[i].Transaction.PaymentIntentID = *r.StripePaymentIntentID
		}
	}
	for _, entry := range entries {
		t := &out[index[entry.LedgerID]].Transaction
		t.Entries = append(t.Entries, ledger.Entry{
			Account: entry.Account, Side: entry.Side,
			Amount: entry.Amount, Currency: entry.Currency,
		})
	}
	return out
}

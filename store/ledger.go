package store

import (
	"context"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/store/internal/db"
)

// LedgerTransaction is a transaction as it is in the books. The zero Effective is one of an older release that `starter migrate`
// has not completed yet.
type LedgerTransaction struct {
	ID          uint64
	PostedAt    time.Time
	Transaction ledger.Transaction
}

// Ledger reads a booking's transactions with their entries, oldest first.
func (s *Store) Ledger(ctx context.Context, reference booking.Reference) ([]LedgerTransaction, error) {
	conn := s.db.WithContext(ctx)
	var owner bookingRow
	if err := conn.Select("id").Where("reference = ?", reference).Take(&owner).Error; err != nil {
		return nil, db.NotFound(err)
	}
	var rows []ledgerRow
	if err := conn.Where("booking_id = ?", owner.ID).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	ids := make([]uint64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	var entries []entryRow
	if err := conn.Where("ledger_id IN ?", ids).Order("id").Find(&entries).Error; err != nil {
		return nil, err
	}
	return assemble(reference, rows, entries), nil
}

func assemble(reference booking.Reference, rows []ledgerRow, entries []entryRow) []LedgerTransaction {
	out := make([]LedgerTransaction, len(rows))
	index := make(map[uint64]int, len(rows))
	for i, row := range rows {
		index[row.ID] = i
		out[i] = LedgerTransaction{ID: row.ID, PostedAt: row.PostedAt, Transaction: ledger.Transaction{
			Type:                 row.Type,
			Reference:            reference,
			ObjectID:             row.StripeObjectID,
			BalanceTransactionID: row.StripeBalanceTransactionID,
			OperationKey:         db.OrEmpty(row.OperationKey),
			Effective:            row.effective(),
			Description:          row.Description,
		}}
		if row.StripePaymentIntentID != nil {
			out[i].Transaction.PaymentIntentID = *row.StripePaymentIntentID
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

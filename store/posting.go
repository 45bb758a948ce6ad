package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/ledger"
)

// post writes what the ledger lacks for a payment that succeeded: the payment once, and Stripe's fee once, together with
// it or later. The booking's lock keeps others out meanwhile; idx_ledger_unique_stripe_entry stands behind it.
func (r *recording) post(snapshot booking.PaymentSnapshot) error {
	if snapshot.PaymentStatus() != booking.PaymentSucceeded {
		return nil
	}
	posted, err := r.posted(ledger.TypePayment, snapshot.PaymentIntentID)
	if err != nil {
		return err
	}
	switch {
	case !posted:
		transaction, err := ledger.Payment(snapshot)
		if err != nil {
			return err
		}
		if err := r.insert(transaction); err != nil {
			return err
		}
		return r.settled(snapshot)
	case r.payment.FeePosted || snapshot.Balance == nil:
		return nil
	}
	transaction, err := ledger.Fee(snapshot)
	if err != nil {
		return err
	}
	if len(transaction.Entries) > 0 {
		if err := r.insert(transaction); err != nil {
			return err
		}
	}
	return r.settled(snapshot)
}

// settled posts what belongs to a balance transaction that is in the books now: the part of an authorisation that was
// not captured, which Stripe takes back by a second one.
func (r *recording) settled(snapshot booking.PaymentSnapshot) error {
	if snapshot.Reversal != nil {
		rest, err := ledger.PartialCapture(snapshot)
		if err != nil {
			return err
		}
		if err := r.insert(rest); err != nil {
			return err
		}
	}
	return r.noteFee(snapshot.Balance != nil)
}

func (r *recording) posted(kind ledger.Type, paymentIntentID string) (bool, error) {
	var row ledgerRow
	err := r.tx.Select("id").Where("booking_id = ? AND type = ? AND stripe_payment_intent_id = ?",
		r.booking.ID, string(kind), paymentIntentID).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (r *recording) insert(t ledger.Transaction) error {
	return insertTransaction(r.tx, r.now, &r.booking.ID, t)
}

// insertTransaction appends to the ledger; bookingID is nil for what belongs to no booking.
func insertTransaction(tx *gorm.DB, now time.Time, bookingID *uint64, t ledger.Transaction) error {
	if err := t.Validate(); err != nil { // the last gate: nothing unbalanced passes, whichever rule made it
		return err
	}
	row := ledgerRow{
		BookingID:                  bookingID,
		Type:                       string(t.Type),
		StripePaymentIntentID:      orNil(t.PaymentIntentID),
		StripeObjectID:             t.ObjectID,
		StripeBalanceTransactionID: t.BalanceTransactionID,
		OperationKey:               orNil(t.OperationKey),
		Description:                t.Description,
		PostedAt:                   now,
	}
	if err := tx.Create(&row).Error; err != nil {
		return err
	}
	entries := make([]entryRow, len(t.Entries))
	for i, entry := range t.Entries {
		entries[i] = entryRow{
			LedgerID: row.ID, Account: string(entry.Account), Side: string(entry.Side),
			Amount: entry.Amount, Currency: string(entry.Currency),
		}
	}
	return tx.Create(&entries).Error
}

func (r *recording) noteFee(posted bool) error {
	if !posted {
		return nil
	}
	r.payment.FeePosted = true
	return r.tx.Model(&r.payment).Updates(map[string]any{"fee_posted": true, "updated_at": r.now}).Error
}

// LedgerTransaction is a transaction as it stands in the books.
type LedgerTransaction struct {
	ID          uint64
	PostedAt    time.Time
	Transaction ledger.Transaction
}

// Ledger reads a booking's transactions with their entries, oldest first.
func (s *Store) Ledger(ctx context.Context, reference booking.Reference) ([]LedgerTransaction, error) {
	db := s.db.WithContext(ctx)
	var owner bookingRow
	if err := db.Select("id").Where("reference = ?", string(reference)).Take(&owner).Error; err != nil {
		return nil, notFound(err)
	}
	var rows []ledgerRow
	if err := db.Where("booking_id = ?", owner.ID).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	ids := make([]uint64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	var entries []entryRow
	if err := db.Where("ledger_id IN ?", ids).Order("id").Find(&entries).Error; err != nil {
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
			Type:                 ledger.Type(row.Type),
			Reference:            reference,
			ObjectID:             row.StripeObjectID,
			BalanceTransactionID: row.StripeBalanceTransactionID,
			OperationKey:         orEmpty(row.OperationKey),
			Description:          row.Description,
		}}
		if row.StripePaymentIntentID != nil {
			out[i].Transaction.PaymentIntentID = *row.StripePaymentIntentID
		}
	}
	for _, entry := range entries {
		t := &out[index[entry.LedgerID]].Transaction
		t.Entries = append(t.Entries, ledger.Entry{
			Account: ledger.Account(entry.Account), Side: ledger.Side(entry.Side),
			Amount: entry.Amount, Currency: booking.Currency(entry.Currency),
		})
	}
	return out
}

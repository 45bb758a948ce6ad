package journal

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/ledger"
	"farebook/store/internal/db"
)

// Append posts a transaction and reverses what was posted in its place before (see supersede). bookingID is nil for a transaction that
// belongs to no booking. It takes the shared lock of the opening, and without a booking that of the corrections, until tx ends.
func Append(tx *gorm.DB, now time.Time, bookingID *uint64, t ledger.Transaction) error {
	if bookingID == nil && t.Type != ledger.TypeCorrection { // without a booking there is no booking's lock to keep corrections apart
		if err := LockCorrections(tx, Shared); err != nil {
			return err
		}
	}
	books, err := Opening(tx, Shared) // the opening, postings without a booking, seals and closes wait for this lock
	if err != nil {
		return err
	}
	return AppendUnder(tx, now, books, bookingID, t)
}

// AppendUnder is Append in a transaction that holds the shared lock of the opening.
func AppendUnder(tx *gorm.DB, now time.Time, books Books, bookingID *uint64, t ledger.Transaction) error {
	if err := supersede(tx, now, books, t); err != nil {
		return err
	}
	return AppendNew(tx, now, books, bookingID, t)
}

// AppendNew is AppendUnder for a transaction in whose place nothing was posted before, as a query of Superseded under the opening's lock
// has shown.
func AppendNew(tx *gorm.DB, now time.Time, books Books, bookingID *uint64, t ledger.Transaction) error {
	if t.BalanceTransactionID != "" {
		t = t.Under(books.Opening)
	}
	return insert(tx, now, books, bookingID, t)
}

func insert(tx *gorm.DB, now time.Time, books Books, bookingID *uint64, t ledger.Transaction) error {
	if err := t.Validate(); err != nil { // the last check: no unbalanced transaction is written, whatever built it
		return err
	}
	inserted := row{
		BookingID:                  bookingID,
		Type:                       t.Type,
		StripePaymentIntentID:      db.OrNil(t.PaymentIntentID),
		StripeObjectID:             t.ObjectID,
		StripeBalanceTransactionID: t.BalanceTransactionID,
		OperationKey:               db.OrNil(t.OperationKey),
		Description:                t.Description,
		PostedAt:                   now,
		EffectiveAt:                &t.Effective.At,
		EffectiveBasis:             db.OrNil(t.Effective.Basis),
		Period:                     db.OrNil(books.PeriodOf(t.Effective)),
		SettledColumns:             settledOf(t.Balance),
	}
	if err := tx.Create(&inserted).Error; err != nil {
		return err
	}
	entries := make([]entryRow, len(t.Entries))
	for i, entry := range t.Entries {
		entries[i] = entryRow{
			LedgerID: inserted.ID, Account: entry.Account, Side: entry.Side,
			Amount: entry.Amount, Currency: entry.Currency,
		}
	}
	return tx.Create(&entries).Error
}

// Superseded are the types that are reversed when an object of Farebook's own is recorded in their place.
var Superseded = append([]ledger.Type{ledger.TypeCorrection}, ledger.UnbookedTypes...)

// supersede reverses what was posted for a balance transaction before its object was recorded: an operator's correction, or a posting of
// money without a booking.
func supersede(tx *gorm.DB, now time.Time, books Books, t ledger.Transaction) error {
	if t.BalanceTransactionID == "" || slices.Contains(Superseded, t.Type) {
		return nil
	}
	var corrections []row
	err := tx.Where("stripe_balance_transaction_id = ? AND type IN ?", t.BalanceTransactionID, Superseded).
		Where("NOT EXISTS (SELECT 1 FROM financial_ledger r WHERE r.operation_key = CONCAT(?, financial_ledger.operation_key))",
			ledger.ReversalPrefix).
		Order("id").Find(&corrections).Error
	for _, posted := range corrections {
		var entries []entryRow
		if err := tx.Where("ledger_id = ?", posted.ID).Order("id").Find(&entries).Error; err != nil {
			return err
		}
		correction := assemble([]row{posted}, entries)[0].Transaction
		if posted.EffectiveAt == nil {
			correction.Effective = t.Effective // from an older release; its date is filled in later and is the same
		}
		if err := insert(tx, now, books, posted.BookingID, correction.Reverse()); err != nil {
			return err
		}
	}
	return err
}

package recon

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/ledger"
	"farebook/store"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// lockItem locks and reads an item. Error: store.ErrNotFound.
func lockItem(tx *gorm.DB, id uint64) (itemRow, error) {
	var row itemRow
	err := tx.Clauses(db.ForUpdate).Where("id = ?", id).Take(&row).Error
	return row, db.NotFound(err)
}

// resolve marks an item as resolved and keeps its earlier state, so that it can be reopened.
func resolve(tx *gorm.DB, row itemRow, note string, now time.Time) error {
	before := row.State
	if before == ItemResolved {
		before = row.stateBefore()
	}
	row.State, row.ResolvedFrom, row.Note, row.UpdatedAt = ItemResolved, &before, db.Truncate(note, 500), now
	return saveResolution(tx, &row)
}

func saveResolution(tx *gorm.DB, row *itemRow) error {
	return db.Save(tx, row, "state", "resolved_from", "note", "updated_at")
}

// ResolveItem records an operator's note on an item and posts nothing. Errors: store.ErrNotFound, and *NotCorrectableError for an item
// that is settled already.
func (r *Runs) ResolveItem(ctx context.Context, id uint64, note string, by access.Actor) error {
	now := r.db.Now()
	return r.db.InTransaction(ctx, func(tx *gorm.DB) error {
		row, err := lockItem(tx, id)
		if err != nil {
			return err
		}
		if row.State != ItemFound && row.State != ItemFailed {
			return settled(row.domain())
		}
		if err := resolve(tx, row, note, now); err != nil {
			return err
		}
		return store.AuditIn(tx, now, store.AuditEntry{Actor: by, Action: store.ActionItemResolve, Subject: itemSubject(id)})
	})
}

func settled(item Item) error {
	return &NotCorrectableError{fmt.Sprintf("item %d is %s already", item.ID, item.State)}
}

// ReopenItem takes a note back: the item, and items of other runs that were resolved as the same difference, return to their earlier
// state, and later runs find the difference as unresolved. The same reopening again is harmless while nothing has followed it. Errors:
// store.ErrNotFound, and *NotCorrectableError for an item that is not resolved or that a correction has settled.
func (r *Runs) ReopenItem(ctx context.Context, id uint64, note string, by access.Actor) error {
	now := r.db.Now()
	return r.db.InTransaction(ctx, func(tx *gorm.DB) error {
		row, err := lockItem(tx, id)
		if err != nil {
			return err
		}
		if row.State != ItemResolved {
			return reopenedBefore(tx, row, note)
		}
		corrected, err := hasCorrection(tx, row.StripeBalanceTransactionID)
		if err != nil {
			return err
		}
		if corrected {
			return &NotCorrectableError{fmt.Sprintf("item %d: a correction of %s is in the ledger, and a note cannot take it back: reconcile again",
				id, row.StripeBalanceTransactionID)}
		}
		var same []itemRow
		err = tx.Clauses(db.ForUpdate).Where("fingerprint = ? AND state = ?", row.Fingerprint, ItemResolved).Order("id").Find(&same).Error
		if err != nil {
			return err
		}
		for _, other := range same {
			if differenceOf(other.domain().Finding) != differenceOf(row.domain().Finding) {
				continue
			}
			reopened := "reopened: " + note + "; before: " + other.Note
			other.State, other.ResolvedFrom, other.Note, other.UpdatedAt = other.stateBefore(), nil, db.Truncate(reopened, 500), now
			if err := saveResolution(tx, &other); err != nil {
				return err
			}
		}
		return store.AuditIn(tx, now, store.AuditEntry{Actor: by, Action: store.ActionItemReopen, Subject: itemSubject(id), Detail: note})
	})
}

// reopenedBefore returns nil for an item that was reopened with this note, by the last entry of the audit log about it, which has the whole
// note: the item's own note is cut off. Otherwise it returns *NotCorrectableError.
func reopenedBefore(tx *gorm.DB, row itemRow, note string) error {
	var last struct{ Action, Detail string }
	err := tx.Raw("SELECT action, detail FROM audit_log FORCE INDEX (idx_audit_subject) WHERE subject = ? ORDER BY id DESC LIMIT 1",
		itemSubject(row.ID)).Scan(&last).Error
	if err != nil || store.Action(last.Action) == store.ActionItemReopen && last.Detail == note {
		return err
	}
	return &NotCorrectableError{fmt.Sprintf("item %d is %s: only a resolved item can be reopened", row.ID, row.State)}
}

// hasCorrection reports whether a correction of a balance transaction was ever posted, even one that was reversed since.
func hasCorrection(tx *gorm.DB, balanceTransactionID string) (bool, error) {
	if balanceTransactionID == "" {
		return false, nil
	}
	return journal.Has(tx, "stripe_balance_transaction_id = ? AND type = ?", balanceTransactionID, ledger.TypeCorrection)
}

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/ledger"
	"farebook/reconciliation"
)

// NotCorrectable says why no correction is posted for an item.
type NotCorrectable struct{ Reason string }

func (e *NotCorrectable) Error() string { return e.Reason }

// Correction is what a person decides about an item: There is the balance transaction as Stripe has it, nil when it has
// none, and Against is where the other side is put.
type Correction struct {
	ItemID  uint64
	There   *booking.BalanceTransaction
	Against ledger.Account
	Note    string
	By      access.Actor
}

// Item reads one item, or ErrNotFound.
func (s *Store) Item(ctx context.Context, id uint64) (Item, error) {
	var row itemRow
	err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error
	return row.domain(), notFound(err)
}

// Correct posts what makes the books agree with Stripe about an item's balance transaction, and resolves the item, in one
// transaction. The item's state and a UNIQUE operation key make a repetition harmless. It returns ErrNotFound or
// *NotCorrectable when there is nothing to correct.
func (s *Store) Correct(ctx context.Context, c Correction, now time.Time) error {
	return s.inTransaction(ctx, func(tx *gorm.DB) error {
		var row itemRow
		if err := tx.Clauses(forUpdate).Where("id = ?", c.ItemID).Take(&row).Error; err != nil {
			return notFound(err)
		}
		item := row.domain()
		// Whoever records the booking's money waits meanwhile: one of the two then sees what the other has posted.
		bookingID, err := lockOwner(tx, item.Reference)
		if err != nil {
			return err
		}
		if err := correctable(item, c); err != nil {
			return err
		}
		posted, err := postingsOf(tx.Session(&gorm.Session{NewDB: true}), []reconciliation.Line{item.Line()})
		if err != nil {
			return err
		}
		if err := postCorrection(tx, item, c, posted[item.BalanceTransactionID], bookingID, now); err != nil {
			return err
		}
		err = tx.Model(&row).Updates(map[string]any{"state": ItemResolved, "note": short(c.Note, 500), "updated_at": now}).Error
		if err != nil {
			return err
		}
		return audit(tx, now, AuditEntry{
			Actor: c.By, Action: ActionItemPost, Subject: itemSubject(c.ItemID), BookingID: bookingID,
			Detail: fmt.Sprintf("%s against %s", item.BalanceTransactionID, c.Against),
		})
	})
}

func itemSubject(id uint64) string { return fmt.Sprintf("item/%d", id) }

// ResolveItem records that a person has dealt with an item. It returns ErrNotFound, or *NotCorrectable for one that is
// settled already.
func (s *Store) ResolveItem(ctx context.Context, id uint64, note string, by access.Actor) error {
	err := s.inTransaction(ctx, func(tx *gorm.DB) error {
		if err := settleItem(tx, id, ItemResolved, note); err != nil {
			return err
		}
		return audit(tx, time.Now().UTC(), AuditEntry{Actor: by, Action: ActionItemResolve, Subject: itemSubject(id)})
	})
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	item, err := s.Item(ctx, id)
	if err != nil {
		return err
	}
	return settled(item)
}

func settled(item Item) error {
	return &NotCorrectable{fmt.Sprintf("item %d is %s already", item.ID, item.State)}
}

func correctable(item Item, c Correction) error {
	switch {
	case item.State != ItemFound && item.State != ItemFailed:
		return settled(item)
	case item.Healing != booking.HealNone && item.State != ItemFailed:
		return &NotCorrectable{fmt.Sprintf("item %d is healed by its own workflow (%s): reconcile, or apply its plan", item.ID, item.Healing)}
	case item.BalanceTransactionID == "" || item.Class == booking.Timing:
		return &NotCorrectable{fmt.Sprintf("item %d (%s) is about no balance transaction that could be posted", item.ID, item.Class)}
	case c.There == nil && item.Class != booking.MissingInStripe: // when it was found, Stripe had it
		return &NotCorrectable{fmt.Sprintf("item %d: Stripe does not have balance transaction %s: is STRIPE_SECRET_KEY of the same account, and of the same mode?",
			item.ID, item.BalanceTransactionID)}
	}
	return nil
}

func postCorrection(tx *gorm.DB, item Item, c Correction, posted []reconciliation.Posting, bookingID *uint64, now time.Time) error {
	clearing, fees := reconciliation.Lack(posted, c.There)
	if !lacking(clearing) && !lacking(fees) {
		return &NotCorrectable{fmt.Sprintf("item %d: the books agree with Stripe by now", item.ID)}
	}
	transaction, err := ledger.Correction(ledger.Correcting{
		ItemID: item.ID, Reference: item.Reference, PaymentIntentID: item.PaymentIntentID, BalanceTransactionID: item.BalanceTransactionID,
		Clearing: clearing, Fees: fees, Against: c.Against, Count: len(posted),
	})
	if err != nil {
		return &NotCorrectable{err.Error()}
	}
	err = insertTransaction(tx, now, bookingID, transaction)
	if duplicateKey(err) {
		return &NotCorrectable{fmt.Sprintf("item %d: somebody else is correcting the same balance transaction; reconcile again", item.ID)}
	}
	return err
}

func lacking(amounts map[booking.Currency]int64) bool {
	for _, amount := range amounts {
		if amount != 0 {
			return true
		}
	}
	return false
}

// lockOwner locks the booking that a correction belongs to; nil for what is no booking's.
func lockOwner(tx *gorm.DB, reference booking.Reference) (*uint64, error) {
	var row bookingRow
	err := tx.Clauses(forUpdate).Select("id").Where("reference = ?", string(reference)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &row.ID, err
}

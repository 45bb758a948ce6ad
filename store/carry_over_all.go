package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// CarryingOver says how a booking or a payout of an earlier release is carried over. DryRun posts nothing, and returns what would be
// posted.
type CarryingOver struct {
	DryRun bool
	Now    time.Time
}

// EarlierBooking is a booking whose ledger follows the posting rules of an earlier release.
type EarlierBooking struct {
	ID        uint64
	Reference booking.Reference
	CreatedAt time.Time
}

// EarlierBookings are a page of them, by ascending id after one. A booking that was carried over is not found again, so that a run that was
// interrupted continues with the others.
func (s *Store) EarlierBookings(ctx context.Context, after uint64, limit int) (page []EarlierBooking, err error) {
	err = s.db.WithContext(ctx).Table("bookings").Select("id, reference, created_at").
		Where("ledger_rules = ? AND id > ?", earlierRules, after).Order("id").Limit(limit).Scan(&page).Error
	return page, err
}

// errDryRun rolls back what a dry run has posted.
var errDryRun = errors.New("dry run")

// CarryOverBooking posts the correcting transactions of a booking under its lock, and returns them: none for a booking that was carried
// over, or of which nothing differs. Error: ErrNotFound.
func (s *Store) CarryOverBooking(
	ctx context.Context, reference booking.Reference, o CarryingOver,
) (posted []ledger.Transaction, err error) {
	err = s.underLock(ctx, reference, o.Now, func(b *lockedBooking) error {
		b.collected = &posted
		posted = nil // of an attempt that was rolled back
		if err := b.carryOver(); err != nil {
			return err
		}
		if o.DryRun {
			return errDryRun
		}
		return nil
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	return posted, err
}

// PayoutUnderWay is a payout that has left Stripe's balance and has neither arrived nor come back.
type PayoutUnderWay struct {
	ID             uint64
	StripePayoutID string
}

// PayoutsUnderWay are a page of them, by ascending id after one.
func (s *Store) PayoutsUnderWay(ctx context.Context, after uint64, limit int) (page []PayoutUnderWay, err error) {
	err = s.db.WithContext(ctx).Table("payouts").Select("id, stripe_payout_id").
		Where("id > ? AND posted = TRUE AND failure_posted = FALSE AND status IN ?", after, underWay).
		Order("id").Limit(limit).Scan(&page).Error
	return page, err
}

// underWay are the states of a payout under way.
var underWay = []booking.PayoutStatus{booking.PayoutPending, booking.PayoutInTransit, booking.PayoutUnknown}

// CarryOverPayout moves a payout under way that an earlier release has posted as at the bank, under its lock: UNIQUE operation key
// carry-over/<payout>. It returns what it has posted. Error: ErrNotFound.
func (s *Store) CarryOverPayout(ctx context.Context, id string, o CarryingOver) (posted []ledger.Transaction, err error) {
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		posted = nil // of an attempt that was rolled back
		var payout payoutRow
		if err := tx.Clauses(db.ForUpdate).Where("stripe_payout_id = ?", id).Take(&payout).Error; err != nil {
			return db.NotFound(err)
		}
		inTransit, err := journal.InTransit(tx, id)
		isUnderWay := payout.Posted && !payout.FailurePosted && payout.Status != booking.PayoutPaid
		if err != nil || !isUnderWay || len(inTransit) > 0 || payout.Amount == 0 {
			return err
		}
		t, err := ledger.PayoutCarriedOver(id, map[money.Currency]int64{payout.Currency: -payout.Amount},
			ledger.Effective{At: o.Now, Basis: ledger.ByPosting})
		if err != nil {
			return err
		}
		posted = []ledger.Transaction{t}
		if o.DryRun {
			return nil
		}
		return journal.Append(tx, o.Now, nil, t)
	})
	return posted, err
}

package privacy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/internal/failpoint"
	"farebook/privacy"
	"farebook/store"
	"farebook/store/internal/db"
)

// againAfter is how long after the beginning of a reading a table is read from its first row again: rows that were not settled then are
// found within this time after they are.
const againAfter = 30 * 24 * time.Hour

// Retained is what one step has done.
type Retained struct {
	// Read are the rows that were looked at, and Emptied those that were changed.
	Read, Emptied int64
	// Done reports that no row of the table is old enough beyond those that were looked at.
	Done bool
}

// progressRow is how far the reading of a table is.
type progressRow struct {
	Subject string
	DoneTo  uint64
	BeganAt time.Time
}

func (progressRow) TableName() string { return "retention_progress" }

// aged is a row of any table that is kept for a time.
type aged struct {
	ID  uint64
	Age time.Time
}

// Retain empties the texts of the next rows of a table that are older than period, limit at most, in one transaction. Bookings are erased
// instead, as by Erase, one transaction each; those that are open are left. by is who the audit log names for them.
func (b *Books) Retain(ctx context.Context, table string, period time.Duration, limit int, by access.Actor) (Retained, error) {
	known := privacy.ByName(table)
	if known.Kept.Group == "" {
		return Retained{}, fmt.Errorf("%s has no period", table)
	}
	var done Retained
	failpoint.Hit("before-retention-step")
	err := b.db.InTransaction(ctx, func(tx *gorm.DB) error {
		now := b.store.Now()
		progress, err := lockProgress(tx, table, now)
		if err != nil {
			return err
		}
		done, err = b.retain(ctx, tx, known, &progress, now.Add(-period), limit, by)
		if err != nil {
			return err
		}
		if done.Done && now.Sub(progress.BeganAt) > againAfter {
			progress.DoneTo, progress.BeganAt = 0, now
		}
		return tx.Model(&progressRow{}).Where("subject = ?", table).
			Updates(map[string]any{"done_to": progress.DoneTo, "began_at": progress.BeganAt}).Error
	})
	failpoint.Hit("after-retention-step")
	return done, err
}

// lockProgress lets one step at a time work on a table.
func lockProgress(tx *gorm.DB, table string, now time.Time) (progressRow, error) {
	err := tx.Exec("INSERT IGNORE INTO retention_progress (subject, done_to, began_at) VALUES (?, 0, ?)", table, now).Error
	if err != nil {
		return progressRow{}, err
	}
	var progress progressRow
	err = tx.Clauses(db.ForUpdate).Where("subject = ?", table).Take(&progress).Error
	return progress, err
}

func (b *Books) retain(ctx context.Context, tx *gorm.DB, table privacy.Table, progress *progressRow, cutoff time.Time, limit int,
	by access.Actor,
) (Retained, error) {
	var rows []aged
	err := tx.Table(table.Name).Select("id, "+table.Kept.Age+" AS age").Where("id > ?", progress.DoneTo).Order("id").Limit(limit).
		Scan(&rows).Error
	if err != nil {
		return Retained{}, err
	}
	done := Retained{Done: len(rows) < limit}
	for i, row := range rows {
		if !row.Age.Before(cutoff) {
			rows, done.Done = rows[:i], true
			break
		}
	}
	if len(rows) == 0 {
		return Retained{Done: true}, nil
	}
	done.Read = int64(len(rows))
	first, last := rows[0].ID, rows[len(rows)-1].ID
	progress.DoneTo = last
	if table.Kept.Group == privacy.Travellers {
		done.Emptied, err = b.eraseOld(ctx, tx, table, first, last, cutoff, by)
		return done, err
	}
	old := emptying(tx, table).Where("id BETWEEN ? AND ?", first, last).Where(table.Kept.Age+" < ?", cutoff)
	done.Emptied, err = emptied(subject{}.where(old, table.Kept.Settled, cutoff), table)
	return done, err
}

// eraseOld erases the bookings of a range whose flight departed before cutoff. Each has its own transaction: a step that is repeated finds
// those that are erased.
func (b *Books) eraseOld(ctx context.Context, tx *gorm.DB, table privacy.Table, first, last uint64, cutoff time.Time, by access.Actor,
) (count int64, err error) {
	var rows []bookingRow
	err = subject{}.where(tx.Where("id BETWEEN ? AND ?", first, last), table.Kept.Settled, cutoff).Order("id").Find(&rows).Error
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		departs, err := departureOf(row)
		if err != nil {
			return count, err
		}
		if !departs.Before(cutoff) {
			continue
		}
		_, err = b.Erase(ctx, row.Reference, by)
		var open *OpenError
		switch {
		case errors.As(err, &open), errors.Is(err, store.ErrNotFound):
		case err != nil:
			return count, err
		default:
			count++
		}
	}
	return count, nil
}

package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the books keep their time zone on images without one
)

// rezonePass is the back-fill that gives transactions their months in another time zone.
const rezonePass = "ledger-period-zone"

// The months of which the first moment may be that of another month in UTC. Effective dates come from Stripe, whose first year this is.
const (
	firstYear = 2010
	// yearsAhead covers the dates that an operator gives.
	yearsAhead = 3
)

// FixedZoneError refuses another time zone of the books after a month was closed.
type FixedZoneError struct{ Asked, Fixed string }

func (e *FixedZoneError) Error() string {
	return fmt.Sprintf("BOOKS_TIME_ZONE is %s: the first close has fixed the time zone of the books as %s; leave it out, or name that one",
		e.Asked, e.Fixed)
}

// setZone sets the time zone of the books when another one is asked for and no month is closed, and returns the one that holds. Whoever
// posts shares the lock of the row, so that every transaction of the earlier time zone is committed when the row is read. The pass over
// those is noted in the same transaction, so that it is made whatever ends this run.
func (r *run) setZone(ctx context.Context, asked string) (*time.Location, error) {
	var zone string
	err := r.inTransaction(ctx, func(tx *sql.Tx) error {
		var firstOpen sql.NullString
		err := tx.QueryRowContext(ctx, "SELECT COALESCE(books_zone, 'UTC'), first_open FROM ledger_opening WHERE id = 1 FOR UPDATE").
			Scan(&zone, &firstOpen)
		if err != nil || asked == "" || asked == zone {
			return err
		}
		if firstOpen.Valid {
			return &FixedZoneError{asked, zone}
		}
		zone = asked
		return rezone(ctx, tx, asked)
	})
	if err != nil {
		return nil, err
	}
	return time.LoadLocation(zone)
}

func rezone(ctx context.Context, tx *sql.Tx, zone string) error {
	var last int64
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM financial_ledger").Scan(&last); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "UPDATE ledger_opening SET books_zone = ?, rezone_to = ? WHERE id = 1", zone, last)
	if err != nil || last == 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO backfills (name, first_id, next_id, last_id, filled_rows, started_at) VALUES (?, 1, 1, ?, 0,
		UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE first_id = 1, next_id = 1, last_id = ?, filled_rows = 0, started_at = UTC_TIMESTAMP(6),
		finished_at = NULL`, rezonePass, last, last)
	return err
}

// missingPeriods gives transactions of an older release their period: the month in which they take effect, or the first open one.
func missingPeriods(zone *time.Location) string {
	return "UPDATE financial_ledger l JOIN ledger_opening o ON o.id = 1 SET l.period = GREATEST(" + monthIn(zone) +
		", COALESCE(o.first_open, '')) WHERE l.id BETWEEN ? AND ? AND l.period IS NULL AND l.effective_at IS NOT NULL"
}

// otherPeriods gives transactions their months in another time zone, while no month is closed.
func otherPeriods(zone *time.Location) string {
	return "UPDATE financial_ledger l JOIN ledger_opening o ON o.id = 1 AND o.first_open IS NULL SET l.period = " + monthIn(zone) +
		" WHERE l.id BETWEEN ? AND ? AND l.effective_at IS NOT NULL AND l.period <> " + monthIn(zone)
}

// monthIn is the SQL expression of the month of l.effective_at in a time zone. The server may not know time zones by name, so that the
// first moment of each month is in the expression.
func monthIn(zone *time.Location) string {
	const month = "DATE_FORMAT(l.effective_at, '%Y-%m')"
	if zone == time.UTC {
		return month
	}
	var out strings.Builder
	out.WriteString("CASE WHEN l.effective_at < " + moment(time.Date(firstYear, 1, 1, 0, 0, 0, 0, zone)) + " THEN " + month)
	last := time.Now().Year() + yearsAhead
	for at := time.Date(firstYear, 1, 1, 0, 0, 0, 0, zone); at.Year() <= last; at = at.AddDate(0, 1, 0) {
		fmt.Fprintf(&out, " WHEN l.effective_at < %s THEN '%s'", moment(at.AddDate(0, 1, 0)), at.Format("2006-01"))
	}
	return out.String() + " ELSE " + month + " END"
}

func moment(at time.Time) string { return "'" + at.UTC().Format("2006-01-02 15:04:05") + "'" }

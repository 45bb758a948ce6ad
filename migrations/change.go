package migrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"farebook/internal/sqlerror"
)

// change is one statement of a migration.
type change struct {
	migration    string // "0041_a", the file without its ending
	step, steps  int    // from 1
	verb, table  string // "CREATE INDEX", "bookings"
	rows         int64  // that the table has, by the server's estimate; 0 for one that is new or empty
	statement    string
	mayBeApplied bool // a run that was interrupted at this statement may have applied it
}

// verbs are the statements that migrations consist of, with the table that each is about.
var verbs = regexp.MustCompile(`(?i)^\s*(?:(CREATE TABLE|ALTER TABLE|DROP TABLE|INSERT INTO|UPDATE)\s+(\w+)` +
	`|(CREATE|DROP) (?:UNIQUE )?(INDEX) \w+\s+ON (\w+))`)

func newChange(migration string, step, steps int, statement string) change {
	c := change{migration: migration, step: step, steps: steps, statement: statement}
	if found := verbs.FindStringSubmatch(statement); found != nil {
		c.verb, c.table = found[1], found[2]
		if found[3] != "" {
			c.verb, c.table = found[3]+" "+found[4], found[5]
		}
	}
	return c
}

// task names the statement for people.
func (c change) task() string {
	task := fmt.Sprintf("migration %s, statement %d of %d: %s %s", c.migration, c.step, c.steps, c.verb, c.table)
	if c.rows > 0 {
		task += " (about " + amount(c.rows) + " rows)"
	}
	return task
}

// applied are the errors that say that a statement has been applied before. The servers apply a statement of DDL whole or not at all.
var applied = map[string][]uint16{
	"CREATE TABLE": {1050},
	"DROP TABLE":   {1051},
	"ALTER TABLE":  {1060, 1061, 1091, 1826}, // a column, an index or a constraint exists, or is gone
	"CREATE INDEX": {1061},
	"DROP INDEX":   {1091},
	"INSERT INTO":  {1062},
}

// wasApplied tells that err is about the statement having been applied by a run that was interrupted before it noted that.
func (c change) wasApplied(err error) bool {
	return c.mayBeApplied && isNumber(err, applied[c.verb]...)
}

// Error numbers of MySQL and MariaDB.
const (
	errLockWaitTimeout = 1205
	errDeadlock        = 1213
)

func isNumber(err error, numbers ...uint16) bool {
	return slices.Contains(numbers, sqlerror.Number(err))
}

// estimateRows is about how many rows the table of a statement has, without reading it; 0 for one that does not exist yet.
func estimateRows(ctx context.Context, db *sql.DB, c change) (int64, error) {
	if c.verb == "CREATE TABLE" || c.verb == "INSERT INTO" {
		return 0, nil // they take no longer on a large table
	}
	var rows sql.NullInt64
	err := db.QueryRowContext(ctx,
		"SELECT table_rows FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?", c.table).Scan(&rows)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return rows.Int64, err
}

// Package bigbooks fills an empty, migrated database with the books of years: bookings, and all rows that follow from them, in their
// usual shares (kinds.go). It writes by SQL, one statement a table, because the recorders of store/ would need days for the bookings
// that it writes in minutes. The rows are consistent: the promises of store/proof hold on them. Equal options write equal rows.
// It imports booking, store and the MySQL driver.
package bigbooks

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Options say how many bookings to write, and how they are spread over time.
type Options struct {
	Bookings int
	// PerDay is how many bookings were taken a day; zero for UsualPerDay. The time before Now that the books cover follows from it:
	// with the same rate, more bookings are a longer history, and the last week has as many rows.
	PerDay int
	// Now is the time of the newest booking; zero for the present.
	Now time.Time
	// Progress is called after each table with the rows of it that were written; nil for nobody.
	Progress func(table string, rows int64, took time.Duration)
}

const (
	// LeastBookings is the smallest number that has a booking of each kind, and work of each kind that is not done yet.
	LeastBookings = 2_000
	// UsualPerDay is how many bookings were taken a day, unless Options say otherwise.
	UsualPerDay = 400
	// PerClient is how many bookings each client has.
	PerClient = 1_000
)

// Fill writes the books into the database that adminDSN and appDSN name, as its administrator, and seals the ledger as the application.
// The database has to be migrated and without bookings.
func Fill(ctx context.Context, adminDSN, appDSN string, o Options) error {
	if o.Bookings < LeastBookings {
		return fmt.Errorf("cannot write the books of %d bookings: ask for %d at least", o.Bookings, LeastBookings)
	}
	o.PerDay, o.Now = cmp.Or(o.PerDay, UsualPerDay), cmp.Or(o.Now, time.Now()).UTC().Truncate(time.Second)
	if o.Progress == nil {
		o.Progress = func(string, int64, time.Duration) {}
	}
	config, err := mysql.ParseDSN(adminDSN)
	if err != nil {
		return fmt.Errorf("parse the administrator's DSN: %w", err)
	}
	config.InterpolateParams, config.ParseTime = true, true
	config.Params = map[string]string{"time_zone": "'+00:00'", "unique_checks": "0", "foreign_key_checks": "0"}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }() // everything is committed by then
	f := &filler{Options: o, db: db}
	if err := f.fill(ctx); err != nil {
		return err
	}
	began := time.Now()
	sealed, err := seal(ctx, appDSN, db)
	if err != nil {
		return fmt.Errorf("seal the ledger: %w", err)
	}
	o.Progress("ledger_seals", sealed, time.Since(began))
	return nil
}

// filler writes one database.
type filler struct {
	Options
	db *sql.DB
}

// statement is one statement of the filling. SQL in braces is replaced by an expression (expressions).
type statement struct{ table, sql string }

// fill writes all tables but the seals. Scratch tables hold what several statements derive rows from.
func (f *filler) fill(ctx context.Context) error {
	var known bool
	if err := f.db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM bookings)").Scan(&known); err != nil {
		return fmt.Errorf("read the bookings of the database, which has to be migrated: %w", err)
	}
	if known {
		return fmt.Errorf("the database has bookings already: fill an empty one")
	}
	if err := f.number(ctx); err != nil {
		return err
	}
	var all []statement
	for _, some := range [][]statement{
		scratch(), clientTables, bookingTables, ledgerTables, moneyBackTables, messageTables, operatorTables, dropScratch,
	} {
		all = append(all, some...)
	}
	for _, s := range all {
		if err := f.run(ctx, s); err != nil {
			return err
		}
	}
	// The optimizer chooses by statistics, which the server would bring up to date at a time of its choice.
	return f.run(ctx, statement{"statistics", "ANALYZE TABLE " + strings.Join(FilledTables, ", ")})
}

// run executes a statement and reports the rows that it has written.
func (f *filler) run(ctx context.Context, s statement) error {
	began := time.Now()
	result, err := f.db.ExecContext(ctx, f.expressions().Replace(s.sql))
	if err != nil {
		return fmt.Errorf("fill %s: %w", s.table, err)
	}
	if rows, err := result.RowsAffected(); err == nil && rows > 0 {
		f.Progress(s.table, rows, time.Since(began))
	}
	return nil
}

// FilledTables are those that Fill writes, beside ledger_seals.
var FilledTables = []string{
	"api_clients", "api_keys", "attention_items", "attention_steps", "audit_log", "bookings", "disputes", "emails", "financial_ledger",
	"idempotency_keys", "imported_bookings", "ledger_entries", "moved_amounts", "payment_twins", "payments", "payouts", "proposals",
	"reconciliation_items", "reconciliation_runs", "refunds", "stripe_events", "webhook_deliveries", "webhook_endpoints",
}

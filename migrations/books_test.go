package migrations_test

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/bigbooks"
	"farebook/internal/dev/testdb"
	"farebook/ledger/seal"
	"farebook/migrations"
	"farebook/store"
)

// The default is the schema of the previous release (test/previous-release); `make matrix` migrates all books of each version.
var (
	from  = flag.String("from", "20", "versions of the schema whose books are migrated, such as 6-10,20")
	every = flag.Int("every", 20, "one in how many bookings without refund or dispute is migrated")
)

// The books of a version of the schema come to this one: no row, no state and no amount of money differs afterwards, earlier transactions
// of the ledger stay as they are, and all promises hold, before and after the ledger is carried over.
func TestBooksOfEachVersionAreMigrated(t *testing.T) {
	t.Parallel()
	newest := testdb.New(t)
	require.NoError(t, bigbooks.Fill(t.Context(), newest.AdminDSN, newest.AppDSN, bigbooks.Options{Bookings: bigbooks.LeastBookings}))
	for _, version := range versionsFrom(t) {
		t.Run(fmt.Sprintf("%04d", version), func(t *testing.T) {
			db := testdb.Empty(t)
			require.NoError(t, migrations.UpTo(t.Context(), db.AdminDSN, db.AppDSN, version))
			rows := copyBooks(t, newest, db)
			figures := figuresOf(t, db)
			want := read(t, db, figures)
			require.NoError(t, migrations.Up(t.Context(), db.AdminDSN, db.AppDSN))
			db.Open(t)
			db.Fill(t)
			require.Equal(t, want, read(t, db, figures), "after the migration")
			requirePromises(t, db)
			posted := carryOver(t, db)
			require.Equal(t, want, read(t, db, figures), "after the ledger was carried over")
			requirePromises(t, db)
			t.Logf("%d rows of %d tables; %d transactions carried the ledger over", rows, len(want), posted)
		})
	}
}

// versionsFrom are the versions that the flag names.
func versionsFrom(t *testing.T) (selected []int64) {
	t.Helper()
	known, err := migrations.Versions()
	require.NoError(t, err)
	for part := range strings.SplitSeq(*from, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		lowest, err := strconv.ParseInt(first, 10, 64)
		require.NoError(t, err, "-from")
		highest, err := strconv.ParseInt(last, 10, 64)
		require.NoError(t, err, "-from")
		for _, version := range known {
			if version >= lowest && version <= highest {
				selected = append(selected, version)
			}
		}
	}
	require.NotEmpty(t, selected, "-from names no version")
	return selected
}

// figure is what must not differ of a table: its rows, and their sums by what tells them apart.
type figure struct {
	table, query string
	last         int // the id up to which rows are counted
}

// sums are the amounts of tables, in minor units, by currency and whatever else must stay.
var sums = map[string]string{
	"bookings": "status, currency, amount",
	"payments": "status, currency, amount, amount_captured, amount_refunded, amount_charged_back, fee_posted",
	"refunds":  "status, currency, amount, origin, posted, failure_posted",
	"disputes": "status, currency, amount, withheld, loss",
	"payouts":  "status, currency, amount, posted, failure_posted",
	"financial_ledger": "type, booking_id, stripe_payment_intent_id, stripe_object_id, stripe_balance_transaction_id, operation_key, " +
		"posted_at",
	"ledger_entries":   "ledger_id, account, side, currency, amount",
	"emails":           "status, kind, dedupe_key, message_id",
	"stripe_events":    "type, stripe_event_id, processed, object_id",
	"idempotency_keys": "idempotency_key, request_sha256, answer_status, answer_body",
}

// figuresOf are the figures of all tables with books.
func figuresOf(t *testing.T, db *testdb.DB) (figures []figure) {
	t.Helper()
	for _, table := range tablesOf(t, db) {
		figures = append(figures, newFigure(t, db, table))
	}
	return figures
}

// read reads figures, by table.
func read(t *testing.T, db *testdb.DB, figures []figure) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, one := range figures {
		values[one.table] = db.Text(t, one.query, one.last)
	}
	return values
}

// newFigure is the figure of a table: a digest and the sums of the columns in sums that it has, otherwise the number of its rows.
func newFigure(t *testing.T, db *testdb.DB, table string) figure {
	t.Helper()
	names, known := sums[table]
	if !known {
		return figure{table: table, query: "SELECT COUNT(*) FROM " + table + " WHERE ? IS NOT NULL"}
	}
	columns := columnsOf(t, db, table)
	present := slices.DeleteFunc(strings.Split(names, ", "), func(name string) bool { return !slices.Contains(columns, name) })
	digest := "COALESCE(SUM(CRC32(CONCAT_WS('|', COALESCE(" + strings.Join(present, ", '-'), COALESCE(") + ", '-')))), 0)"
	parts := []string{"COUNT(*)", digest}
	for _, name := range present {
		if strings.HasPrefix(name, "amount") {
			parts = append(parts, "COALESCE(SUM("+name+"), 0)")
		}
	}
	return figure{
		table: table, last: db.Count(t, "SELECT COALESCE(MAX(id), 0) FROM "+table),
		query: "SELECT CONCAT_WS(' ', " + strings.Join(parts, ", ") + ") FROM " + table + " WHERE id <= ?",
	}
}

// carryOver does what `starter ledger carry-over` does, and returns how many transactions it posted.
func carryOver(t *testing.T, db *testdb.DB) (posted int) {
	t.Helper()
	how := store.CarryingOver{Now: db.Clock.Now()}
	for {
		page, err := db.Store.EarlierBookings(t.Context(), 0, 1000)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, one := range page {
			transactions, err := db.Store.CarryOverBooking(t.Context(), one.Reference, how)
			require.NoError(t, err)
			posted += len(transactions)
		}
	}
	payouts, err := db.Store.PayoutsUnderWay(t.Context(), 0, 1000)
	require.NoError(t, err)
	for _, one := range payouts {
		transactions, err := db.Store.CarryOverPayout(t.Context(), one.StripePayoutID, how)
		require.NoError(t, err)
		posted += len(transactions)
	}
	return posted
}

func requirePromises(t *testing.T, db *testdb.DB) {
	t.Helper()
	for _, promise := range db.Promises(t) {
		require.True(t, promise.Held, "promise %d, %s: %s", promise.Number, promise.Text, promise.Detail)
	}
	chain, err := db.Store.VerifyChain(t.Context(), func(seal.Seal) {})
	require.NoError(t, err)
	require.True(t, chain.Holds(), "%v", chain.Broken)
}

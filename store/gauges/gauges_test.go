package gauges_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/money"
	"farebook/store/gauges"
)

// at writes a time as SQL takes it.
func at(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000000") }

func read(t *testing.T, r *gauges.Reader) gauges.Reading {
	t.Helper()
	reading, err := r.Read(t.Context())
	require.NoError(t, err)
	return reading
}

func in(t *testing.T, states []gauges.Open, state string) gauges.Open {
	t.Helper()
	for _, one := range states {
		if one.State == state {
			return one
		}
	}
	require.Fail(t, "no such state", "%s in %v", state, states)
	return gauges.Open{}
}

// Open work is counted by state with the age of its oldest; what is settled is not counted.
func TestOpenWorkIsCountedByState(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	r, now := gauges.New(db.Store), db.Clock.Now().Truncate(time.Second)
	require.Zero(t, in(t, read(t, r).Emails, "queued").Count)
	for i, email := range []struct{ status, age string }{{"sent", "9h"}, {"queued", "2h"}, {"queued", "1h"}, {"held", "3h"}} {
		age, err := time.ParseDuration(email.age)
		require.NoError(t, err)
		db.Exec(t, "INSERT INTO emails (kind, dedupe_key, message_id, status, created_at) VALUES ('payout_failed', ?, ?, ?, ?)",
			i, i, email.status, at(now.Add(-age)))
		db.Exec(t, `INSERT INTO stripe_events (stripe_event_id, type, api_version, object_id, livemode, booking_reference, payload, state, processed,
			stripe_created_at, received_at) VALUES (?, 'payout.paid', '', 'po_1', 0, '', '', ?, ?, ?, ?)`,
			i, map[string]string{"sent": "processed", "queued": "received", "held": "failed"}[email.status], email.status == "sent",
			at(now), at(now.Add(-age)))
	}
	for _, closed := range []any{nil, nil, at(now)} {
		db.Exec(t, "INSERT INTO attention_items (kind, subject, text, opened_at, closed_at) VALUES ('late_money', UUID(), '', ?, ?)",
			at(now.Add(-time.Hour)), closed)
	}
	reading := read(t, r)
	require.Equal(t, gauges.Open{State: "queued", Count: 2, Oldest: now.Add(-2 * time.Hour)}, in(t, reading.Emails, "queued"))
	require.Equal(t, gauges.Open{State: "held", Count: 1, Oldest: now.Add(-3 * time.Hour)}, in(t, reading.Emails, "held"))
	require.Equal(t, gauges.Open{State: "received", Count: 2, Oldest: now.Add(-2 * time.Hour)}, in(t, reading.Events, "received"))
	require.Equal(t, gauges.Open{State: "failed", Count: 1, Oldest: now.Add(-3 * time.Hour)}, in(t, reading.Events, "failed"))
	require.Equal(t, gauges.Open{State: "late_money", Count: 2, Oldest: now.Add(-time.Hour)}, in(t, reading.Attention, "late_money"))
	require.Zero(t, in(t, reading.Attention, "refund_failed").Count)
	require.Len(t, reading.Emails, 2, "only states that are open")
}

// post inserts a ledger transaction with entries of account, side, amount and currency.
func post(t *testing.T, db *testdb.DB, entries ...[4]any) {
	t.Helper()
	now := at(db.Clock.Now())
	db.Exec(t, `INSERT INTO financial_ledger (type, operation_key, description, posted_at, effective_at, effective_basis)
		VALUES ('correction', UUID(), 'a test', ?, ?, 'person')`, now, now)
	for _, e := range entries {
		db.Exec(t, `INSERT INTO ledger_entries (ledger_id, account, side, amount, currency)
			SELECT MAX(id), ?, ?, ?, ? FROM financial_ledger`, e[:]...)
	}
}

// A posting that does not balance shows at once, still shows after it was sealed, and in a process that starts afterwards, and until a
// posting makes up for it.
func TestImbalanceShowsUntilItIsMadeUpFor(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	r := gauges.New(db.Store)
	require.Empty(t, read(t, r).Imbalance)
	post(t, db, [4]any{"asset:stripe_clearing", "debit", 500, "USD"}, [4]any{"liability:unearned_revenue", "credit", 500, "USD"})
	require.Equal(t, int64(0), read(t, r).Imbalance["USD"])
	post(t, db, [4]any{"asset:stripe_clearing", "debit", 7, "EUR"})
	require.Equal(t, int64(7), read(t, r).Imbalance["EUR"])
	require.False(t, read(t, r).Unsealed.IsZero())
	_, sealed, err := db.Store.SealLedger(t.Context())
	require.NoError(t, err)
	require.True(t, sealed)
	for _, reader := range []*gauges.Reader{r, gauges.New(db.Store)} {
		reading := read(t, reader)
		require.Equal(t, int64(7), reading.Imbalance["EUR"])
		require.Equal(t, int64(0), reading.Imbalance["USD"])
		require.True(t, reading.Unsealed.IsZero())
		require.False(t, reading.LastSeal.IsZero())
	}
	post(t, db, [4]any{"equity:adjustments", "credit", 7, "EUR"})
	require.Equal(t, int64(0), read(t, r).Imbalance["EUR"])
}

// A process that starts beside a long chain of seals adds them up over several readings, and knows at once how far the ledger is sealed.
func TestNewestSealIsKnownBeforeAllAreAddedUp(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	const seals = 2_500
	made := db.Clock.Now().Truncate(time.Second)
	values, args := make([]string, seals), make([]any, 0, 4*seals)
	for i := range seals {
		values[i] = `(?, ?, ?, 0, 0, '{"asset:stripe_clearing":{"USD":1}}', REPEAT('p', 32), REPEAT('d', 32), ?)`
		args = append(args, i+1, i+1, i+1, at(made.Add(time.Duration(i-seals+1)*time.Hour)))
	}
	db.Exec(t, `INSERT INTO ledger_seals (number, from_id, to_id, transactions, entries, sums, previous_digest, digest, sealed_at)
		VALUES `+strings.Join(values, ", "), args...)
	r := gauges.New(db.Store)
	for range 2 {
		reading := read(t, r)
		require.Equal(t, made, reading.LastSeal)
		require.True(t, reading.Unsealed.IsZero())
	}
	require.Equal(t, int64(seals), read(t, r).Imbalance["USD"])
}

// The last good full run counts: what it left open, and what it could not explain of the clearing account.
func TestFindingsAreThoseOfTheLastGoodRun(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	r, now := gauges.New(db.Store), db.Clock.Now().Truncate(time.Second)
	require.True(t, read(t, r).LastReconciliation.IsZero())
	post(t, db, [4]any{"asset:stripe_clearing", "debit", 500, "GBP"}, [4]any{"liability:unearned_revenue", "credit", 500, "GBP"})
	run := func(name, status string, ended time.Time) {
		db.Exec(t, `INSERT INTO reconciliation_runs (correlation_id, scope, dry_run, lookback_days, payment_limit, status, window_start,
			window_end, started_at, completed_at) VALUES (?, 'all', 0, 7, 0, ?, ?, ?, ?, ?)`,
			name, status, at(now), at(now), at(ended), at(ended))
	}
	item := func(name, class, object, state string, here, there int) {
		db.Exec(t, `INSERT INTO reconciliation_items (run_id, fingerprint, class, object, stripe_id, stripe_balance_transaction_id,
			stripe_payment_intent_id, booking_reference, amount_here, amount_at_stripe, currency, reason, healing, state, created_at, updated_at)
			SELECT id, UUID(), ?, ?, '', '', '', '', ?, ?, 'USD', '', '', ?, ?, ? FROM reconciliation_runs WHERE correlation_id = ?`,
			class, object, here, there, state, at(now), at(now), name)
	}
	run("old", "completed", now.Add(-2*time.Hour))
	run("good", "completed", now.Add(-time.Hour))
	run("bad", "failed", now)
	item("old", "duplicate", "payment", "found", 1, 2)
	item("good", "amount_mismatch", "clearing", "found", 900, 1000)
	item("good", "fee_mismatch", "payment", "failed", 1, 2)
	item("good", "fee_mismatch", "payment", "fixed", 1, 2)
	item("bad", "orphan_payment", "payment", "found", 1, 2)
	reading := read(t, r)
	require.Equal(t, now.Add(-time.Hour), reading.LastReconciliation)
	require.Equal(t, int64(1), reading.Findings["amount_mismatch"])
	require.Equal(t, int64(1), reading.Findings["fee_mismatch"])
	require.Zero(t, reading.Findings["duplicate"])
	require.Zero(t, reading.Findings["orphan_payment"])
	require.Equal(t, int64(-100), reading.Clearing["USD"])
	require.Contains(t, reading.Clearing, money.Currency("GBP"), "a currency without a gap shows as zero")
}

// A scrape must cost the same at any size: each statement reads its tables by an index.
func TestStatementsReadByAnIndex(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for _, statement := range gauges.Statements() {
		for _, plan := range explained(t, db, statement) {
			if plan["table"] == "" || strings.HasPrefix(plan["table"], "<") {
				continue // a derived table of at most Cap rows, or a constant
			}
			require.NotEmpty(t, plan["key"], "%s: %v", statement.SQL, plan)
			require.Contains(t, []string{"ref", "range", "eq_ref", "const"}, plan["type"], "%s: %v", statement.SQL, plan)
		}
	}
}

// explained are the rows of EXPLAIN for a statement.
func explained(t *testing.T, db *testdb.DB, statement gauges.Statement) (plans []map[string]string) {
	t.Helper()
	rows, err := db.SQL.QueryContext(t.Context(), "EXPLAIN "+statement.SQL, statement.Args...)
	require.NoError(t, err, statement.SQL)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		plans = append(plans, planOf(t, rows))
	}
	require.NoError(t, rows.Err())
	return plans
}

// planOf reads a row of EXPLAIN by its columns' names, which differ between MariaDB and MySQL.
func planOf(t *testing.T, rows *sql.Rows) map[string]string {
	t.Helper()
	names, err := rows.Columns()
	require.NoError(t, err)
	values, into := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	require.NoError(t, rows.Scan(into...))
	plan := map[string]string{}
	for i, name := range names {
		plan[name] = values[i].String
	}
	return plan
}

package testdb

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/reconciliation"
	"farebook/store/recon"
)

// RunThatFound begins a reconciliation of the last week and records what it found. It returns the items of the run.
func (db *DB) RunThatFound(t testing.TB, id string, findings ...reconciliation.Finding) []recon.Item {
	t.Helper()
	now := time.Now().UTC()
	runs := recon.New(db.Store)
	run, err := runs.BeginRun(t.Context(), recon.Run{
		CorrelationID: id, Options: reconciliation.Options{LookbackDays: 7, Scope: reconciliation.ScopeAll},
		WindowStart: now, WindowEnd: now, StartedAt: now,
	})
	require.NoError(t, err)
	require.NoError(t, runs.AddFindings(t.Context(), run.ID, findings))
	items, err := runs.Items(t.Context(), run.ID, "", 0, 100)
	require.NoError(t, err)
	return items
}

// ReconciledUntil records that a completed reconciliation has read Stripe from the beginning of 2026 to a date, and that Stripe's report of
// each month before was compared then.
func (db *DB) ReconciledUntil(t testing.TB, date string) {
	t.Helper()
	db.Exec(t, `INSERT INTO reconciliation_runs (correlation_id, scope, dry_run, lookback_days, payment_limit, status, window_start, window_end,
		started_at, completed_at) VALUES ('recon_end', 'all', FALSE, 7, 0, 'completed', '2026-01-01', ?, ?, ?)`, date, date, date)
	for month := 1; fmt.Sprintf("2026-%02d", month) < date[:len("2026-01")]; month++ {
		db.Exec(t, `INSERT INTO audit_log (at, actor, action, subject, correlation_id) VALUES (?, 'carol', 'ledger.compare', ?, 'compared')`,
			date, fmt.Sprintf("stripe-file/2026-%02d", month))
	}
}

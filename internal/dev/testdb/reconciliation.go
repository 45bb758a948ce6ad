package testdb

import (
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

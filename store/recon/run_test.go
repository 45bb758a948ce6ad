package recon_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/store/recon"
)

// A run that has recorded its end is not abandoned by a sweep that read it before: it stays completed.
func TestARunThatHasEndedIsNotAbandoned(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	db.RunThatFound(t, "recon_1")
	runs := recon.New(db.Store)
	run, err := runs.Run(t.Context(), "recon_1")
	require.NoError(t, err)
	run.Status, run.Scanned = recon.RunCompleted, 3
	require.NoError(t, runs.EndRun(t.Context(), run))
	ended, err := runs.AbandonRun(t.Context(), run.ID, "its workflow was ended")
	require.NoError(t, err)
	require.False(t, ended)
	require.Equal(t, "completed 3 ", db.Text(t, "SELECT CONCAT(status, ' ', scanned, ' ', error) FROM reconciliation_runs"))
}

package command_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/starter/command"
)

// Two operators close a month and post a journal above the limit; what blocks a close is named, and exits with 1.
func TestMonthsAreClosedByCommands(t *testing.T) {
	db := testdb.New(t)
	t.Setenv("DATABASE_DSN", db.AppDSN)
	as := func(user string) { t.Setenv("SUDO_USER", user) }
	as("alice")
	out, _, err := run(t, "ledger", "close", "2026-03", "--dry-run")
	require.ErrorIs(t, err, command.ErrBroken)
	require.Contains(t, out, "NO   reconciliation to the end of the month was applied")
	db.Exec(t, `INSERT INTO reconciliation_runs (correlation_id, scope, dry_run, lookback_days, payment_limit, status, window_start,
		window_end, started_at, completed_at) 
		VALUES ('recon_end', 'all', FALSE, 7, 0, 'completed', '2026-01-01', '2026-06-01', '2026-06-01', '2026-06-01')`)
	file := filepath.Join(t.TempDir(), "journal.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"key": "fee-1", "reason": "Bank charges", "effectiveAt": "2026-03-05T00:00:00Z",
		"entries": [
		{"account": "expense:stripe_fees", "side": "debit", "amount": {"value": 500, "currency": "USD"}},
		{"account": "asset:bank", "side": "credit", "amount": {"value": 500, "currency": "USD"}}]}`), 0o600))
	out, _, err = run(t, "ledger", "post", file)
	require.NoError(t, err)
	require.Contains(t, out, "starter ledger post --approve fee-1")
	as("bob")
	out, _, err = run(t, "ledger", "post", "--approve", "fee-1")
	require.NoError(t, err)
	require.Contains(t, out, "in 2026-03")
	out, _, err = run(t, "ledger", "close", "2026-03")
	require.NoError(t, err)
	require.Contains(t, out, "starter ledger close 2026-03 --approve")
	_, _, err = run(t, "ledger", "close", "2026-03", "--approve")
	require.ErrorContains(t, err, "another operator approves")
	as("alice")
	out, _, err = run(t, "ledger", "close", "2026-03", "--approve")
	require.NoError(t, err)
	require.Contains(t, out, "2026-03 is closed: closing 1")
	_, _, err = run(t, "ledger", "reopen", "2026-03", "--note", "a mistake")
	require.NoError(t, err)
	as("bob")
	_, _, err = run(t, "ledger", "reopen", "2026-03", "--approve")
	require.NoError(t, err)
	out, _, err = run(t, "ledger", "periods")
	require.NoError(t, err)
	require.Regexp(t, `(?s)2\s+2026-03\s+reopen.*1\s+2026-03\s+close`, out)
}

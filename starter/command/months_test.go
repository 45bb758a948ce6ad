package command_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/starter/command"
)

// Two operators close a month and post a journal above the limit; what blocks a close is named, and exits with 1.
func TestMonthsAreClosedByCommands(t *testing.T) {
	db := testdb.New(t)
	t.Setenv("DATABASE_DSN", db.AppDSN)
	out, _, err := run(t, "ledger", "close", "2026-03", "--dry-run")
	require.ErrorIs(t, err, command.ErrBroken)
	require.Contains(t, out, "NO   reconciliation to the end of the month was applied")
	db.ReconciledUntil(t, "2026-06-01")
	file := filepath.Join(t.TempDir(), "journal.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"key": "fee-1", "reason": "Bank charges", "effectiveAt": "2026-03-05T00:00:00Z",
		"entries": [
		{"account": "expense:stripe_fees", "side": "debit", "amount": {"value": 500, "currency": "USD"}},
		{"account": "asset:bank", "side": "credit", "amount": {"value": 500, "currency": "USD"}}]}`), 0o600))
	out, _, err = run(t, "ledger", "post", file)
	require.NoError(t, err)
	require.Contains(t, out, "starter ledger post --approve fee-1")
	proposedByAlice(t, db)
	out, _, err = run(t, "ledger", "post", "--approve", "fee-1")
	require.NoError(t, err)
	require.Contains(t, out, "in 2026-03")
	out, _, err = run(t, "ledger", "trial-balance", "--month", "2026-03")
	require.NoError(t, err)
	for line := range strings.Lines(out) {
		require.Len(t, line, len("account              currency  opening  debit  credit  closing\n"), "amounts end below one another:\n%s", out)
	}
	requireAccepts(t, db)
	_, _, err = run(t, "ledger", "close", "2026-03", "--approve")
	require.ErrorContains(t, err, "another operator approves")
	out, _, err = run(t, "ledger", "periods")
	require.NoError(t, err)
	require.Regexp(t, `The time zone of the books is UTC; no month is closed yet\n.* proposed to close 2026-03 on [-0-9]+\. `+
		`Another operator approves it: starter ledger close 2026-03 --approve\n`, out)
	proposedByAlice(t, db)
	out, _, err = run(t, "ledger", "close", "2026-03", "--approve")
	require.NoError(t, err)
	require.Contains(t, out, "2026-03 is closed: closing 1")
	_, _, err = run(t, "ledger", "reopen", "2026-03", "--note", "a mistake")
	require.NoError(t, err)
	proposedByAlice(t, db)
	_, _, err = run(t, "ledger", "reopen", "2026-03", "--approve")
	require.NoError(t, err)
	out, _, err = run(t, "ledger", "periods")
	require.NoError(t, err)
	require.Regexp(t, `(?s)the first open month is 2026-03.*2\s+2026-03\s+reopen.*1\s+2026-03\s+close`, out)
	out, _, err = run(t, "ledger", "periods", "--format", "json")
	require.NoError(t, err)
	require.Regexp(t, `(?s)"closings": \[.*"firstOpen": "2026-03",.*"proposals": \[\],.*"timeZone": "UTC"`, out)
}

// requireAccepts proposes the close of a month whose payouts are tied to the bank statement by a note, which the close keeps.
func requireAccepts(t *testing.T, db *testdb.DB) {
	t.Helper()
	db.Exec(t, `INSERT INTO payouts (stripe_payout_id, status, amount, currency, automatic, arrives_at, proof, posted, created_at, updated_at)
		VALUES ('po_1', 'paid', 1000, 'USD', TRUE, '2026-03-05', 'manual', TRUE, '2026-03-01', '2026-03-01')`)
	out, _, err := run(t, "ledger", "close", "2026-03")
	require.ErrorIs(t, err, command.ErrBroken)
	require.Contains(t, out, "bank/po_1: $10.00, paid on 2026-03-05, no trace id: compare it with the bank statement")
	require.Contains(t, out, "is accepted with its reason: --accept ITEM='...'")
	for accepted, says := range map[string]string{
		"bank": "must be ITEM=NOTE", "bank=": "the note about bank must say", "bank/po_2=paid": "nothing of that name blocks the close",
	} {
		_, _, err = run(t, "ledger", "close", "2026-03", "--accept", accepted)
		require.ErrorContains(t, err, says)
	}
	_, _, err = run(t, "ledger", "close", "2026-03", "--accept", "bank=paid", "--approve")
	require.ErrorContains(t, err, "--approve goes with neither")
	for _, accepted := range []string{"bank/po_1=line 7 of the statement", "bank=tied to the statement of 2026-04-01"} {
		out, _, err = run(t, "ledger", "close", "2026-03", "--accept", accepted)
		require.NoError(t, err, out)
		require.Regexp(t, `yes +payouts are tied[^\n]*\n +bank/po_1: [^\n]* \(accepted by [^\n]*: `+strings.SplitN(accepted, "=", 2)[1], out)
		require.Contains(t, out, "starter ledger close 2026-03 --approve")
	}
	require.Equal(t, "bank: tied to the statement of 2026-04-01", db.Text(t, `SELECT CONCAT(JSON_VALUE(content, '$.notes[0].item'), ': ',
		JSON_VALUE(content, '$.notes[0].text')) FROM ledger_proposals WHERE kind = 'close' AND is_open = 1`))
}

// proposedByAlice has what waits proposed by another operator than the user who runs the tests.
func proposedByAlice(t *testing.T, db *testdb.DB) {
	t.Helper()
	db.Exec(t, "UPDATE ledger_proposals SET proposed_by = 'alice@bastion' WHERE is_open = 1")
}

// Every report of a closed month is the same, byte by byte, when it is made again after late postings, also in a currency that the month
// did not have. The next month opens with its closings, and lists what is late.
func TestReportsOfAClosedMonthNeverChange(t *testing.T) {
	db := testdb.New(t)
	t.Setenv("DATABASE_DSN", db.AppDSN)
	t.Setenv("JOURNAL_APPROVAL_ABOVE", "USD:1000000,EUR:1000000")
	db.ReconciledUntil(t, "2026-06-01")
	bill := func(id string, day int) {
		t.Helper()
		require.NoError(t, db.Store.RecordAccountFee(t.Context(), booking.BalanceTransaction{
			ID: id, ReportingCategory: "fee", Amount: -250, Net: -250, Currency: "USD",
			Created: time.Date(2026, time.March, day, 0, 0, 0, 0, time.UTC),
		}, db.Store.Now()))
	}
	journal := func(key, currency string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), key)
		require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `{"key": %[1]q, "reason": "Bank charges", "effectiveAt": "2026-03-31T23:59:59Z",
			"entries": [{"account": "expense:stripe_fees", "side": "debit", "amount": {"value": 500, "currency": %[2]q}},
			{"account": "asset:bank", "side": "credit", "amount": {"value": 500, "currency": %[2]q}}]}`, key, currency), 0o600))
		_, _, err := run(t, "ledger", "post", file)
		require.NoError(t, err)
	}
	bill("txn_1", 5)
	bill("txn_2", 6)
	journal("charges", "USD")
	_, _, err := run(t, "ledger", "close", "2026-03")
	require.NoError(t, err)
	before := reportsOf(t, "2026-03")
	proposedByAlice(t, db)
	_, _, err = run(t, "ledger", "close", "2026-03", "--approve")
	require.NoError(t, err)
	require.Equal(t, before, reportsOf(t, "2026-03"), "once it is closed")

	bill("txn_late", 7)
	journal("late-in-dollars", "USD")
	journal("late-in-euros", "EUR")
	require.Equal(t, 3, db.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE period = '2026-04' AND effective_at < '2026-04-01'"))
	after := reportsOf(t, "2026-03")
	for report, bytes := range before {
		require.Equal(t, bytes, after[report], report)
	}
	april := reportsOf(t, "2026-04")
	require.Contains(t, april["trial-balance csv"], "expense:stripe_fees,USD,10.00,7.50,0.00,17.50")
	require.Contains(t, april["export hledger"], "2026-04-01 * (4)")
	require.Contains(t, april["export hledger"], "effective:2026-03-07")
	require.Contains(t, april["export csv"], "2026-04-01,4,account_fee,,,txn_late,")
	out, _, err := run(t, "ledger", "trial-balance", "--month", "2026-03", "--basis", "effective", "--format", "csv")
	require.NoError(t, err)
	require.NotEqual(t, before["trial-balance csv"], out, "by effective date, late items are where they took effect")
	_, _, err = run(t, "ledger", "trial-balance", "--from", "2026-03-01", "--basis", "period")
	require.ErrorContains(t, err, "name a month")
}

// reportsOf are all reports of a month in each format.
func reportsOf(t *testing.T, month string) map[string]string {
	t.Helper()
	made := map[string]string{}
	for report, formats := range map[string][]string{
		"balances": {"table", "csv", "json"}, "trial-balance": {"table", "csv", "json"},
		"statement asset:bank": {"table", "csv", "json"}, "statement expense:stripe_fees": {"table", "csv", "json"},
		"statement asset:stripe_clearing": {"table", "csv", "json"}, "export": {"csv", "json", "hledger", "beancount"},
		"report balance-summary": {"table", "csv", "json"}, "report balance-change": {"csv"}, "report balance-change --itemised": {"csv"},
		"report payout-reconciliation": {"csv"}, "report ending-balance": {"csv"}, "report ending-balance --itemised": {"csv"},
	} {
		for _, format := range formats {
			args := append([]string{"ledger"}, strings.Fields(report)...)
			out, says, err := run(t, append(args, "--month", month, "--format", format)...)
			require.NoError(t, err, "%s %s: %s", report, format, says)
			require.NotEmpty(t, out)
			made[report+" "+format] = out
		}
	}
	return made
}

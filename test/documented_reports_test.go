package test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/ledger"
	"farebook/starter/reports"
)

// unread are the commands of the page about the month end that read no report, by their beginning, each with the test that runs it.
var unread = []struct{ beginning, test string }{
	{"starter ledger close", "TestMonthsAreClosedByCommands"},
	{"starter ledger reopen", "TestMonthsAreClosedByCommands"},
	{"starter ledger periods", "TestMonthsAreClosedByCommands"},
	{"starter ledger post", "TestMonthsAreClosedByCommands"},
	{"starter ledger carry-over", "TestCarryOverThatIsKilledIsRepeated"},
	{"starter ledger report NAME", "each name below"},
	{"starter attention list", "TestCommandsOfThePagesRun"},
	{"starter events list", "TestCommandsOfThePagesRun"},
	{"starter reconcile", "TestCommandsOfThePagesRun"},
	{"starter verify", "TestCommandsOfThePagesRun"},
	{"starter rebuild", "TestCommandsOfThePagesRun"},
}

// A controller follows the page about the month end on books with a payout: each report runs as it is written, proves itself, and the files
// that Stripe exports are the ledger's. So does each report that the page has only by its name.
func TestReportsOfTheMonthEndRun(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	o.Stripe.SettleFunds()
	payout, err := o.Stripe.PayOut("usd")
	require.NoError(t, err)
	awaitPayout(o.Stack, payout, "pending", "proven")
	o.AwaitQuiet()
	month := ledger.PeriodAt(time.Now(), time.UTC)
	for name, kind := range map[string]string{
		"stripe-" + string(month) + ".csv": "balance_change_from_activity.itemized.3",
		"FILE":                             "balance_change_from_activity.itemized.3",
		"stripe-payouts-" + string(month) + ".csv": "payout_reconciliation.itemized.5",
	} {
		text, err := o.Stripe.Report(kind, month.Start(time.UTC), month.End(time.UTC).AddDate(0, 0, 7))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(o.Folder, name), text, 0o600))
	}
	o.placeholders = strings.NewReplacer("2026-11", string(month), "2026-12-01", string(month.Next())+"-01", "po_1234", payout, "po_…", payout)
	commands := commandsOf(t, []string{"finance.md"})
	for _, one := range reports.All {
		if slices.ContainsFunc(commands, func(line string) bool { return strings.HasPrefix(line, "starter ledger "+one.Name) }) {
			continue
		}
		commands = append(commands, "starter ledger report "+one.Name+" --month 2026-11")
		if one.Itemised != nil {
			commands = append(commands, "starter ledger report "+one.Name+" --itemised --month 2026-11")
		}
	}
	run := 0
	for _, line := range commands {
		if slices.ContainsFunc(unread, func(u struct{ beginning, test string }) bool { return strings.HasPrefix(line, u.beginning) }) {
			continue
		}
		o.run(line)
		run++
	}
	require.Greater(t, run, 20)
}

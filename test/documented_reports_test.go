package test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/ledger"
	"farebook/starter/reports"
)

// elsewhere are the commands of the page about the month end that this test does not run, by their beginning, each with the file whose
// test runs them: they need two operators, or another system.
var elsewhere = []struct{ beginning, file string }{
	{"starter ledger close", "../starter/command/months_test.go"},
	{"starter ledger reopen", "../starter/command/months_test.go"},
	{"starter ledger post", "../starter/command/months_test.go"},
	{"starter rebuild", "rebuild_test.go"},
	{"starter reconcile resolve", "reconciliation_bills_test.go"},
}

// byName is the command of the reports that the page lists by their names, each of which is run.
const byName = "starter ledger report NAME"

var (
	quoted = regexp.MustCompile(`'[^']*'`)
	word   = regexp.MustCompile(`^(--)?[a-z][a-z-]*$`)
)

// runElsewhere requires that the file of a command that is not run here has each of its words and flags, and reports whether there is one.
func runElsewhere(t *testing.T, line string) bool {
	t.Helper()
	at := slices.IndexFunc(elsewhere, func(one struct{ beginning, file string }) bool { return strings.HasPrefix(line, one.beginning) })
	if at < 0 {
		return false
	}
	source, err := os.ReadFile(elsewhere[at].file)
	require.NoError(t, err)
	for _, part := range strings.Fields(quoted.ReplaceAllString(line, ""))[1:] {
		if word.MatchString(part) {
			require.Contains(t, string(source), `"`+part+`"`, "%s has no %s: %s", elsewhere[at].file, part, line)
		}
	}
	return true
}

// A controller follows the page about the month end on books with a payout: each report runs as it is written, proves itself, and the files
// that Stripe exports are the ledger's. So does each report that the page has only by its name.
func TestReportsOfTheMonthEndRun(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	o.Stripe.SettleFunds()
	payout := provenPayout(o.Stack)
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
	run, left := 0, 0
	for _, line := range commands {
		switch {
		case line == byName:
		case runElsewhere(t, line):
			left++
		default:
			o.run(line)
			run++
		}
	}
	require.Contains(t, commands, byName)
	require.Greater(t, run, 25)
	require.GreaterOrEqual(t, left, 8)
}

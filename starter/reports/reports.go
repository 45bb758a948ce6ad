// Package reports writes the reports of finance for commands and the API: which there are, and how they are written as CSV and JSON while
// they are read. It imports finance, ledger, money, store/report and starter/view.
package reports

import (
	"context"
	"fmt"
	"io"
	"slices"

	"farebook/finance"
	"farebook/store/report"
)

// Writer takes a report as it is read, and its checks at its end.
type Writer interface {
	finance.Sink
	End(checks finance.Checks) error
}

// NewWriter writes a report in a format: csv or json.
func NewWriter(out io.Writer, format string) Writer {
	if format == "csv" {
		return newCSV(out)
	}
	return newJSON(out)
}

// Write reads a report of an interval into a sink, and returns what it must equal.
type Write func(r *report.Reports, ctx context.Context, i finance.Interval, sink finance.Sink) (finance.Checks, error)

// Report is a report that takes an interval and nothing else. Itemised writes what it sums, one by one; nil for one that sums nothing.
type Report struct {
	Name     string
	Short    string
	Write    Write
	Itemised Write
}

// All are the reports, in the order of the documentation.
var All = []Report{
	{"balances", "the balance of each account at a time", (*report.Reports).AccountBalances, nil},
	{"trial-balance", "opening, debits, credits and closing of each account", (*report.Reports).TrialBalance, nil},
	{"balance-summary", "Stripe's balance at both ends, activity and payouts", (*report.Reports).BalanceSummary, nil},
	{
		report.BalanceChangeName, "balance transactions without payouts, by reporting category", (*report.Reports).BalanceChange,
		(*report.Reports).BalanceChangeItems,
	},
	{
		report.PayoutReconciliationName, "what the automatic payouts pay out, by reporting category", (*report.Reports).PayoutReconciliation,
		(*report.Reports).PayoutReconciliationItems,
	},
	{
		report.EndingBalanceName, "what no automatic payout has paid out at the end, by reporting category", (*report.Reports).EndingBalance,
		(*report.Reports).EndingBalanceItems,
	},
	{
		finance.RollForwardName, "roll-forward of what is paid and not flown, and the open bookings", (*report.Reports).Unearned,
		(*report.Reports).UnearnedItems,
	},
	listed(finance.IncomeList, "income by month, account and kind"),
	listed(finance.FeeList, "fees by month, account and kind"),
	listed(finance.RefundList, "refunds that were promised, paid or returned, by month and kind"),
	listed(finance.ChargebackList, "what lost disputes cost, by month and kind"),
	{finance.LateName, "entries that count in a later month than that in which they took effect", (*report.Reports).Late, nil},
}

// listed is the report of a list of accounts.
func listed(list finance.MovementList, short string) Report {
	return Report{
		list.Name, short,
		func(r *report.Reports, ctx context.Context, i finance.Interval, sink finance.Sink) (finance.Checks, error) {
			return r.AccountEntries(ctx, list, i, sink)
		},
		func(r *report.Reports, ctx context.Context, i finance.Interval, sink finance.Sink) (finance.Checks, error) {
			return r.AccountEntryItems(ctx, list, i, sink)
		},
	}
}

// Names are the names of the reports.
func Names() []string {
	names := make([]string, len(All))
	for i, one := range All {
		names[i] = one.Name
	}
	return names
}

// Find finds a report by its name.
func Find(name string) (Report, error) {
	at := slices.IndexFunc(All, func(one Report) bool { return one.Name == name })
	if at < 0 {
		return Report{}, fmt.Errorf("no report is named %q: use one of %v", name, Names())
	}
	return All[at], nil
}

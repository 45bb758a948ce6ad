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

// Shape is a report of an interval without its rows.
type Shape func(i finance.Interval) finance.Table

// Report is a report that takes an interval and nothing else.
type Report struct {
	Name  string
	Short string
	Shape Shape
	Write Write
	// Items is the shape of Itemised, which writes what the report sums, one by one; both are nil for one that sums nothing.
	Items    Shape
	Itemised Write
	// Command says that a command has its name; the others are `starter ledger report NAME`.
	Command bool
	// Moment says that it reports at the end of its interval alone.
	Moment bool
}

// All are the reports, in the order of the documentation.
var All = []Report{
	{
		Name: "balances", Short: "the balance of each account at a time", Shape: finance.BalancesTable,
		Write: (*report.Reports).AccountBalances, Command: true, Moment: true,
	},
	{
		Name: "trial-balance", Short: "opening, debits, credits and closing of each account", Shape: finance.TrialTable,
		Write: (*report.Reports).TrialBalance, Command: true,
	},
	{
		Name: "balance-summary", Short: "Stripe's balance at both ends, activity and payouts", Shape: finance.BalanceTable,
		Write: (*report.Reports).BalanceSummary,
	},
	summarised(report.BalanceChangeName, "balance transactions without payouts, by reporting category",
		(*report.Reports).BalanceChange, (*report.Reports).BalanceChangeItems),
	summarised(report.PayoutReconciliationName, "what the automatic payouts pay out, by reporting category",
		(*report.Reports).PayoutReconciliation, (*report.Reports).PayoutReconciliationItems),
	summarised(report.EndingBalanceName, "what no automatic payout has paid out at the end, by reporting category",
		(*report.Reports).EndingBalance, (*report.Reports).EndingBalanceItems),
	{
		Name: finance.RollForwardName, Short: "roll-forward of what is paid and not flown, and the open bookings",
		Shape: finance.RollForwardTable, Write: (*report.Reports).Unearned,
		Items: finance.OpenBookingsTable, Itemised: (*report.Reports).UnearnedItems,
	},
	listed(finance.IncomeList, "income by month, account and kind"),
	listed(finance.FeeList, "fees by month, account and kind"),
	listed(finance.RefundList, "refunds that were promised, paid or returned, by month and kind"),
	listed(finance.ChargebackList, "what lost disputes cost, by month and kind"),
	{
		Name: finance.LateName, Short: "entries that count in a later month than that in which they took effect",
		Shape: named(finance.LateName, finance.MovementTable), Write: (*report.Reports).Late,
	},
}

// named is the shape of a table with a name.
func named(name string, shape func(string, finance.Interval) finance.Table) Shape {
	return func(i finance.Interval) finance.Table { return shape(name, i) }
}

// summarised is a report of balance transactions by reporting category.
func summarised(name, short string, write, itemised Write) Report {
	return Report{
		Name: name, Short: short, Shape: named(name, finance.SummaryTable), Write: write,
		Items: named(name, finance.ItemTable), Itemised: itemised,
	}
}

// listed is the report of a list of accounts.
func listed(list finance.MovementList, short string) Report {
	return Report{
		Name: list.Name, Short: short, Shape: named(list.Name, finance.MovementSummaryTable),
		Write: func(r *report.Reports, ctx context.Context, i finance.Interval, sink finance.Sink) (finance.Checks, error) {
			return r.AccountEntries(ctx, list, i, sink)
		},
		Items: named(list.Name, finance.MovementTable),
		Itemised: func(r *report.Reports, ctx context.Context, i finance.Interval, sink finance.Sink) (finance.Checks, error) {
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

package growth

import (
	"io"
	"strings"
	"time"

	"farebook/finance"
	"farebook/internal/dev/bigbooks"
	"farebook/ledger"
	"farebook/store/report"
)

// unread is a report that nobody reads.
type unread struct{}

func (unread) Begin(finance.Table) error { return nil }
func (unread) Row(finance.Row) error     { return nil }

// financeReports are the reports of the last hour, in which the script has posted, and of a month.
func (s *script) financeReports() {
	s.measure("Zone")
	month := ledger.PeriodAt(s.now, time.UTC).Next() // a report of a month reads the month; this one is empty in books of any size
	for _, i := range []finance.Interval{
		{From: s.now.Add(-time.Hour), To: s.now.Add(time.Minute), Basis: finance.ByEffective, Zone: time.UTC},
		{From: s.now.Add(-time.Hour), To: s.now.Add(time.Minute), Basis: finance.ByPosted, Zone: time.UTC},
		{From: month.Start(time.UTC), To: month.End(time.UTC), Basis: finance.ByPeriod, Zone: time.UTC},
	} {
		by := ": by " + string(i.Basis) + " date"
		s.measure("AccountBalances"+by, i, unread{})
		s.measure("TrialBalance"+by, i, unread{})
		s.measure("Statement"+by, ledger.AssetBank, i, unread{})
		s.measure("Export"+by, i, finance.NewHledger(io.Discard))
		for _, name := range []string{
			"BalanceSummary", "BalanceChange", "PayoutReconciliation", "EndingBalance", "Unearned", "Late",
			"BalanceChangeItems", "PayoutReconciliationItems", "EndingBalanceItems", "UnearnedItems",
		} {
			s.measure(name+by, i, unread{})
		}
		s.measure("AccountEntries"+by, finance.FeeList, i, unread{})
		s.measure("AccountEntryItems"+by, finance.FeeList, i, unread{})
	}
	s.measure("PayoutStatement", s.id("po_", "payout"), unread{})
	file := must(finance.NewStripeFile(strings.NewReader("balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category\n" +
		bigbooks.BalanceTransaction(s.old(1)) + ",2026-11-01 00:00:00,usd,1.00,0.00,1.00,charge\n")))
	s.measure("Compare", report.Comparing{File: file, Interval: &finance.Interval{
		From: s.now.Add(-time.Hour), To: s.now.Add(time.Minute), Basis: finance.ByEffective, Zone: time.UTC,
	}}, unread{})
}

package growth

import (
	"io"
	"time"

	"farebook/finance"
	"farebook/ledger"
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
		for _, name := range []string{"BalanceSummary", "BalanceChange", "PayoutReconciliation", "EndingBalance"} {
			s.measure(name+by, i, unread{})
		}
		for _, name := range []string{"BalanceChangeItems", "PayoutReconciliationItems", "EndingBalanceItems"} {
			s.measure(name+by, i, unread{})
		}
	}
}

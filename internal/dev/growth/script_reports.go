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

// financeReports are the reports of the last hour, in which the script has posted.
func (s *script) financeReports() {
	s.measure("Zone")
	for _, basis := range []finance.Basis{finance.ByEffective, finance.ByPosted} {
		i := finance.Interval{From: s.now.Add(-time.Hour), To: s.now.Add(time.Minute), Basis: basis, Zone: time.UTC}
		by := ": by " + string(basis) + " date"
		s.measure("AccountBalances"+by, i, unread{})
		s.measure("TrialBalance"+by, i, unread{})
		s.measure("Statement"+by, ledger.AssetBank, i, unread{})
		s.measure("Export"+by, i, finance.NewHledger(io.Discard))
	}
}

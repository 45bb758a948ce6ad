package growth

import (
	"fmt"

	"farebook/access"
	"farebook/ledger"
	"farebook/ledger/closing"
	"farebook/store/monthend"
)

// months closes a month, reopens it, closes it again, and posts journals. The month is one before all transactions: whoever sums up a month
// reads its transactions, which is the purpose of it.
func (s *script) months() {
	month := ledger.Period(fmt.Sprintf("1991-%02d", s.round+1))
	other := access.Actor{Name: "other@localhost"}
	s.measure("RunOver", s.now.AddDate(-20, 0, 0))
	s.measure("RecordComparison", monthend.Comparison{Period: month, Held: true, Detail: "a test"}, s.by)
	review := first[monthend.Review](s.calls, "Review", month, nil)
	var notes []closing.Note
	for _, check := range review.Checks {
		for _, finding := range check.Findings {
			notes = append(notes, closing.Note{Item: finding.Item, Text: "a test", By: s.by.Name})
		}
	}
	closeIt := func() {
		s.measure("ProposeClose", month, notes, s.by)
		s.measure("ApproveClose", month, other)
	}
	closeIt()
	s.measure("ProposeReopen", month, "a test", s.by)
	s.measure("ApproveReopen", month, other)
	closeIt()
	s.measure("Calendar")
	s.measure("Trial", month)
	s.measure("Recompute", month)
	s.measure("Closing", month)
	s.measure("Closings", 0, listPage)
	s.measure("Open", listPage)
	s.measure("Suspended", month, "USD", listPage)
	s.measure("Verify", true)
	journal := monthend.Journal{
		Key: s.id("", "journal"), Reason: "a test", EffectiveAt: s.now, Entries: []monthend.JournalEntry{
			{Account: ledger.ExpenseStripeFees, Side: ledger.Debit, Amount: 100, Currency: "USD"},
			{Account: ledger.AssetBank, Side: ledger.Credit, Amount: 100, Currency: "USD"},
		},
	}
	s.measure("Post", journal, monthend.Limits{}, s.by)
	s.measure("ApprovePost", journal.Key, other)
}

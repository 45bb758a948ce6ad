package view

import (
	"time"

	"farebook/store/monthend"
)

// MonthEnd is what a month end is decided on.
type MonthEnd struct {
	Period       string       `json:"period" example:"2026-11"`
	Holds        bool         `json:"holds" doc:"Nothing blocks the close."`
	Checks       []MonthCheck `json:"checks" nullable:"false"`
	Transactions uint64       `json:"transactions" doc:"How many transactions the month has."`
	TrialBalance []TrialLine  `json:"trialBalance" nullable:"false"`
	Proposal     *Proposal    `json:"proposal,omitempty" doc:"What another operator approves. Absent for a dry run."`
}

// MonthCheck is one line of a month end.
type MonthCheck struct {
	Check    string    `json:"check" example:"no matter needs attention"`
	Held     bool      `json:"held"`
	Detail   string    `json:"detail,omitempty"`
	Findings []Finding `json:"findings" nullable:"false"`
	More     bool      `json:"more" doc:"There are more findings than are listed. They cannot be accepted by notes."`
}

// Finding is what blocks a close unless it has a note.
type Finding struct {
	Item string `json:"item" doc:"What a note names." example:"attention/12"`
	Text string `json:"text"`
	Firm bool   `json:"firm" doc:"It cannot be accepted by a note."`
	Note *Note  `json:"note,omitempty"`
}

// TrialLine is an account in one currency, beside what it moved in the month before. Amounts are minor units, debits positive.
type TrialLine struct {
	Account     string `json:"account" example:"asset:stripe_clearing"`
	Currency    string `json:"currency" example:"USD"`
	Opening     int64  `json:"opening"`
	Debit       int64  `json:"debit"`
	Credit      int64  `json:"credit"`
	Closing     int64  `json:"closing"`
	MonthBefore int64  `json:"monthBefore" doc:"Debits less credits of the month before."`
}

// MonthEndOf converts the review of a month end.
func MonthEndOf(review monthend.Review) MonthEnd {
	return MonthEnd{
		Period: string(review.Period), Holds: review.Holds(), Checks: monthChecksOf(review.Checks), Transactions: review.Trial.Transactions,
		TrialBalance: trialLinesOf(review.BesideTheMonthBefore()),
	}
}

func monthChecksOf(checks []monthend.Check) []MonthCheck {
	shown := make([]MonthCheck, len(checks))
	for i, check := range checks {
		shown[i] = MonthCheck{
			Check: check.Text, Held: check.Holds(), Detail: check.Detail, More: check.More, Findings: findingsOf(check.Findings),
		}
	}
	return shown
}

func findingsOf(findings []monthend.Finding) []Finding {
	shown := make([]Finding, len(findings))
	for i, finding := range findings {
		shown[i] = Finding{Item: finding.Item, Text: finding.Text, Firm: finding.Firm}
		if finding.Note != nil {
			note := Note(*finding.Note)
			shown[i].Note = &note
		}
	}
	return shown
}

func trialLinesOf(lines []monthend.Compared) []TrialLine {
	shown := make([]TrialLine, len(lines))
	for i, line := range lines {
		shown[i] = TrialLine{
			Account: string(line.Account), Currency: string(line.Currency), Opening: line.Opening, Debit: line.Debit, Credit: line.Credit,
			Closing: line.Closing, MonthBefore: line.Before,
		}
	}
	return shown
}

// Proposal is what one operator has proposed and another one approves.
type Proposal struct {
	Kind       string         `json:"kind" enum:"close,reopen,journal"`
	Subject    string         `json:"subject" doc:"The month, or the key of the journal." example:"2026-11"`
	ProposedBy string         `json:"proposedBy" example:"alice (ak_7K2M9QXA4T)"`
	ProposedAt time.Time      `json:"proposedAt"`
	Reason     string         `json:"reason,omitempty" doc:"Of a reopening."`
	Notes      []Note         `json:"notes" nullable:"false" doc:"Why findings do not block the close."`
	Journal    *ManualJournal `json:"journal,omitempty"`
	Digest     string         `json:"digest" doc:"Of what is proposed: the approval of anything else is refused."`
}

// ProposalOf converts a proposal of the store.
func ProposalOf(p monthend.Proposal) Proposal {
	shown := Proposal{
		Kind: string(p.Kind), Subject: p.Subject, ProposedBy: p.By.Name, ProposedAt: p.At, Reason: p.Content.Reason,
		Notes: notesOf(p.Content.Notes), Digest: p.Digest.String(),
	}
	if p.Content.Journal != nil {
		journal := ManualJournalOf(*p.Content.Journal)
		shown.Journal = &journal
	}
	return shown
}

package command

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"farebook/ledger"
	"farebook/ledger/closing"
	"farebook/money"
	"farebook/starter/view"
	"farebook/store/monthend"
)

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// printReview prints the lines of a month end, and the trial balance beside the balances of the month before.
func printReview(out io.Writer, review monthend.Review) error {
	if err := printMonthChecks(out, review.Checks); err != nil {
		return err
	}
	if !review.Holds() {
		if err := printText(out, "\nWhat may stay as it is, is accepted with its reason: --accept ITEM='...'\n"); err != nil {
			return err
		}
	}
	if err := printText(out, "\nTrial balance of %s\n", string(review.Period)); err != nil {
		return err
	}
	rows := newFigures(out, []int{2, 3, 4, 5, 6, 7}, "ACCOUNT", "CURRENCY", "OPENING", "DEBIT", "CREDIT", "CLOSING", "CHANGE", "MONTH BEFORE")
	for _, line := range review.BesideTheMonthBefore() {
		text := func(value int64) string { return money.Text(value, line.Currency) }
		rows.row(line.Account, line.Currency, text(line.Opening), text(line.Debit), text(line.Credit), text(line.Closing),
			text(line.Debit-line.Credit), text(line.Before))
	}
	return rows.flush()
}

func printMonthChecks(out io.Writer, checks []monthend.Check) error {
	for _, check := range checks {
		answer := "yes"
		if !check.Holds() {
			answer = "NO "
		}
		if err := printText(out, "%s  %s%s\n", answer, check.Text, detail(check.Detail)); err != nil {
			return err
		}
		for _, finding := range check.Findings {
			state := ""
			if finding.Note != nil {
				state = fmt.Sprintf(" (accepted by %s: %s)", finding.Note.By, finding.Note.Text)
			}
			if err := printText(out, "     %s: %s%s\n", finding.Item, finding.Text, state); err != nil {
				return err
			}
		}
		if check.More {
			if err := printText(out, "     and more\n"); err != nil {
				return err
			}
		}
	}
	return nil
}

func detail(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

var closings = listing[closing.Closing, view.Closing]{
	name: "closings", header: []any{"NUMBER", "MONTH", "ACTION", "TRANSACTIONS", "PROPOSED BY", "APPROVED BY", "APPROVED AT", "DIGEST"},
	show:   view.ClosingOf,
	cursor: func(c closing.Closing) uint64 { return c.Number },
	cells: func(c view.Closing) []any {
		return []any{c.Number, c.Period, c.Action, c.Transactions, c.ProposedBy, c.ApprovedBy, c.ApprovedAt, c.Digest}
	},
}

// approvals are the commands that approve the kinds of proposals, without their subjects.
var approvals = map[monthend.Kind]string{
	monthend.KindClose: "starter ledger close %s --approve", monthend.KindReopen: "starter ledger reopen %s --approve",
	monthend.KindJournal: "starter ledger post --approve %s",
}

// printWaiting prints which month is open, and what waits for another operator with the command that approves it.
func printWaiting(out io.Writer, calendar ledger.Calendar, open []monthend.Proposal) error {
	first := "no month is closed yet"
	if calendar.FirstOpen != "" {
		first = "the first open month is " + string(calendar.FirstOpen)
	}
	if err := printText(out, "The time zone of the books is %s; %s\n", calendar.ZoneName(), first); err != nil {
		return err
	}
	for _, one := range open {
		err := printText(out, "%s proposed to %s %s on %s. Another operator approves it: %s\n", one.By.Name, verbs[one.Kind], one.Subject,
			day(one.At), fmt.Sprintf(approvals[one.Kind], one.Subject))
		if err != nil {
			return err
		}
	}
	return printText(out, "\n")
}

// verbs are what is proposed.
var verbs = map[monthend.Kind]string{
	monthend.KindClose: "close", monthend.KindReopen: "reopen", monthend.KindJournal: "post journal",
}

func day(at time.Time) string { return at.UTC().Format(time.DateOnly) }

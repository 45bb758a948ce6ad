package reports

import (
	"bufio"
	"fmt"
	"io"

	"farebook/finance"
	"farebook/starter/view"
)

// ExportFormats are what the ledger can be exported as, the default first.
var ExportFormats = []string{"csv", "json", "hledger", "beancount"}

// NewJournal writes the ledger in one of ExportFormats; end writes what follows it: the checks, where the format has a place for them.
func NewJournal(out io.Writer, format string) (journal finance.Journal, end func(finance.Checks) error) {
	lines := bufio.NewWriter(out)
	switch format {
	case "hledger":
		return finance.NewHledger(lines), remarks(lines)
	case "beancount":
		return finance.NewBeancount(lines), remarks(lines)
	}
	writer := NewWriter(out, format)
	return finance.NewEntries(writer), writer.End
}

// remarks writes the checks as lines that both programs skip.
func remarks(out *bufio.Writer) func(finance.Checks) error {
	return func(checks finance.Checks) error {
		for i, check := range checks {
			if i == 0 {
				_ = out.WriteByte('\n') // bufio keeps the error, which Flush returns
			}
			_, _ = fmt.Fprintf(out, "; %s\n", view.Printable(Said(check)))
		}
		return out.Flush()
	}
}

// Said is a check as a line: whether it holds, and what differs.
func Said(check finance.Check) string {
	word := "holds"
	if !check.Held {
		word = "DIFFERS"
	}
	if check.Detail == "" {
		return word + "  " + check.Text
	}
	return word + "  " + check.Text + ": " + check.Detail
}

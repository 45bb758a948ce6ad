package command

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"farebook/ledger"
	"farebook/money"
	"farebook/starter/imports"
	"farebook/starter/view"
)

// importPrinter prints outcomes as they come, so that the import of a large file shows progress.
type importPrinter struct {
	out io.Writer
	csv bool
	sum importSum
}

// importSum counts outcomes.
type importSum struct {
	rows     int
	verdicts map[imports.Verdict]int
	left     map[money.Currency]int64 // owed for paid bookings that are imported or ready
}

func (s *importSum) add(o imports.Outcome) {
	if s.verdicts == nil {
		s.verdicts, s.left = map[imports.Verdict]int{}, map[money.Currency]int64{}
	}
	s.rows++
	s.verdicts[o.Verdict]++
	if o.Left > 0 {
		s.left[o.Amount.Currency] += o.Left
	}
}

// stopped says after how many rows an import failed.
func (s *importSum) stopped() error {
	return fmt.Errorf("stopped after %d rows: fix this and repeat the command; imported rows are not imported again", s.rows)
}

func (p *importPrinter) print(outcomes []imports.Outcome) error {
	first := p.sum.rows == 0
	for _, o := range outcomes {
		p.sum.add(o)
	}
	if p.csv {
		return printOutcomesCSV(p.out, outcomes, first)
	}
	table := newTable(p.out, "ROW", "REFERENCE", "PAYMENTINTENT", "AT STRIPE", "AMOUNT", "VERDICT", "BOOKING", "WHAT")
	for _, o := range outcomes {
		table.row(o.Number, o.Earlier, o.PaymentIntentID, o.AtStripe, amountOfRow(o), o.Verdict, o.Reference, o.What)
	}
	return table.flush()
}

// amountOfRow is empty for a row with an invalid amount.
func amountOfRow(o imports.Outcome) string {
	if o.Amount.Value == 0 {
		return ""
	}
	return o.Amount.Format(money.LocaleEN)
}

func printOutcomesCSV(out io.Writer, outcomes []imports.Outcome, header bool) error {
	w := csv.NewWriter(out)
	var rows [][]string
	if header {
		rows = append(rows, []string{
			"row", "reference", "payment_intent", "at_stripe", "amount_minor", "amount_decimal", "currency", "verdict",
			"booking", "what",
		})
	}
	for _, o := range outcomes {
		minor, decimal := "", ""
		if o.Amount.Value != 0 {
			minor, decimal = strconv.FormatInt(o.Amount.Value, 10), o.Amount.Decimal()
		}
		rows = append(rows, []string{
			strconv.Itoa(o.Number), view.CSVCell(o.Earlier), view.CSVCell(o.PaymentIntentID), view.CSVCell(o.AtStripe), minor, decimal,
			view.CSVCell(string(o.Amount.Currency)),
			string(o.Verdict), view.CSVCell(string(o.Reference)), view.CSVCell(o.What),
		})
	}
	return w.WriteAll(rows)
}

// finish writes the totals under a table. CSV has only rows.
func (p *importPrinter) finish(applied bool, opening ledger.Opening) error {
	if p.csv {
		return nil
	}
	var parts []string
	for _, verdict := range []imports.Verdict{imports.Ready, imports.Imported, imports.Known, imports.Nothing, imports.Refused} {
		if n := p.sum.verdicts[verdict]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, verdict))
		}
	}
	text := fmt.Sprintf("\n%d rows: %s.", p.sum.rows, strings.Join(parts, ", "))
	if p.sum.rows == 0 {
		text = "\nThe file has no bookings."
	}
	for _, currency := range slices.Sorted(maps.Keys(p.sum.left)) {
		text += fmt.Sprintf(" Owed to travellers as flights or refunds: %s.", money.Text(p.sum.left[currency], currency))
	}
	if !applied {
		text += " Nothing was written: repeat the command with --apply.\n" + postedUnder(opening)
	}
	_, err := fmt.Fprintln(p.out, text)
	return err
}

// postedUnder says how payments are posted. The order of opening and import cannot be changed later.
func postedUnder(opening ledger.Opening) string {
	if opening.At.IsZero() {
		return "The books have no opening balance: each payment is posted in full. If the Stripe account has other payments, run starter " +
			"opening first: it is refused once bookings are imported."
	}
	return fmt.Sprintf("Payments settled before the opening of %s are posted against the opening balance, the others in full.",
		opening.At.UTC().Format(time.RFC3339))
}

package reports

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"farebook/finance"
	"farebook/money"
	"farebook/starter/view"
)

// stripeTime is how Stripe writes times in its reports, in UTC.
const stripeTime = time.DateTime

// csvWriter writes a report as CSV in Stripe's notation: decimals without a currency, negative amounts with a sign, times in UTC.
type csvWriter struct{ out *csv.Writer }

func newCSV(out io.Writer) *csvWriter { return &csvWriter{csv.NewWriter(out)} }

// Begin writes the names of the columns.
func (w *csvWriter) Begin(table finance.Table) error {
	names := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		names[i] = column.Name
	}
	return w.out.Write(names)
}

// Row writes one line.
func (w *csvWriter) Row(row finance.Row) error {
	line := make([]string, len(row))
	for i, value := range row {
		if text, ok := value.(string); ok {
			line[i] = view.CSVCell(text)
			continue
		}
		line[i] = Cell(value)
	}
	return w.out.Write(line)
}

// End writes what is left. A check that does not hold is a last record with one field, which a reader of CSV cannot take for a row; one
// that holds has no place in CSV: a command prints it beside it, and the API sends it in a trailer.
func (w *csvWriter) End(checks finance.Checks) error {
	for _, check := range checks {
		if !check.Held {
			if err := w.out.Write([]string{view.Printable(Said(check))}); err != nil {
				return err
			}
		}
	}
	w.out.Flush()
	return w.out.Error()
}

// Cell is a value as text: the amount as a decimal, the time in UTC, nothing for the zero time.
func Cell(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case int64:
		return strconv.FormatInt(value, 10)
	case money.Money:
		return value.Decimal()
	case time.Time:
		if value.IsZero() {
			return ""
		}
		return value.UTC().Format(stripeTime)
	}
	return ""
}

package command

import (
	"io"

	"farebook/finance"
	"farebook/starter/reports"
)

// reportFormats are the formats of a report.
var reportFormats = []string{"table", "csv", "json"}

// newReportWriter writes a report in a format.
func newReportWriter(out io.Writer, format string) reports.Writer {
	if format == "table" {
		return &reportTable{out: out}
	}
	return reports.NewWriter(out, format)
}

// tableRows is how many rows of a table have the same widths: so many are in memory.
const tableRows = 1_000

// reportTable prints a report for people.
type reportTable struct {
	out     io.Writer
	columns []finance.Column
	rows    *table
}

// Begin prints the header.
func (t *reportTable) Begin(of finance.Table) error {
	header := make([]any, len(of.Columns))
	var figures []int
	for i, column := range of.Columns {
		header[i] = column.Name
		if column.Kind == finance.Amount || column.Kind == finance.Count {
			figures = append(figures, i)
		}
	}
	t.columns, t.rows = of.Columns, newFigures(t.out, figures, header...)
	return nil
}

// Row prints a row once the widths of those around it are known.
func (t *reportTable) Row(row finance.Row) error {
	cells := make([]any, len(row))
	for i, value := range row {
		cells[i] = orDash(reports.Cell(value))
		if value == int64(0) && t.columns[i].Name == "ledger_id" { // of a sum, or an opening balance
			cells[i] = orDash("")
		}
	}
	t.rows.row(cells...)
	if t.rows.rows%tableRows == 0 {
		return t.rows.flush()
	}
	return nil
}

// End prints what is left.
func (t *reportTable) End(finance.Checks) error { return t.rows.flush() }

// printChecks prints what a report must equal beside it, and returns ErrBroken when it does not.
func printChecks(out io.Writer, checks finance.Checks) error {
	for _, check := range checks {
		if err := printText(out, "%s\n", reports.Said(check)); err != nil {
			return err
		}
	}
	if !checks.Held() {
		return ErrBroken
	}
	return nil
}

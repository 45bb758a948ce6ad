package command

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"farebook/money"
	"farebook/starter/view"
)

// listPage is how many rows a list reads at once.
const listPage = 500

// allOf reads every page of a list; cursor is the number after which the next page begins.
func allOf[T any](page func(after uint64) ([]T, error), cursor func(T) uint64) (all []T, err error) {
	for after := uint64(0); ; {
		some, err := page(after)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if len(some) < listPage {
			return all, nil
		}
		after = cursor(some[len(some)-1])
	}
}

// maxListed is the largest page of a list.
const maxListed = 500

// listFlags are the flags of list commands.
type listFlags struct {
	format  string
	formats []string
	limit   int // 0 for a list without pages
	before  uint64
	all     bool // every page
}

// add adds --output; addShown does without CSV, addPages also adds --limit and --before.
func (f *listFlags) add(cmd *cobra.Command) {
	f.formats = listFormats
	formatFlag(cmd, &f.format, f.formats...)
}

func (f *listFlags) addShown(cmd *cobra.Command) {
	f.formats = shownFormats
	formatFlag(cmd, &f.format, f.formats...)
}

func (f *listFlags) addPages(cmd *cobra.Command) {
	f.add(cmd)
	f.addLimit(cmd)
	cmd.Flags().Uint64Var(&f.before, "before", 0, "continue below this number, which the previous page printed")
}

func (f *listFlags) addLimit(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.limit, "limit", 50, fmt.Sprintf("maximum number of entries, from 1 to %d", maxListed))
}

func (f *listFlags) check(cmd *cobra.Command) error {
	if cmd.Flags().Lookup("limit") != nil {
		if err := checkLimit(f.limit); err != nil {
			return err
		}
	}
	return checkFormat(f.format, f.formats)
}

func checkLimit(limit int) error {
	if limit < 1 || limit > maxListed {
		return misused("invalid --limit %d: must be from 1 to %d", limit, maxListed)
	}
	return nil
}

// addEvery is addPages with --all.
func (f *listFlags) addEvery(cmd *cobra.Command) {
	f.addPages(cmd)
	cmd.Flags().BoolVar(&f.all, "all", false, "every page")
	cmd.MarkFlagsMutuallyExclusive("all", "limit")
}

// everyOf reads a page, or with --all every one.
func everyOf[Row any](flags listFlags, cursor func(Row) uint64, read func(before uint64, limit int) ([]Row, error)) (all []Row, err error) {
	if !flags.all {
		return read(flags.before, flags.limit)
	}
	for before := flags.before; ; {
		some, err := read(before, listPage)
		all = append(all, some...)
		if err != nil || len(some) < listPage {
			return all, err
		}
		before = cursor(some[len(some)-1])
	}
}

// listing is how a list command prints its rows.
type listing[Row, Shown any] struct {
	name    string // name of the rows in JSON
	header  []any
	amounts []int // the columns whose cells are money.Money; in CSV, the column behind each has its currency
	show    func(Row) Shown
	cells   func(Shown) []any
	cursor  func(Row) uint64 // the number for --before; nil for a list without pages
}

// print prints a page as a table, as a JSON object with the rows and, if there may be more, before, or as CSV.
func (l listing[Row, Shown]) print(out io.Writer, flags listFlags, rows []Row) error {
	return l.printBeside(out, flags, rows, map[string]any{})
}

// printBeside is print with further fields of the JSON object.
func (l listing[Row, Shown]) printBeside(out io.Writer, flags listFlags, rows []Row, list map[string]any) error {
	before := uint64(0)
	if l.cursor != nil && !flags.all && len(rows) > 0 && len(rows) == flags.limit {
		before = l.cursor(rows[len(rows)-1])
	}
	switch flags.format {
	case "csv":
		return l.printCSV(csv.NewWriter(out), rows, true)
	case "json":
		if before != 0 {
			list["before"] = before
		}
		return l.printJSON(out, rows, list)
	}
	err := l.printTable(out, rows)
	if err != nil || before == 0 {
		return err
	}
	return printText(out, "\nFor older entries, add: --before %d\n", before)
}

func (l listing[Row, Shown]) printJSON(out io.Writer, rows []Row, list map[string]any) error {
	shown := make([]Shown, len(rows)) // [] rather than null for an empty list
	for i, row := range rows {
		shown[i] = l.show(row)
	}
	list[l.name] = shown
	return printJSON(out, list)
}

// printTable prints rows as a table that fits a terminal.
func (l listing[Row, Shown]) printTable(out io.Writer, rows []Row) error {
	table := newFigures(out, l.amounts, l.header...)
	for _, row := range rows {
		cells := l.cells(l.show(row))
		for i, cell := range cells {
			cells[i] = tableCell(cell)
		}
		table.row(cells...)
	}
	left, err := table.flushOn(terminalOn(out))
	if err != nil || len(left) == 0 {
		return err
	}
	return printText(out, "\nLeft out, because the line is too short: %s. A wider terminal or --output csv shows them.\n",
		strings.TrimSpace(strings.Join(left, ", ")))
}

// tableCell is a value in a table: an amount with its currency, a time in UTC.
func tableCell(value any) any {
	switch value := value.(type) {
	case money.Money:
		return moneyText(value)
	case time.Time:
		return utc(value)
	}
	return value
}

// printCSV prints rows as CSV, below the names of the columns if they are the first: an amount is a decimal with its currency in the column
// behind it, and no text is one that a spreadsheet evaluates.
func (l listing[Row, Shown]) printCSV(out *csv.Writer, rows []Row, first bool) error {
	if first {
		var names []string
		for i, name := range l.header {
			names = append(names, strings.ReplaceAll(strings.ToLower(fmt.Sprint(name)), " ", "_"))
			if slices.Contains(l.amounts, i) {
				names = append(names, "currency")
			}
		}
		if err := out.Write(names); err != nil {
			return err
		}
	}
	for _, row := range rows {
		var line []string
		for i, cell := range l.cells(l.show(row)) {
			line = append(line, csvCell(cell))
			if slices.Contains(l.amounts, i) {
				amount, _ := cell.(money.Money)
				line = append(line, string(amount.Currency))
			}
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// csvCell is a value in CSV. The dash of a table stands for no value.
func csvCell(value any) string {
	switch value := value.(type) {
	case money.Money:
		return value.Decimal()
	case time.Time:
		return value.UTC().Format(time.RFC3339)
	case int, int64, uint64, bool:
		return fmt.Sprint(value)
	}
	text := fmt.Sprint(value)
	if text == "-" {
		return ""
	}
	return view.CSVCell(text)
}

package command

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"farebook/money"
	"farebook/starter/view"
)

// listPage is how many rows a list reads at once.
const listPage = 500

// allOf reads every page of a list; cursor is the number after which the next page begins, and from that of the first one.
func allOf[T any](from uint64, page func(at uint64) ([]T, error), cursor func(T) uint64) (all []T, err error) {
	for at := from; ; {
		some, err := page(at)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if len(some) < listPage {
			return all, nil
		}
		at = cursor(some[len(some)-1])
	}
}

// maxListed is the largest page of a list.
const maxListed = 500

// listFlags are the flags of list commands.
type listFlags struct {
	format  string
	formats []string
	limit   int    // 0 for a list without pages
	after   string // the cursor that the previous page printed
	before  uint64 // the number of the row after which a page begins: the earlier form of after
	all     bool   // every page
}

// add adds --output; addShown does without CSV.
func (f *listFlags) add(cmd *cobra.Command) {
	f.formats = listFormats
	formatFlag(cmd, &f.format, f.formats...)
}

func (f *listFlags) addShown(cmd *cobra.Command) {
	f.formats = shownFormats
	formatFlag(cmd, &f.format, f.formats...)
}

// addPages adds --limit and --after.
func (f *listFlags) addPages(cmd *cobra.Command) {
	f.add(cmd)
	f.addLimit(cmd)
	cmd.Flags().StringVar(&f.after, "after", "", "continue after this cursor, which the previous page printed, with the same filters")
}

// addNumbered is addPages for a list in the order of numbers, which had --before with the number of a row.
func (f *listFlags) addNumbered(cmd *cobra.Command) {
	f.addPages(cmd)
	cmd.Flags().Uint64Var(&f.before, "before", 0, "continue after the row with this number: the earlier form of --after")
	_ = cmd.Flags().MarkHidden("before") // the flag exists
	cmd.MarkFlagsMutuallyExclusive("after", "before")
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

// addAll adds --all, for every page.
func (f *listFlags) addAll(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.all, "all", false, "every page")
	cmd.MarkFlagsMutuallyExclusive("all", "limit")
}

// listedNumber reads a number that a list shows. one names what it shows, and list is its command.
func listedNumber(one, list, text string) (uint64, error) {
	number, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, misused("invalid %s %q: must be a number shown by %s", one, text, list)
	}
	return number, nil
}

// listing is how a list command prints its rows.
type listing[Row, Shown any] struct {
	name    string // name of the rows in JSON
	header  []any
	amounts []int // the columns whose cells are money.Money; in CSV, the column behind each has its currency: see currencyOf
	show    func(Row) Shown
	cells   func(Shown) []any
	cursor  func(Row) uint64 // the number of a row, in whose order pages are read; nil for a list without pages
}

// print prints all rows of a list without pages: as a table, as a JSON object with the rows, or as CSV.
func (l listing[Row, Shown]) print(cmd *cobra.Command, flags listFlags, rows []Row) error {
	out := cmd.OutOrStdout()
	switch flags.format {
	case "csv":
		return l.printCSV(csv.NewWriter(out), rows, true)
	case "json":
		return l.printJSON(out, rows, map[string]any{})
	}
	return l.printTable(out, rows)
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
			column := strings.ReplaceAll(strings.ToLower(fmt.Sprint(name)), " ", "_")
			names = append(names, column)
			if slices.Contains(l.amounts, i) {
				names = append(names, currencyOf(column))
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

// currencyOf names the column of an amount's currency in CSV: currency for the amount of the object itself, and otherwise by the amount.
func currencyOf(amount string) string {
	if amount == "amount" {
		return "currency"
	}
	return amount + "_currency"
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

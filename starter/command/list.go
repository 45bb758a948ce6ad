package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
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

// maxListed is the largest page of a list that --before continues.
const maxListed = 500

// listFlags are the flags of list commands.
type listFlags struct {
	format string
	limit  int // 0 for a list without pages
	before uint64
}

// add adds --format; addPages also --limit and --before.
func (f *listFlags) add(cmd *cobra.Command) { formatFlag(cmd, &f.format, listFormats...) }

func (f *listFlags) addPages(cmd *cobra.Command) {
	f.add(cmd)
	cmd.Flags().IntVar(&f.limit, "limit", 50, fmt.Sprintf("maximum number of entries, from 1 to %d", maxListed))
	cmd.Flags().Uint64Var(&f.before, "before", 0, "continue below this number, which the previous page printed")
}

func (f *listFlags) check(cmd *cobra.Command) error {
	if cmd.Flags().Lookup("limit") != nil {
		if err := checkLimit(f.limit); err != nil {
			return err
		}
	}
	return checkFormat(f.format, listFormats)
}

func checkLimit(limit int) error {
	if limit < 1 || limit > maxListed {
		return misused("invalid --limit %d: must be from 1 to %d", limit, maxListed)
	}
	return nil
}

// listing is how a list command prints its rows.
type listing[Row, Shown any] struct {
	name   string // name of the rows in JSON
	header []any
	show   func(Row) Shown
	cells  func(Shown) []any
	cursor func(Row) uint64 // the number for --before; nil for a list without pages
}

// print prints a page as a table, or as a JSON object with the rows and, if there may be more, before.
func (l listing[Row, Shown]) print(out io.Writer, flags listFlags, rows []Row) error {
	return l.printBeside(out, flags, rows, map[string]any{})
}

// printBeside is print with further fields of the JSON object.
func (l listing[Row, Shown]) printBeside(out io.Writer, flags listFlags, rows []Row, list map[string]any) error {
	shown := make([]Shown, len(rows)) // [] rather than null for an empty list
	for i, row := range rows {
		shown[i] = l.show(row)
	}
	before := uint64(0)
	if l.cursor != nil && len(rows) > 0 && len(rows) == flags.limit {
		before = l.cursor(rows[len(rows)-1])
	}
	if flags.format == "json" {
		list[l.name] = shown
		if before != 0 {
			list["before"] = before
		}
		return printJSON(out, list)
	}
	table := newTable(out, l.header...)
	for _, row := range shown {
		table.row(l.cells(row)...)
	}
	err := table.flush()
	if err != nil || before == 0 {
		return err
	}
	return printText(out, "\nFor older entries, add: --before %d\n", before)
}

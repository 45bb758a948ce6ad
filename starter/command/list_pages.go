package command

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"farebook/store"
)

// cursors write and read the positions of a list with its filters.
type cursors struct {
	installation store.Installation
	binding      string
}

// cursorsOf are those of a list; filters is what a cursor belongs to, beside the list.
func cursorsOf(ctx context.Context, books *store.Store, list string, filters any) (cursors, error) {
	installation, err := books.Installation(ctx)
	if err != nil {
		return cursors{}, err
	}
	text, err := json.Marshal(filters)
	if err != nil {
		return cursors{}, fmt.Errorf("bind a cursor to its filters: %w", err)
	}
	return cursors{installation, list + "\n" + string(text)}, nil
}

func (c cursors) text(p store.Position) string { return c.installation.Cursor(c.binding, p) }

func (c cursors) position(text string) (store.Position, error) {
	if text == "" {
		return store.Position{}, nil
	}
	at, err := c.installation.Position(c.binding, text)
	if err != nil {
		return at, misused("invalid --after: must be the cursor that the previous page of this list printed, with the same filters")
	}
	return at, nil
}

// typedFilters are the argument and the flags that narrow a list, as they were typed. --all for every page narrows nothing.
func typedFilters(cmd *cobra.Command, flags listFlags) map[string]string {
	typed := map[string]string{"": strings.Join(cmd.Flags().Args(), "\n")}
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		switch flag.Name {
		case "after", "before", "limit", "output", "format":
			return
		case "all":
			if flags.all {
				return
			}
		}
		typed[flag.Name] = flag.Value.String()
	})
	return typed
}

// pageOf are rows of a list in the order of numbers, ascending or descending, and where it continues.
type pageOf[Row any] struct {
	rows   []Row
	next   string // the cursor of the next page; empty at the end of the list
	before uint64 // the same for --before
}

// readPage reads a page, or with --all every one. read returns at most limit rows that come after the row with a number in the order of the
// list; 0 begins it.
func readPage[Row, Shown any](
	cmd *cobra.Command, books *store.Store, l listing[Row, Shown], flags listFlags, read func(after uint64, limit int) ([]Row, error),
) (page pageOf[Row], err error) {
	at, err := cursorsOf(cmd.Context(), books, cmd.CommandPath(), typedFilters(cmd, flags))
	if err != nil {
		return page, err
	}
	position, err := at.position(flags.after)
	if err != nil {
		return page, err
	}
	after := max(position.ID, flags.before)
	if flags.all {
		page.rows, err = allOf(after, func(at uint64) ([]Row, error) { return read(at, listPage) }, l.cursor)
		return page, err
	}
	page.rows, err = read(after, flags.limit+1) // one more than is shown says whether there are more
	if err != nil || len(page.rows) <= flags.limit {
		return page, err
	}
	page.rows = page.rows[:flags.limit]
	page.before = l.cursor(page.rows[flags.limit-1])
	page.next = at.text(store.Position{ID: page.before})
	return page, nil
}

// printPage prints a page; list has further fields of the JSON object.
func (l listing[Row, Shown]) printPage(cmd *cobra.Command, flags listFlags, page pageOf[Row], list map[string]any) error {
	if flags.format == "csv" {
		if err := l.printCSV(csv.NewWriter(cmd.OutOrStdout()), page.rows, true); err != nil {
			return err
		}
	}
	if page.before != 0 {
		list["before"] = page.before
	}
	return l.printRead(cmd, flags, page.rows, page.next, list)
}

// printRead prints rows as a table, or as a JSON object with the fields of list, the rows, hasMore and, if there are more, next. CSV has
// rows only, which are printed already, so how to continue is on standard error.
func (l listing[Row, Shown]) printRead(cmd *cobra.Command, flags listFlags, rows []Row, next string, list map[string]any) error {
	out := cmd.OutOrStdout()
	switch flags.format {
	case "csv":
		out = cmd.ErrOrStderr()
	case "json":
		list["hasMore"] = next != ""
		if next != "" {
			list["next"] = next
		}
		return l.printJSON(out, rows, list)
	default:
		if err := l.printTable(out, rows); err != nil {
			return err
		}
	}
	if next == "" {
		return nil
	}
	return printText(out, "\nFor more, add: --after %s\n", next)
}

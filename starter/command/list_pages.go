package command

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
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

// pageOf are rows of a list in the order of numbers, and where it continues.
type pageOf[Row any] struct {
	rows   []Row
	next   string // the cursor of the next page; empty at the end of the list
	before uint64 // the same for --before
}

// readPage reads a page, or with --all every one. read returns at most limit rows below the number before, unless it is 0.
func readPage[Row, Shown any](
	cmd *cobra.Command, books *store.Store, l listing[Row, Shown], flags listFlags, read func(before uint64, limit int) ([]Row, error),
) (page pageOf[Row], err error) {
	at, err := cursorsOf(cmd.Context(), books, cmd.CommandPath(), typedFilters(cmd, flags))
	if err != nil {
		return page, err
	}
	after, err := at.position(flags.after)
	if err != nil {
		return page, err
	}
	before := max(after.ID, flags.before)
	if flags.all {
		page.rows, err = allOf(before, func(at uint64) ([]Row, error) { return read(at, listPage) }, l.cursor)
		return page, err
	}
	page.rows, err = read(before, flags.limit+1) // one more than is shown says whether there are more
	if err != nil || len(page.rows) <= flags.limit {
		return page, err
	}
	page.rows = page.rows[:flags.limit]
	page.before = l.cursor(page.rows[flags.limit-1])
	page.next = at.text(store.Position{ID: page.before})
	return page, nil
}

// printPage prints a page as a table, as a JSON object with the rows, hasMore and, if there are more, next, or as CSV. list has further
// fields of the JSON object. CSV has rows only: how to continue is on standard error.
func (l listing[Row, Shown]) printPage(cmd *cobra.Command, flags listFlags, page pageOf[Row], list map[string]any) error {
	out := cmd.OutOrStdout()
	switch flags.format {
	case "csv":
		if err := l.printCSV(csv.NewWriter(out), page.rows, true); err != nil {
			return err
		}
		out = cmd.ErrOrStderr()
	case "json":
		if page.before != 0 {
			list["before"] = page.before
		}
		return l.printJSON(out, page.rows, nextIn(list, page.next))
	default:
		if err := l.printTable(out, page.rows); err != nil {
			return err
		}
	}
	return printNext(out, page.next)
}

// nextIn adds to the JSON object of a list what the lists over HTTP say about the next page.
func nextIn(list map[string]any, next string) map[string]any {
	list["hasMore"] = next != ""
	if next != "" {
		list["next"] = next
	}
	return list
}

// printNext prints how a list continues, if it does.
func printNext(out io.Writer, next string) error {
	if next == "" {
		return nil
	}
	return printText(out, "\nFor older entries, add: --after %s\n", next)
}

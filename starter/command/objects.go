package command

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/store"
)

// asked are the filters of a list over HTTP, which make the store's.
type asked[Filter any] interface {
	Filter() (Filter, []*huma.ErrorDetail)
}

// objects are a kind of objects that operators list and show: bookings, refunds, disputes, payouts.
type objects[Filter, Row, Shown any] struct {
	listing[Row, Shown]

	one   string // "refund"
	names string // what the argument of the list may be
	read  func(ctx context.Context, books *store.Store, f Filter, p store.Page) (store.Listed[Row], error)
	// find finds what the argument of show names; nil for findObject.
	find func(ctx context.Context, books *store.Store, id string) (Row, error)
	// open shows one object. needs are the parts of the configuration that it needs beside the database.
	open  func(cmd *cobra.Command, cfg config.Config, books *store.Store, row Row, format string) error
	needs []config.Part
}

// listObjects is the command that lists objects by the filters of the list over HTTP, In.
func listObjects[In asked[Filter], Filter, Row, Shown any](o objects[Filter, Row, Shown]) *cobra.Command {
	var in In
	var flags listFlags
	list := &cobra.Command{
		Use:   "list [ID]",
		Short: "List " + o.name + ", newest first",
		Long: "Lists " + o.name + " of every client, newest first. Filters combine. With an argument (" + o.names + ") it lists what that " +
			"names and ignores all filters; as a table, one hit is shown like " + o.name + " show.",
		Args: cobra.MaximumNArgs(1),
	}
	typed := addFilters(list, &in)
	flags.addPages(list)
	flags.addAll(list)
	list.RunE = func(cmd *cobra.Command, args []string) error {
		if err := flags.check(cmd); err != nil {
			return err
		}
		named := strings.Join(args, "")
		if len(args) > 0 && named == "" {
			return misused("the argument is empty: leave it out, or give %s", o.names)
		}
		if err := typed.read(named); err != nil {
			return err
		}
		filter, problems := in.Filter()
		if err := misusedFilters(problems); err != nil {
			return err
		}
		open := named != "" && flags.format == "table"
		return o.onBooks(cmd, open, func(cfg config.Config, books *store.Store) error {
			if open {
				found, err := o.read(cmd.Context(), books, filter, store.Page{Limit: 2})
				if err == nil && len(found.Rows) == 1 {
					return o.open(cmd, cfg, books, found.Rows[0], flags.format)
				}
			}
			return o.printPages(cmd, books, filter, in, flags)
		})
	}
	return list
}

// showObject is the command that shows the object that an id names.
func showObject[In asked[Filter], Filter, Row, Shown any](o objects[Filter, Row, Shown]) *cobra.Command {
	find := o.find
	if find == nil {
		find = func(ctx context.Context, books *store.Store, id string) (Row, error) {
			return findObject[In](ctx, books, o, id)
		}
	}
	var format string
	show := &cobra.Command{
		Use:   "show ID",
		Short: "Show a " + o.one,
		Long:  "Shows the " + o.one + " that an id names: " + o.names + ".",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format, shownFormats); err != nil {
				return err
			}
			return o.onBooks(cmd, true, func(cfg config.Config, books *store.Store) error {
				row, err := find(cmd.Context(), books, args[0])
				if err != nil {
					return err
				}
				return o.open(cmd, cfg, books, row, format)
			})
		},
	}
	formatFlag(show, &format, shownFormats...)
	return show
}

// findObject finds the one object that an id names.
func findObject[In asked[Filter], Filter, Row, Shown any](
	ctx context.Context, books *store.Store, o objects[Filter, Row, Shown], id string,
) (row Row, err error) {
	var in In
	nameIn(&in, id)
	filter, problems := in.Filter()
	if err := misusedFilters(problems); err != nil {
		return row, err
	}
	found, err := o.read(ctx, books, filter, store.Page{Limit: 2})
	switch {
	case err != nil:
		return row, err
	case len(found.Rows) == 0:
		return row, fmt.Errorf("%s names no %s: see starter %s list", id, o.one, o.name)
	case len(found.Rows) > 1:
		return row, misused("%s names several %s: see starter %s list %s", id, o.name, o.name, id)
	}
	return found.Rows[0], nil
}

// onBooks runs work on the database, with the configuration that opening an object needs, if it may open one.
func (o objects[Filter, Row, Shown]) onBooks(cmd *cobra.Command, opens bool, work func(config.Config, *store.Store) error) error {
	parts := []config.Part{config.Database}
	if opens {
		parts = append(parts, o.needs...)
	}
	cfg, log, err := load(cmd.ErrOrStderr(), o.name, parts...)
	if err != nil {
		return err
	}
	return withStore(cmd.Context(), cfg, log, func(books *store.Store) error { return work(cfg, books) })
}

// printPages prints a page, or every page, and how to continue. CSV is written while pages are read; a table and JSON need every row first.
func (o objects[Filter, Row, Shown]) printPages(cmd *cobra.Command, books *store.Store, filter Filter, in any, flags listFlags) error {
	cursors, err := cursorsOf(cmd.Context(), books, "starter "+o.name+" list", in)
	if err != nil {
		return err
	}
	at, err := cursors.position(flags.after)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	file, first := csv.NewWriter(out), true
	var rows []Row
	for listed := 0; ; {
		page := store.Page{After: at, Limit: flags.limit - listed}
		if flags.all {
			page.Limit = maxListed
		}
		found, err := o.read(cmd.Context(), books, filter, page)
		if err != nil {
			return err
		}
		listed += len(found.Rows)
		if flags.format == "csv" {
			err = o.printCSV(file, found.Rows, first)
			first = false
		} else {
			rows = append(rows, found.Rows...)
		}
		switch {
		case err != nil:
			return err
		case found.Next == nil:
			return o.printRead(cmd, flags, rows, "", map[string]any{})
		case !flags.all && listed >= flags.limit:
			return o.printRead(cmd, flags, rows, cursors.text(*found.Next), map[string]any{})
		}
		at = *found.Next
	}
}

// printFacts prints an object as the columns of its list, one below the other, with more of it.
func (l listing[Row, Shown]) printFacts(out io.Writer, row Row, more ...[2]any) error {
	cells := l.cells(l.show(row))
	facts := newTable(out, l.header[0], tableCell(cells[0]))
	for i, name := range l.header[1:] {
		facts.row(strings.ToLower(fmt.Sprint(name)), tableCell(cells[i+1]))
	}
	for _, fact := range more {
		if text := tableCell(fact[1]); text != "" && text != "-" {
			facts.row(fact[0], text)
		}
	}
	return facts.flush()
}

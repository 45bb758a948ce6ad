package command

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"farebook/store"
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

// findClient finds a client by its name or its id.
func findClient(ctx context.Context, books *store.Store, nameOrID string) (store.Client, error) {
	if nameOrID == "" {
		return store.Client{}, misused("--client: name a client, as client list shows them")
	}
	found, err := books.Client(ctx, nameOrID)
	if errors.Is(err, store.ErrNotFound) {
		return store.Client{}, fmt.Errorf("there is no client %q: see client list, or make one with client create", nameOrID)
	}
	return found, err
}

// maxListed bounds a list whose next page is asked for with --before.
const maxListed = 500

// pageFlags adds --limit and --before to such a list.
func pageFlags(cmd *cobra.Command, limit *int, before *uint64) {
	cmd.Flags().IntVar(limit, "limit", 50, fmt.Sprintf("how many, 1 to %d", maxListed))
	cmd.Flags().Uint64Var(before, "before", 0, "continue below this number, as the previous list says")
}

func checkLimit(limit int) error {
	if limit < 1 || limit > maxListed {
		return misused("invalid --limit %d: must be from 1 to %d", limit, maxListed)
	}
	return nil
}

// nextBefore is what --before takes for the page after a full one, and 0 after the last.
func nextBefore[T any](page []T, limit int, cursor func(T) uint64) uint64 {
	if len(page) < limit {
		return 0
	}
	return cursor(page[len(page)-1])
}

// sayMore ends a table whose list continues.
func sayMore(out io.Writer, before uint64) error {
	if before == 0 {
		return nil
	}
	return say(out, "\nThere may be more: --before %d\n", before)
}

// printList prints a list as every command prints it as JSON: an object with the rows under their name, and with before where
// there may be more.
func printList[T any](out io.Writer, name string, rows []T, before uint64) error {
	list := map[string]any{name: append([]T{}, rows...)} // [] rather than null where there are none
	if before != 0 {
		list["before"] = before
	}
	return printJSON(out, list)
}

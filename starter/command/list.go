package command

import (
	"context"
	"errors"
	"fmt"

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

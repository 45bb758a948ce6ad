package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/store"
)

type plantedEvent struct {
	cursor uint64
	state  store.EventState
	kind   string
	about  string
}

func (e plantedEvent) fits(f store.EventFilter) bool {
	return (f.State == "" || e.state == f.State) && (f.Type == "" || e.kind == f.Type) && (f.Reference == "" || e.about == f.Reference)
}

// everyEvent reads all pages of a list.
func (b books) everyEvent(f store.EventFilter) (cursors []uint64) {
	b.t.Helper()
	for {
		page, err := b.Store.Events(b.t.Context(), f)
		require.NoError(b.t, err)
		require.LessOrEqual(b.t, len(page), f.Limit)
		for _, event := range page {
			require.Empty(b.t, event.Payload)
			cursors = append(cursors, event.Cursor)
		}
		if len(page) < f.Limit {
			return cursors
		}
		f.Before = page[f.Limit-1].Cursor
	}
}

// Each combination of filters lists the newest first, whatever index it is read by, and pages neither skip nor repeat an event.
func TestEventsAreListedByEachCombinationOfFilters(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	dice := b.dice()
	types, references := []string{"charge.succeeded", "charge.refunded", "payout.paid"}, []string{"FB-1", "FB-2", ""}
	var planted []plantedEvent
	var rows [][]any
	for id := uint64(1); id <= 400; id++ {
		e := plantedEvent{
			id, store.EventStates[dice.IntN(len(store.EventStates))], types[min(dice.IntN(6), 2)], references[dice.IntN(len(references))],
		}
		planted = append(planted, e)
		rows = append(rows, []any{id, fmt.Sprintf("evt_%d", id), e.kind, "", "o", false, e.about, "{}", string(e.state), plantedAt, plantedAt})
	}
	b.plant("stripe_events", "id, stripe_event_id, type, api_version, object_id, livemode, booking_reference, payload, state, "+
		"stripe_created_at, received_at", rows)
	for _, state := range append([]store.EventState{""}, store.EventStates...) {
		for _, kind := range append([]string{"", "charge.captured"}, types...) {
			for _, reference := range []string{"", "FB-1", "FB-3"} {
				for _, limit := range []int{17, 400} {
					filter := store.EventFilter{State: state, Type: kind, Reference: reference, Limit: limit}
					var expected []uint64
					for i := len(planted) - 1; i >= 0; i-- {
						if planted[i].fits(filter) {
							expected = append(expected, planted[i].cursor)
						}
					}
					require.Equal(t, expected, b.everyEvent(filter), "%+v", filter)
				}
			}
		}
	}
	none, err := b.Store.Events(t.Context(), store.EventFilter{Type: "charge.succeedéd", Limit: 10})
	require.NoError(t, err, "Stripe has no such type")
	require.Empty(t, none)
}

package store_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
)

// everyMatter reads all pages of a list.
func (b books) everyMatter(f store.AttentionFilter) (ids []uint64) {
	b.t.Helper()
	for {
		page, err := b.Store.AttentionItems(b.t.Context(), f)
		require.NoError(b.t, err)
		require.LessOrEqual(b.t, len(page), f.Limit)
		for _, item := range page {
			ids = append(ids, item.ID)
		}
		if len(page) < f.Limit {
			return ids
		}
		f.After = page[f.Limit-1].ID
	}
}

// Each combination of filters lists the newest or the oldest first, and pages neither skip nor repeat a matter, of a booking or of none.
func TestAttentionIsListedByEachCombinationOfFilters(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.plantBookings(3)
	dice := b.dice()
	kinds := []store.AttentionKind{store.AttentionUnknown, store.AttentionRefundFailed, store.AttentionDeparted}
	type matter struct {
		kind      store.AttentionKind
		reference booking.Reference
		state     store.AttentionState
	}
	planted := make([]matter, 300)
	rows := make([][]any, len(planted))
	for i := range planted {
		m := matter{kind: kinds[min(dice.IntN(6), 2)], state: store.AttentionOpen}
		var bookingID, closed any
		if id := dice.IntN(4); id > 0 {
			bookingID, m.reference = id, booking.Reference(plantedReference(id))
		}
		if dice.IntN(3) > 0 {
			closed, m.state = plantedAt, store.AttentionSettled
		}
		planted[i], rows[i] = m, []any{i + 1, bookingID, string(m.kind), i, "text", plantedAt, closed}
	}
	b.plant("attention_items", "id, booking_id, kind, subject, text, opened_at, closed_at", rows)
	for _, state := range []store.AttentionState{"", store.AttentionOpen, store.AttentionSettled, store.AttentionAll} {
		for _, kind := range append([]store.AttentionKind{"", store.AttentionRebuilt}, kinds...) {
			for _, reference := range []booking.Reference{"", "FB-00000002", "FB-99999999"} {
				for _, limit := range []int{9, 300} {
					filter := store.AttentionFilter{State: state, Kind: kind, Reference: reference, Limit: limit}
					oldest := filter
					oldest.Oldest = true
					var expected []uint64
					for id := len(planted); id > 0; id-- {
						m := planted[id-1]
						inState := state == store.AttentionAll || m.state == state || state == "" && m.state == store.AttentionOpen
						if inState && (kind == "" || m.kind == kind) && (reference == "" || m.reference == reference) {
							expected = append(expected, uint64(id)) //nolint:gosec // an index
						}
					}
					require.Equal(t, expected, b.everyMatter(filter), "%+v", filter)
					slices.Reverse(expected)
					require.Equal(t, expected, b.everyMatter(oldest), "%+v", oldest)
				}
			}
		}
	}
}

package gauges

import (
	"context"
	"fmt"
	"slices"
	"time"

	"farebook/store"
)

// kind is a table with open work, and its states.
type kind struct {
	table, column, since string // since is the column with the time from which the age counts
	states               []string
}

func kindOf[S ~string](table, column, since string, states []S) kind {
	k := kind{table: table, column: column, since: since}
	for _, state := range states {
		k.states = append(k.states, string(state))
	}
	return k
}

var (
	bookings = kindOf("bookings", "status", "created_at", BookingStates)
	refunds  = kindOf("refunds", "status", "created_at", RefundStates)
	disputes = kindOf("disputes", "status", "created_at", DisputeStates)
	events   = kindOf("stripe_events", "state", "received_at", EventStates)
	emails   = kindOf("emails", "status", "created_at", EmailStates)
)

// open reads the kinds of open work. Each has an index on its state and the id, so that the oldest row is the index's first.
func (r *Reader) open(ctx context.Context, out *Reading) error {
	for _, one := range []struct {
		kind kind
		into *[]Open
	}{
		{bookings, &out.Bookings}, {refunds, &out.Refunds}, {disputes, &out.Disputes}, {events, &out.Events}, {emails, &out.Emails},
	} {
		for _, state := range one.kind.states {
			found, err := r.openIn(ctx, one.kind, state)
			if err != nil {
				return fmt.Errorf("open %s: %w", one.kind.table, err)
			}
			*one.into = append(*one.into, found)
		}
	}
	return nil
}

// count and oldest are the two statements of one state; a test explains their plans.
func (k kind) count() string {
	return fmt.Sprintf("SELECT COUNT(*) FROM (SELECT 1 FROM %s WHERE %s = ? LIMIT %d) c", k.table, k.column, Cap)
}

func (k kind) oldest() string {
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s = ? ORDER BY id LIMIT 1", k.since, k.table, k.column)
}

func (r *Reader) openIn(ctx context.Context, k kind, state string) (Open, error) {
	found, conn := Open{State: state}, r.books.DB().WithContext(ctx)
	err := conn.Raw(k.count(), state).Scan(&found.Count).Error
	if err != nil || found.Count == 0 {
		return found, err
	}
	var since []time.Time
	err = conn.Raw(k.oldest(), state).Scan(&since).Error
	if len(since) > 0 {
		found.Oldest = since[0]
	}
	return found, err
}

// attentionCounted reads the open matters by the index idx_attention_list.
var attentionCounted = fmt.Sprintf(`SELECT kind AS state, COUNT(*) AS count, MIN(opened_at) AS oldest FROM (
	SELECT kind, opened_at FROM attention_items WHERE is_open = 1 ORDER BY id LIMIT %d) a GROUP BY kind`, Cap)

// attention reads the open matters, with a zero for each kind that has none.
func (r *Reader) attention(ctx context.Context, out *Reading) error {
	var rows []Open
	if err := r.books.DB().WithContext(ctx).Raw(attentionCounted).Scan(&rows).Error; err != nil {
		return fmt.Errorf("open matters: %w", err)
	}
	out.Attention = rows
	for _, kind := range store.AttentionKinds {
		if !slices.ContainsFunc(rows, func(row Open) bool { return row.State == string(kind) }) {
			out.Attention = append(out.Attention, Open{State: string(kind)})
		}
	}
	return nil
}

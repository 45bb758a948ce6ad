package proof

import (
	"context"
	"slices"
	"time"
)

// changed finds the rows that changed since a baseline. It reads them once for all checks of a subject.
type changed struct {
	*Prover
	base  proofRow
	known map[changedRows][]uint64
}

// changedRows are the rows of a subject that count as changed for checks with a lag.
type changedRows struct {
	of  subject
	lag time.Duration
}

func newChanged(p *Prover, base proofRow) *changed {
	return &changed{Prover: p, base: base, known: map[changedRows][]uint64{}}
}

// since is the time from which updated rows count, for a check with a lag.
func (c *changed) since(lag time.Duration) time.Time { return c.base.StartedAt.Add(-margin - lag) }

// scopes select the rows of a subject that changed, without those in ranges that are read anyway.
func (c *changed) scopes(ctx context.Context, rows changedRows, except []idRange) ([]scope, error) {
	ids, err := c.idsOf(ctx, rows)
	return lists(ids, except), err
}

func (c *changed) idsOf(ctx context.Context, rows changedRows) ([]uint64, error) {
	if ids, found := c.known[rows]; found {
		return ids, nil
	}
	ids, err := c.read(ctx, rows)
	if err == nil {
		c.known[rows] = ids
	}
	return ids, err
}

func (c *changed) read(ctx context.Context, rows changedRows) ([]uint64, error) {
	switch rows.of {
	case ofBookings:
		return c.changedBookings(ctx, rows.lag)
	case ofLedger:
		return c.changedTransactions(ctx)
	case ofKeys:
		return c.changedKeys(ctx)
	case ofDisputes:
		return c.ids(ctx, "SELECT id FROM disputes WHERE updated_at >= ? ORDER BY id", c.since(rows.lag))
	case ofPayouts:
		return c.changedPayouts(ctx, rows.lag)
	case ofSeals, ofState: // read by other means
	}
	return nil, nil
}

// union reads ids by several queries, each with its argument.
func (c *changed) union(ctx context.Context, queries []query) ([]uint64, error) {
	var all []uint64
	for _, one := range queries {
		ids, err := c.ids(ctx, one.text, one.arg)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

type query struct {
	text string
	arg  any
}

// changedBookings are those of which a row was changed or added: the booking, the payment, a refund, a dispute, an email or a transaction.
// A posting without a booking may be about a booking's payment as well.
func (c *changed) changedBookings(ctx context.Context, lag time.Duration) ([]uint64, error) {
	since := c.since(lag)
	return c.union(ctx, []query{
		{"SELECT id FROM bookings WHERE updated_at >= ?", since},
		{"SELECT booking_id FROM payments WHERE updated_at >= ?", since},
		{"SELECT booking_id FROM refunds WHERE updated_at >= ?", since},
		{"SELECT booking_id FROM disputes WHERE updated_at >= ?", since},
		{"SELECT booking_id FROM emails WHERE id > ? AND booking_id IS NOT NULL", c.base.EmailID},
		{"SELECT booking_id FROM financial_ledger WHERE id > ? AND booking_id IS NOT NULL", c.base.LedgerID},
		{"SELECT p.booking_id FROM " + newTransactions + ` STRAIGHT_JOIN payments p ON p.stripe_payment_intent_id = l.stripe_payment_intent_id
		  WHERE l.id > ? AND l.booking_id IS NULL`, c.base.LedgerID},
		{
			"SELECT l.booking_id FROM ledger_entries e JOIN financial_ledger l ON l.id = e.ledger_id WHERE e.id > ? AND l.booking_id IS NOT NULL",
			c.base.EntryID,
		},
	})
}

// changedTransactions are those that were added, those that got entries, and all of the changed bookings.
func (c *changed) changedTransactions(ctx context.Context) ([]uint64, error) {
	bookings, err := c.idsOf(ctx, changedRows{of: ofBookings})
	if err != nil {
		return nil, err
	}
	queries := []query{
		{"SELECT id FROM financial_ledger WHERE id > ?", c.base.LedgerID},
		{"SELECT ledger_id FROM ledger_entries WHERE id > ?", c.base.EntryID},
	}
	for part := range slices.Chunk(bookings, listIDs) {
		queries = append(queries, query{"SELECT id FROM financial_ledger WHERE booking_id IN ?", part})
	}
	return c.union(ctx, queries)
}

// changedKeys are those that were added, and all of the changed bookings.
func (c *changed) changedKeys(ctx context.Context) ([]uint64, error) {
	bookings, err := c.idsOf(ctx, changedRows{of: ofBookings})
	if err != nil {
		return nil, err
	}
	queries := []query{{"SELECT id FROM idempotency_keys WHERE id > ?", c.base.KeyID}}
	for part := range slices.Chunk(bookings, listIDs) {
		queries = append(queries, query{"SELECT id FROM idempotency_keys WHERE booking_id IN ?", part})
	}
	return c.union(ctx, queries)
}

// changedPayouts are those that were changed, and those that the ledger has anything new about.
func (c *changed) changedPayouts(ctx context.Context, lag time.Duration) ([]uint64, error) {
	return c.union(ctx, []query{
		{"SELECT id FROM payouts WHERE updated_at >= ?", c.since(lag)},
		{"SELECT p.id FROM " + newTransactions + ` STRAIGHT_JOIN payouts p ON p.stripe_payout_id = l.stripe_object_id
		  WHERE l.id > ? AND l.type IN ('payout', 'payout_reversal', 'payout_arrived', 'payout_returned', 'carry_over')`, c.base.LedgerID},
	})
}

// newTransactions are read by their ids, above those of the last proof: any other index passes over every transaction without a booking.
const newTransactions = "financial_ledger l FORCE INDEX (PRIMARY)"

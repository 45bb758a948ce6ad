package activities

import (
	"context"
	"log/slog"
	"time"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// Payouts are the activities about payouts.
type Payouts struct {
	Stripe *stripeapi.Client
	Store  *store.Store
	Log    *slog.Logger
}

// RecordPayoutInput says which payout to look at, and the events that made us look. LastLook: waiting any longer for what
// the ledger lacks makes no sense.
type RecordPayoutInput struct {
	PayoutID string   `json:"payoutId"`
	EventIDs []string `json:"eventIds,omitempty"`
	LastLook bool     `json:"lastLook,omitempty"`
}

// PayoutOutcome is where the payout stands. Proof is one of store's.
type PayoutOutcome struct {
	Status booking.PayoutStatus `json:"status"`
	Proof  store.Proof          `json:"proof"`
	// Unposted: it came back, and Stripe has not told the balance transaction of that yet.
	Unposted bool     `json:"unposted,omitempty"`
	EmailIDs []uint64 `json:"emailIds,omitempty"`
}

// Awaited tells whether Stripe has still to tell something: what the payout is made of, or that it is back.
func (o PayoutOutcome) Awaited() bool { return o.Proof == store.ProofPending || o.Unposted }

// RecordPayout reads the payout and what it pays out at Stripe, and writes to the books what left Stripe's balance and
// what came back. Harmless when repeated: guarded transitions under a row lock, UNIQUE operation keys in the ledger,
// UNIQUE event and mail rows.
func (p *Payouts) RecordPayout(ctx context.Context, in RecordPayoutInput) (PayoutOutcome, error) {
	snapshot, err := p.Stripe.Payout(ctx, in.PayoutID)
	if err != nil {
		return PayoutOutcome{}, stripeError(err)
	}
	failpoint.Hit("before-record-payout")
	recorded, err := p.Store.RecordPayout(ctx, store.PayoutOutcome{
		Snapshot: snapshot, EventIDs: in.EventIDs, LastLook: in.LastLook, Now: time.Now().UTC(),
	})
	if err != nil {
		return PayoutOutcome{}, storeError(err)
	}
	failpoint.Hit("after-record-payout")
	p.Log.InfoContext(ctx, "payout recorded", "payoutId", in.PayoutID, "status", recorded.Status, "proof", recorded.Proof)
	return PayoutOutcome{Status: recorded.Status, Proof: recorded.Proof, Unposted: recorded.Unposted, EmailIDs: recorded.EmailIDs}, nil
}

package activities

import (
	"context"
	"log/slog"

	"go.temporal.io/sdk/activity"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// Payouts are the activities about payouts.
type Payouts struct {
	Stripe *stripeapi.Client
	Store  *store.Store
	// Unbooked knows what may be another integration's.
	Unbooked *Unbooked
	Log      *slog.Logger
}

// RecordPayoutInput says which payout to look at, and the events that made us look. LastLook: waiting any longer for what
// is missing in the ledger makes no sense. All: what it pays out is read to its end, however long that takes.
type RecordPayoutInput struct {
	PayoutID string   `json:"payoutId"`
	EventIDs []string `json:"eventIds,omitempty"`
	LastLook bool     `json:"lastLook,omitempty"`
	All      bool     `json:"all,omitempty"`
}

// RecordPayout reads the payout and what it pays out at Stripe, and writes to the books what left Stripe's balance and
// what came back. Harmless when repeated: guarded transitions under a row lock, UNIQUE operation keys in the ledger,
// UNIQUE event and mail rows.
func (p *Payouts) RecordPayout(ctx context.Context, in RecordPayoutInput) (PayoutRecorded, error) {
	known, err := p.Store.Payout(ctx, in.PayoutID)
	isKnown, err := inBooks(err)
	if err != nil {
		return PayoutRecorded{}, storeError(err)
	}
	snapshot, err := p.Stripe.Payout(ctx, in.PayoutID)
	if isAbsent(err) {
		gone := absence{object: nameOf("payout", in.PayoutID), known: isKnown, eventIDs: in.EventIDs}
		return PayoutRecorded{Foreign: true}, absent(ctx, p.Store, p.Log, gone, err)
	}
	if err != nil {
		return PayoutRecorded{}, stripeError(err)
	}
	var read payoutRead
	if snapshot.Complete && known.Proof != store.ProofProven { // what was proven stays so
		if read, err = p.read(ctx, in); err != nil {
			return PayoutRecorded{}, err
		}
	}
	failpoint.Hit("before-record-payout")
	recorded, err := p.Store.RecordPayout(ctx, store.PayoutReading{
		Snapshot: snapshot, Contents: read.Contents, Large: read.After != "", EventIDs: in.EventIDs, LastLook: in.LastLook, Now: p.Store.Now(),
	})
	if err != nil {
		return PayoutRecorded{}, storeError(err)
	}
	failpoint.Hit("after-record-payout")
	if recorded.Status == booking.PayoutUnknown {
		p.Log.ErrorContext(ctx, "a payout has a status at Stripe that this version does not know", "payoutId", in.PayoutID, "stripeStatus", string(snapshot.Status))
	}
	p.Log.InfoContext(ctx, "payout recorded", "payoutId", in.PayoutID, "status", recorded.Status, "proof", recorded.Proof)
	return recorded, nil
}

// contentsAtOnce is how many pages of a payout are read on the fast path: within what a step has there.
const contentsAtOnce = 5

// payoutRead is how far a payout's contents were read; it is the heartbeat's detail, too.
type payoutRead struct {
	After    string                 `json:"after,omitempty"` // Stripe's cursor; empty at the end, and at the beginning
	Contents booking.PayoutContents `json:"contents"`
}

// read holds a payout's contents against the ledger: the first pages, or all of them.
func (p *Payouts) read(ctx context.Context, in RecordPayoutInput) (payoutRead, error) {
	var at payoutRead
	if in.All && activity.HasHeartbeatDetails(ctx) {
		_ = activity.GetHeartbeatDetails(ctx, &at) // unreadable: from the beginning, which is harmless
	}
	for pages := 0; in.All || pages < contentsAtOnce; pages++ {
		page, next, err := p.Stripe.PayoutContents(ctx, in.PayoutID, at.After)
		if err != nil {
			return at, stripeError(err)
		}
		unmatched, err := p.Store.MatchPayout(ctx, page, p.Unbooked.mayBeOthers, p.Store.Now())
		if err != nil {
			return at, storeError(err)
		}
		at.After = next
		at.Contents.Add(page, unmatched)
		if next == "" {
			break
		}
		failpoint.Hit("after-payout-page")
		if in.All {
			activity.RecordHeartbeat(ctx, at)
		}
	}
	return at, nil
}

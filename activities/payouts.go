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
	// Unbooked decides what may belong to another integration.
	Unbooked *Unbooked
	Log      *slog.Logger
}

// RecordPayoutInput names the payout to read, and the events that caused it. LastLook: balance transactions that the ledger does not have
// are no longer waited for. All: the payout's contents are read to the end, however long that takes.
type RecordPayoutInput struct {
	PayoutID string   `json:"payoutId"`
	EventIDs []string `json:"eventIds,omitempty"`
	LastLook bool     `json:"lastLook,omitempty"`
	All      bool     `json:"all,omitempty"`
}

// RecordPayout reads the payout and its contents at Stripe, and records what left Stripe's balance and what was returned to it. Harmless
// when repeated: guarded transitions under a row lock, UNIQUE operation keys in the ledger, and UNIQUE event and email rows.
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
	if snapshot.Complete && known.Proof != store.ProofProven { // a payout that was proven stays so
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
		p.Log.ErrorContext(ctx, "payout has a status at Stripe that this version does not know", "payoutId", in.PayoutID,
			"stripeStatus", string(snapshot.Status))
	}
	p.Log.InfoContext(ctx, "payout recorded", "payoutId", in.PayoutID, "status", recorded.Status, "proof", recorded.Proof)
	return recorded, nil
}

// contentsAtOnce is how many pages of a payout are read without All: within the time limit of a workflow's fast step.
const contentsAtOnce = 5

// payoutRead is how far a payout's contents were read. It is also the heartbeat's detail.
type payoutRead struct {
	After    string                 `json:"after,omitempty"` // Stripe's cursor; empty at the beginning and at the end
	Contents booking.PayoutContents `json:"contents"`
}

// read compares a payout's contents with the ledger: the first pages, or all of them.
func (p *Payouts) read(ctx context.Context, in RecordPayoutInput) (payoutRead, error) {
	var at payoutRead
	if in.All && activity.HasHeartbeatDetails(ctx) {
		_ = activity.GetHeartbeatDetails(ctx, &at) // unreadable: it starts over, which is harmless
	}
	for pages := 0; in.All || pages < contentsAtOnce; pages++ {
		page, next, err := p.Stripe.PayoutContents(ctx, in.PayoutID, at.After)
		if err != nil {
			return at, stripeError(err)
		}
		unmatched, err := p.Store.MatchPayout(ctx, store.PayoutPage{PayoutID: in.PayoutID, Page: page}, p.Unbooked.mayBeOthers, p.Store.Now())
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

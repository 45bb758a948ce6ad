package activities

import (
	"context"
	"errors"
	"log/slog"

	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// Disputes are the activities about disputes.
type Disputes struct {
	Stripe *stripeapi.Client
	Store  *store.Store
	Log    *slog.Logger
}

// DisputeRef names a dispute: dp_...
type DisputeRef struct {
	DisputeID string `json:"disputeId"`
}

// RecordDisputeInput names the dispute to read, and the events that caused it. LastLook: the money of a won dispute that is not back yet
// is no longer waited for.
type RecordDisputeInput struct {
	DisputeRef
	EventIDs []string `json:"eventIds,omitempty"`
	LastLook bool     `json:"lastLook,omitempty"`
}

// RecordDispute reads the dispute at Stripe and records its state in one transaction. Harmless when repeated: guarded transitions under a
// row lock, and UNIQUE ledger, event and email rows.
func (d *Disputes) RecordDispute(ctx context.Context, in RecordDisputeInput) (DisputeRecorded, error) {
	snapshot, err := d.Stripe.Dispute(ctx, in.DisputeID)
	if isAbsent(err) {
		known, knownErr := inBooks(second(d.Store.Dispute(ctx, in.DisputeID)))
		if knownErr != nil {
			return DisputeRecorded{}, storeError(knownErr)
		}
		gone := absence{object: nameOf("dispute", in.DisputeID), known: known, eventIDs: in.EventIDs}
		return DisputeRecorded{Foreign: true}, absent(ctx, d.Store, d.Log, gone, err)
	}
	if err != nil {
		return DisputeRecorded{}, stripeError(err)
	}
	if snapshot.PaymentIntentID, err = intentOf(ctx, d.Store, snapshot.PaymentIntentID, snapshot.ChargeID); err != nil {
		return DisputeRecorded{}, storeError(err)
	}
	failpoint.Hit("before-record-dispute")
	recorded, err := d.Store.RecordDispute(ctx, store.DisputeReading{
		Snapshot: snapshot, EventIDs: in.EventIDs, LastLook: in.LastLook, Now: d.Store.Now(),
	})
	if errors.Is(err, store.ErrNotFound) {
		return DisputeRecorded{Status: snapshot.State(), Foreign: true}, setAside(ctx, d.Store, in.EventIDs, store.NoteForeign)
	}
	if err != nil {
		return DisputeRecorded{}, storeError(err)
	}
	failpoint.Hit("after-record-dispute")
	d.Log.InfoContext(ctx, "dispute recorded", "disputeId", in.DisputeID, "reference", recorded.Reference,
		"status", recorded.Status, "bookingStatus", recorded.BookingStatus)
	return recorded, nil
}

// RemindOfDispute queues an email to the finance department that evidence is due soon. Harmless when repeated: one email row per dispute.
func (d *Disputes) RemindOfDispute(ctx context.Context, in DisputeRef) (EmailsQueued, error) {
	failpoint.Hit("before-remind-of-dispute")
	emails, err := d.Store.RemindOfDispute(ctx, in.DisputeID, d.Store.Now())
	failpoint.Hit("after-remind-of-dispute")
	return EmailsQueued{EmailIDs: emails}, storeError(err)
}

package activities

import (
	"context"
	"errors"
	"slices"
	"strings"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/store"
)

// RecordPaymentOutcomeInput names the payment to read, and says why. Reason decides what a cancelled PaymentIntent means for the booking.
type RecordPaymentOutcomeInput struct {
	Reference       booking.Reference `json:"reference"`
	PaymentIntentID string            `json:"paymentIntentId"`
	EventIDs        []string          `json:"eventIds,omitempty"`
	Reason          Reason            `json:"reason"`
	// Others are PaymentIntents that events assigned to this booking although it has another one.
	Others []OtherPayment `json:"others,omitempty"`
}

// OtherPayment is such a PaymentIntent with the events about it.
type OtherPayment struct {
	PaymentIntentID string   `json:"paymentIntentId"`
	EventIDs        []string `json:"eventIds"`
}

// RecordPaymentOutcome reads the PaymentIntent at Stripe and records its state in one transaction. An event is a pointer and never a fact:
// whichever events arrived, and in whatever order, the state at Stripe now is recorded. Harmless when repeated: guarded transitions under
// a row lock, and UNIQUE ledger, event and email rows.
func (p *Payments) RecordPaymentOutcome(ctx context.Context, in RecordPaymentOutcomeInput) (PaymentRecorded, error) {
	snapshot, _, err := p.Stripe.PaymentIntent(ctx, in.PaymentIntentID)
	if isAbsent(err) {
		return p.absent(ctx, in, err)
	}
	if err != nil {
		return PaymentRecorded{}, stripeError(err)
	}
	failpoint.Hit("before-record-outcome")
	recorded, err := p.recordSnapshot(ctx, in, snapshot)
	if err != nil {
		return PaymentRecorded{}, err
	}
	failpoint.Hit("after-record-outcome")
	if err := p.recordOthers(ctx, in); err != nil {
		return PaymentRecorded{}, err
	}
	p.Log.InfoContext(ctx, "payment outcome recorded", "reference", in.Reference, "paymentIntentId", in.PaymentIntentID,
		"bookingStatus", recorded.BookingStatus, "paymentStatus", recorded.PaymentStatus, "refundDue", recorded.RefundDue)
	return recorded, nil
}

// recordOthers reads the PaymentIntents that events assigned to the booking: an event alone marks no booking for attention.
func (p *Payments) recordOthers(ctx context.Context, in RecordPaymentOutcomeInput) error {
	for _, other := range in.Others {
		snapshot, _, err := p.Stripe.PaymentIntent(ctx, other.PaymentIntentID)
		if isAbsent(err) {
			gone := absence{object: nameOf("PaymentIntent", other.PaymentIntentID), eventIDs: other.EventIDs}
			if err := absent(ctx, p.Store, p.Log, gone, err); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return stripeError(err)
		}
		err = p.Store.RecordOtherPayment(ctx, store.OtherPaymentReading{
			Reference: in.Reference, Snapshot: snapshot, EventIDs: other.EventIDs, Now: p.Store.Now(),
		})
		if err != nil {
			return storeError(err)
		}
	}
	return nil
}

// recordSnapshot records a payment as Stripe has it. The bank debits before the latest charge are listed where the ledger may not have one
// of them in its final state: the reading was not caused by an event from Stripe (but by reconciliation or a timer), or the ledger has
// another charge in transit, which the recording step finds out.
func (p *Payments) recordSnapshot(ctx context.Context, in RecordPaymentOutcomeInput,
	snapshot booking.PaymentSnapshot,
) (PaymentRecorded, error) {
	reading := store.PaymentReading{
		Reference: in.Reference, Snapshot: snapshot, EventIDs: in.EventIDs, Reason: in.Reason, Now: p.Store.Now(),
		AskForDebits: in.Reason != ReasonEvent || slices.ContainsFunc(in.EventIDs, isFromStripe),
	}
	if reading.AskForDebits {
		recorded, err := p.Store.RecordPayment(ctx, reading)
		if !errors.Is(err, store.ErrDebitsInTransit) {
			return recorded, storeError(err)
		}
	}
	debits, err := p.Stripe.Debits(ctx, in.PaymentIntentID)
	if err != nil {
		return PaymentRecorded{}, stripeError(err)
	}
	reading.AskForDebits, reading.Snapshot.Debits, reading.Now = false, debits, p.Store.Now()
	recorded, err := p.Store.RecordPayment(ctx, reading)
	return recorded, storeError(err)
}

// isFromStripe tells an event from Stripe apart from a request by reconciliation.
func isFromStripe(eventID string) bool { return strings.HasPrefix(eventID, "evt_") }

// absent is the result for a PaymentIntent that Stripe does not have: the booking is unchanged.
func (p *Payments) absent(ctx context.Context, in RecordPaymentOutcomeInput, failure error) (PaymentRecorded, error) {
	known, err := p.Store.Booking(ctx, in.Reference)
	if err != nil {
		return PaymentRecorded{}, storeError(err)
	}
	gone := absence{
		object: nameOf("PaymentIntent", in.PaymentIntentID), eventIDs: in.EventIDs,
		known: known.Payment != nil && known.Payment.PaymentIntentID == in.PaymentIntentID,
	}
	if err := absent(ctx, p.Store, p.Log, gone, failure); err != nil {
		return PaymentRecorded{}, err
	}
	outcome := PaymentRecorded{BookingStatus: known.Status, RefundDue: known.RefundDue, Foreign: true}
	if known.Payment != nil {
		outcome.PaymentStatus = known.Payment.Status
	}
	return outcome, nil
}

// intentOf is the PaymentIntent of an object at Stripe. Where neither the object nor its charge names one, the books may know the charge;
// empty for a charge that the books do not know.
func intentOf(ctx context.Context, books *store.Store, intent, chargeID string) (string, error) {
	if intent != "" || chargeID == "" {
		return intent, nil
	}
	known, err := books.PaymentIntentOfCharge(ctx, chargeID)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return known, err
}

package inbox

import (
	"context"
	"errors"

	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/workflows"
)

// Why an event waits, or does not.
const (
	noteForgotten         = "about a booking of ours that the books do not know: it is handed on once they do"
	noteOtherInstallation = "made by another installation of Farebook on the same Stripe account"
)

// forgotten tells whether an event that nobody here owns is about a payment of this installation all the same: the books have lost its
// booking, as after a restore. It returns the booking's reference then, and otherwise an empty one with the note that the event is
// set aside with.
func (i *Inbox) forgotten(ctx context.Context, e Event, note string) (booking.Reference, string, error) {
	ours, err := i.Store.Installation(ctx)
	if err != nil {
		return "", "", err
	}
	made, intent, err := i.madeBy(ctx, e)
	switch {
	case err != nil:
		return "", "", err
	case made.installation != ours.ID && made.installation != "":
		return "", noteOtherInstallation, nil
	case made.installation == "" || made.reference == "":
		return "", note, nil
	}
	known, err := i.Store.Booking(ctx, made.reference)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return made.reference, "", nil
	case err != nil:
		return "", "", err
	case known.Payment != nil:
		return "", note, nil // it is about another PaymentIntent than the booking's
	}
	// The books know the booking and not that it has this PaymentIntent: its workflow records it, and then the event finds it.
	news := workflows.StripeEvent{EventID: "forgotten/" + intent, Type: e.Type, PaymentIntentID: intent}
	return made.reference, "", i.Dispatch.DeliverStripeEvent(correlation.With(ctx, known.CorrelationID), dispatch.BookingSubjectOf(known), news)
}

// maker is what metadata say of who made a payment.
type maker struct {
	installation string
	reference    booking.Reference
}

// madeBy reads who made the payment that an event is about: from the event's object, and from the PaymentIntent at Stripe where the
// object has no metadata of ours (disputes, and refunds that were made in Stripe's dashboard).
func (i *Inbox) madeBy(ctx context.Context, e Event) (made maker, intent string, err error) {
	made = maker{e.installation(), e.Reference()}
	intent, note, err := i.intentOf(ctx, e)
	if made.installation != "" || note != "" || err != nil {
		return made, intent, err
	}
	if owners[e.Type] != refund && owners[e.Type] != dispute {
		return made, intent, nil // a PaymentIntent or its charge, whose metadata are the same
	}
	snapshot, _, err := i.Stripe.PaymentIntent(ctx, intent)
	if stripeapi.IsKind(err, stripeapi.NotFound) {
		return made, intent, nil
	}
	if err != nil {
		return maker{}, "", err
	}
	made.installation = snapshot.InstallationID
	made.reference, err = booking.ParseReference(string(snapshot.Reference))
	if err != nil {
		made.reference = "" // metadata can be edited
	}
	return made, intent, nil
}

// setAside closes an event that nobody owns, or keeps it open where the books have forgotten whose it is.
func (i *Inbox) setAside(ctx context.Context, e Event, note string, attempts int) error {
	if e.NotOurs == "" {
		reference, why, err := i.forgotten(ctx, e, note)
		if err != nil {
			return err
		}
		if reference != "" {
			return i.keepOpen(ctx, e, reference, attempts)
		}
		if why == note {
			why, err = i.whose(ctx, e, note)
		}
		if err != nil {
			return err
		}
		note = why
	}
	return i.Store.SetAside(ctx, []string{e.ID}, note)
}

// keepOpen leaves an event for when its booking is in the books. Harmless when repeated: the event's row.
func (i *Inbox) keepOpen(ctx context.Context, e Event, reference booking.Reference, attempts int) error {
	i.Log.ErrorContext(ctx, "an event is about a booking of ours that the books do not know: was the database restored? See docs/disaster.md",
		"eventId", e.ID, "type", e.Type, "objectId", e.ObjectID(), "reference", reference)
	failpoint.Hit("before-keep-event-open")
	err := i.Store.KeepEventOpen(ctx, e.ID, reference, noteForgotten, i.Store.Now().Add(i.pause(attempts)))
	failpoint.Hit("after-keep-event-open")
	return err
}

// wake has those events handed on at once whose booking is in the books again.
func (i *Inbox) wake(ctx context.Context) error {
	woken, err := i.Store.WakeUnknownBookings(ctx, i.Store.Now())
	if woken > 0 {
		i.Log.InfoContext(ctx, "events are handed on whose bookings are in the books again", "count", woken)
	}
	return err
}

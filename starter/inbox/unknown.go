package inbox

import (
	"cmp"
	"context"

	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/starter/dispatch"
	"farebook/workflows"
)

// routeUnknown decides about an event whose booking is not in the books. If this installation made the payment, the books have lost the
// booking, as after a restore, and the event stays open until the booking is there. Any other event is set aside.
func (i *Inbox) routeUnknown(ctx context.Context, e Event, r resolution) (outcome, error) {
	ours, err := i.Store.Installation(ctx)
	if err != nil {
		return outcome{}, err
	}
	made, err := i.makerOf(ctx, e, r.paymentIntentID)
	switch {
	case err != nil:
		return outcome{}, err
	case made.installation != ours.ID && made.installation != "":
		return outcome{note: noteOtherInstallation, notOurs: true}, nil
	case made.installation == "" || made.reference == "":
		return i.notOurs(ctx, e.Subject, r.reason)
	case made.reference == r.missing:
		return outcome{awaits: made.reference}, nil
	}
	of, err := found(i.Store.Booking(ctx, made.reference))
	switch {
	case err != nil:
		return outcome{}, err
	case of == nil:
		return outcome{awaits: made.reference}, nil
	case of.Payment != nil:
		return i.notOurs(ctx, e.Subject, r.reason) // another PaymentIntent than the booking's
	}
	// The booking has lost its payment. Its workflow records the PaymentIntent, and the next attempt finds the booking by it.
	signal := workflows.StripeEvent{EventID: "forgotten/" + r.paymentIntentID, Type: e.Type, PaymentIntentID: r.paymentIntentID}
	err = i.Dispatch.DeliverStripeEvent(correlation.With(ctx, of.CorrelationID), dispatch.BookingSubjectOf(*of), signal)
	return outcome{awaits: made.reference}, err
}

// notOurs sets an event aside, with the explanation of Unbooked where it has one.
func (i *Inbox) notOurs(ctx context.Context, subject Subject, reason string) (outcome, error) {
	if i.Unbooked == nil {
		return outcome{note: reason, notOurs: true}, nil
	}
	explained, err := i.Unbooked.NoteOf(ctx, subject.ChargeID, subject.PaymentIntentID)
	return outcome{note: cmp.Or(explained, reason), notOurs: true}, err
}

// maker is the installation that created a payment and its booking, as the metadata say.
type maker struct {
	installation string
	reference    booking.Reference
}

// makerOf reads the maker from the event's object, or from the PaymentIntent at Stripe for an object without our metadata: a dispute,
// or a refund that was made in Stripe's dashboard. A charge has the metadata of its PaymentIntent.
func (i *Inbox) makerOf(ctx context.Context, e Event, paymentIntentID string) (maker, error) {
	subject := e.Subject
	made := maker{subject.InstallationID, subject.Reference}
	if made.installation != "" || paymentIntentID == "" || subject.owner != refund && subject.owner != dispute {
		return made, nil
	}
	snapshot, _, err := i.Stripe.PaymentIntent(ctx, paymentIntentID)
	if stripeapi.IsKind(err, stripeapi.NotFound) {
		return made, i.missing(ctx, e, "PaymentIntent "+paymentIntentID)
	}
	if err != nil {
		return maker{}, err
	}
	made.installation = snapshot.InstallationID
	made.reference, err = booking.ParseReference(string(snapshot.Reference))
	if err != nil {
		made.reference = "" // metadata can be edited
	}
	return made, nil
}

// keepOpen leaves an event unprocessed until its booking is in the books. It sets columns of the event's row to fixed values, so a
// repetition is harmless.
func (i *Inbox) keepOpen(ctx context.Context, e Event, reference booking.Reference, attempts int) error {
	i.Log.ErrorContext(ctx, "an event concerns a booking of ours that is not in the database: was the database restored? See docs/disaster.md",
		"eventId", e.ID, "type", e.Type, "objectId", e.Subject.ObjectID, "reference", reference)
	failpoint.Hit("before-keep-event-open")
	err := i.Store.KeepEventOpen(ctx, e.ID, reference, noteAwaitsBooking, i.Store.Now().Add(i.pause(attempts)))
	failpoint.Hit("after-keep-event-open")
	return err
}

// wake makes the events due whose booking is in the books again.
func (i *Inbox) wake(ctx context.Context) error {
	woken, err := i.Store.WakeUnknownBookings(ctx, i.Store.Now())
	if woken > 0 {
		i.Log.InfoContext(ctx, "events are due again whose bookings are in the database now", "count", woken)
	}
	return err
}

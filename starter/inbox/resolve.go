package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// readLag is how long after an event its charge or PaymentIntent may be missing at Stripe, whose reads may be behind its events.
const readLag = 5 * time.Minute

// resolution is what an event's subject is in the books. It is found once, before the event is routed.
type resolution struct {
	// paymentIntentID is that of the payment; empty where neither the event, the books nor Stripe name one.
	paymentIntentID string
	// booking has the payment; nil where the books have none.
	booking *store.Booking
	// refund is the one that the event concerns, where its workflow runs under our id.
	refund *store.Refund
	// reason is a note that says why there is no booking; empty for an owner that needs none.
	reason string
	// missing is a reference under which no booking was found.
	missing booking.Reference
}

// resolve finds the refund or the booking that an event concerns. Ids decide. Metadata is used only where the books do not know the
// PaymentIntent: then the booking's workflow reads the PaymentIntent at Stripe and checks whether it is the booking's.
func (i *Inbox) resolve(ctx context.Context, e Event) (resolution, error) {
	subject := e.Subject
	r := resolution{paymentIntentID: subject.PaymentIntentID}
	var err error
	switch subject.owner {
	case payout, funds, nobody:
		return r, nil
	case refund:
		r.refund, err = i.refundOf(ctx, subject)
		if r.refund != nil || err != nil {
			return r, err
		}
	}
	r.paymentIntentID, r.reason, err = i.paymentIntentOf(ctx, e)
	if r.reason != "" || err != nil {
		return r, err
	}
	reference := subject.Reference
	if subject.owner != payment {
		reference = ""
	}
	r.booking, err = i.bookingOf(ctx, r.paymentIntentID, reference)
	switch {
	case r.booking != nil || err != nil:
	case reference == "":
		r.reason = store.NoteForeign
	default:
		r.reason, r.missing = noteUnknown, reference
	}
	return r, err
}

// bookingOf finds the booking of a payment: by its PaymentIntent, and by a reference, unless that is empty, where the books do not know the
// PaymentIntent. It returns nil where the books have none.
func (i *Inbox) bookingOf(ctx context.Context, paymentIntentID string, reference booking.Reference) (*store.Booking, error) {
	known, err := found(i.Store.BookingOfPayment(ctx, paymentIntentID))
	if known != nil || err != nil || reference == "" {
		return known, err
	}
	return found(i.Store.Booking(ctx, reference))
}

// found returns nil for a row that does not exist.
func found[T any](row T, err error) (*T, error) {
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &row, nil
}

// refundOf finds a refund whose workflow runs under our id: by Stripe's id, or by ours where the books know no id of Stripe's for it
// and the payment is the same, because our id comes from metadata. It returns nil for a refund that was made in Stripe's dashboard or
// before a backup was restored, and for one that was recorded as refused and that Stripe made all the same: their workflows run under
// Stripe's id.
func (i *Inbox) refundOf(ctx context.Context, subject Subject) (*store.Refund, error) {
	known, err := found(i.Store.RefundByStripeID(ctx, subject.ObjectID))
	if err != nil {
		return nil, err
	}
	if known == nil && subject.RefundID != "" {
		known, err = found(i.Store.Refund(ctx, subject.RefundID))
		if err != nil || known == nil || known.StripeRefundID != "" || known.PaymentIntentID != subject.PaymentIntentID {
			return nil, err
		}
	}
	if known == nil || known.Origin == booking.RefundFromDashboard || known.Refused() {
		return nil, nil
	}
	return known, nil
}

// paymentIntentOf returns the PaymentIntent that an event concerns. For an object that names only a charge it comes from the books,
// and from Stripe where the books do not know the charge. reason says why there is none.
func (i *Inbox) paymentIntentOf(ctx context.Context, e Event) (id, reason string, err error) {
	charge := e.Subject.ChargeID
	switch {
	case e.Subject.PaymentIntentID != "":
		return e.Subject.PaymentIntentID, "", nil
	case charge == "":
		return "", store.NoteForeign, nil
	}
	id, err = i.Store.PaymentIntentOfCharge(ctx, charge)
	if !errors.Is(err, store.ErrNotFound) {
		return id, "", err
	}
	id, err = i.Stripe.PaymentIntentOfCharge(ctx, charge)
	switch {
	case stripeapi.IsKind(err, stripeapi.NotFound):
		return "", noteChargeGone, i.missing(ctx, e, "charge "+charge)
	case err == nil && id == "":
		return "", noteChargeAlone, nil
	}
	return id, "", err
}

// missing returns an error for an object that Stripe does not find, so that the sweeper tries the event again, until the event is older
// than readLag.
func (i *Inbox) missing(ctx context.Context, e Event, object string) error {
	received, err := i.Store.EventsReceived(ctx, []string{e.ID})
	if err != nil {
		return err
	}
	if i.Store.Now().Sub(received) < readLag {
		return fmt.Errorf("%s is not at Stripe yet", object)
	}
	return nil
}

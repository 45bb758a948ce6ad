package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"farebook/internal/stripeapi"
	"farebook/store"
)

// chargePatience is how long after its event a charge may be missing at Stripe: Stripe can be behind its own events.
const chargePatience = 5 * time.Minute

// chargeID is the object's own id, or of the charge that it belongs to; empty for an object that names none.
func (e Event) chargeID() string {
	object := e.Data.Object
	if object.Object == "charge" {
		return object.ID
	}
	return object.Charge
}

// payer finds the booking whose payment an event is about: by the PaymentIntent, or by the charge where the object names no
// PaymentIntent. note says why there is none.
func (i *Inbox) payer(ctx context.Context, e Event) (paid store.Booking, intent, note string, err error) {
	intent, note, err = i.intentOf(ctx, e)
	if note != "" || err != nil {
		return store.Booking{}, "", note, err
	}
	paid, err = i.Store.BookingOfPayment(ctx, intent)
	if errors.Is(err, store.ErrNotFound) {
		return store.Booking{}, intent, noteForeign, nil
	}
	return paid, intent, "", err
}

// intentOf names the PaymentIntent that an event is about. Of an object that names a charge alone, the books say it, and Stripe where
// the books do not know the charge; note says why nobody does.
func (i *Inbox) intentOf(ctx context.Context, e Event) (intent, note string, err error) {
	charge := e.chargeID()
	switch intent = e.paymentIntentID(); {
	case intent != "":
		return intent, "", nil
	case charge == "":
		return "", noteForeign, nil
	}
	intent, err = i.Store.PaymentIntentOfCharge(ctx, charge)
	if !errors.Is(err, store.ErrNotFound) {
		return intent, "", err
	}
	intent, err = i.Stripe.PaymentIntentOfCharge(ctx, charge)
	switch {
	case stripeapi.IsKind(err, stripeapi.NotFound):
		return i.chargeIsMissing(ctx, e, charge)
	case err == nil && intent == "":
		return "", noteChargeAlone, nil
	}
	return intent, "", err
}

// chargeIsMissing returns an error, which has the sweeper try again, until the event is chargePatience old.
func (i *Inbox) chargeIsMissing(ctx context.Context, e Event, charge string) (intent, note string, err error) {
	received, err := i.Store.EventsReceived(ctx, []string{e.ID})
	if err != nil {
		return "", "", err
	}
	if i.Store.Now().Sub(received) < chargePatience {
		return "", "", fmt.Errorf("charge %s is not at Stripe yet", charge)
	}
	return "", noteChargeGone, nil
}

package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// glancePages bounds glance: a busy account creates a thousand PaymentIntents in ten minutes, and a booking's first response waits for it.
const glancePages = 5

// glance searches for a booking's PaymentIntent among the newest ones. One that it misses is a twin that nobody can pay.
func (p *Payments) glance(ctx context.Context, known store.Booking) (booking.PaymentSnapshot, bool, error) {
	after := ""
	for range glancePages {
		page, err := p.Stripe.PaymentIntentsPage(ctx, known.CreatedAt.Add(-clockSkew), p.Store.Now().Add(clockSkew), after)
		if err != nil {
			return booking.PaymentSnapshot{}, false, err
		}
		if mine := page.Of(known.Reference); len(mine) > 0 {
			return mine[0], true, nil
		}
		if after = page.Next; after == "" {
			break
		}
	}
	return booking.PaymentSnapshot{}, false, nil
}

// search searches all PaymentIntents since the booking was made.
func (p *Payments) search(ctx context.Context, known store.Booking) (found booking.PaymentSnapshot, ok bool, err error) {
	err = p.eachPage(ctx, known.CreatedAt, p.Store.Now(), func(page stripeapi.PaymentIntentsPage) (done bool, err error) {
		mine := page.Of(known.Reference)
		if ok = len(mine) > 0; ok {
			found = mine[0]
		}
		return ok, nil
	})
	return found, ok, err
}

// forgottenFor is how far back the PaymentIntent of a forgotten request is searched for: Stripe keeps its key for at least 24 h.
const forgottenFor = 72 * time.Hour

// searchForgotten searches for the PaymentIntent that a request has led to and that the books do not know, newest first.
func (p *Payments) searchForgotten(ctx context.Context, origin stripeapi.Origin) (found booking.PaymentSnapshot, ok bool, err error) {
	now := p.Store.Now()
	err = p.eachPage(ctx, now.Add(-forgottenFor), now, func(page stripeapi.PaymentIntentsPage) (done bool, err error) {
		found, ok = page.OfRequest(origin)
		return ok, nil
	})
	if ok {
		p.Log.WarnContext(ctx, "PaymentIntent missing in the books found by the key of its request", "reference", found.Reference,
			"paymentIntentId", found.PaymentIntentID, "status", found.StripeStatus)
	}
	return found, ok, err
}

// eachPage visits the PaymentIntents that were created from since to until, plus or minus clockSkew, until visit is done or there are no
// more. Its progress is in the heartbeat, so that a list of any length is read over several attempts.
func (p *Payments) eachPage(ctx context.Context, since, until time.Time,
	visit func(stripeapi.PaymentIntentsPage) (done bool, err error),
) error {
	for at := progressOf(ctx); ; {
		page, err := p.Stripe.PaymentIntentsPage(ctx, since.Add(-clockSkew), until.Add(clockSkew), at.Cursor)
		if err != nil {
			return err
		}
		done, err := visit(page)
		if err != nil || done {
			return err
		}
		if at.Cursor = page.Next; at.Cursor == "" {
			return nil
		}
		activity.RecordHeartbeat(ctx, at)
	}
}

// CancelTwins cancels the booking's other PaymentIntents, which a creation of unknown outcome left behind. Nobody has their client secrets,
// so none can be paid; once cancelled, none can be mistaken for the booking's. Its progress is in the heartbeat. Harmless when repeated:
// Stripe's idempotency key cancel-twin/<id>, and the PaymentIntent's state.
func (p *Payments) CancelTwins(ctx context.Context, in BookingRef) error {
	known, err := p.Store.Booking(ctx, in.Reference)
	if err != nil {
		return storeError(err)
	}
	if known.Payment == nil {
		return nil // its creation is still running, and schedules this activity again
	}
	err = p.eachPage(ctx, known.CreatedAt, known.Payment.CreatedAt, func(page stripeapi.PaymentIntentsPage) (done bool, err error) {
		return false, p.cancelTwinsOn(ctx, page, known)
	})
	if err != nil {
		return stripeError(err)
	}
	return storeError(p.Store.NoTwin(ctx, known.Reference, p.Store.Now()))
}

// cancelTwinsOn cancels each PaymentIntent on the page that names the booking and is not the one in the books. One whose state does not
// allow it is left as it is.
func (p *Payments) cancelTwinsOn(ctx context.Context, page stripeapi.PaymentIntentsPage, known store.Booking) error {
	for _, twin := range page.Of(known.Reference) {
		if twin.PaymentIntentID == known.Payment.PaymentIntentID {
			continue
		}
		p.Log.WarnContext(ctx, "cancelling a twin of the booking's PaymentIntent", "reference", known.Reference,
			"paymentIntentId", twin.PaymentIntentID)
		err := p.Stripe.CancelTwin(ctx, twin.PaymentIntentID)
		if err != nil && !stripeapi.IsKind(err, stripeapi.UnexpectedState) {
			return err
		}
	}
	return nil
}

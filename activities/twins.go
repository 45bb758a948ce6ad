package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// glancePages bounds a glance: on a busy account a thousand PaymentIntents are made in ten minutes, and a booking's first answer
// waits for it.
const glancePages = 5

// glance looks for a booking's PaymentIntent among the newest ones. What it misses is a twin that nobody can pay.
func (p *Payments) glance(ctx context.Context, known store.Booking) (booking.PaymentSnapshot, bool, error) {
	after := ""
	for range glancePages {
		page, err := p.Stripe.PaymentIntentsPage(ctx, known.CreatedAt.Add(-clockSkew), time.Now().Add(clockSkew), after)
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

// search looks through all PaymentIntents since the booking was made. Its place rests in the heartbeat, so that a list of any
// length is read over several attempts.
func (p *Payments) search(ctx context.Context, known store.Booking) (booking.PaymentSnapshot, bool, error) {
	for at := progressOf(ctx); ; {
		page, err := p.Stripe.PaymentIntentsPage(ctx, known.CreatedAt.Add(-clockSkew), time.Now().Add(clockSkew), at.Cursor)
		if err != nil {
			return booking.PaymentSnapshot{}, false, err
		}
		if mine := page.Of(known.Reference); len(mine) > 0 {
			return mine[0], true, nil
		}
		if at.Cursor = page.Next; at.Cursor == "" {
			return booking.PaymentSnapshot{}, false, nil
		}
		activity.RecordHeartbeat(ctx, at)
	}
}

// CancelTwins cancels PaymentIntents of the booking beside its own, which a creation of unknown outcome left behind. Nobody has
// their client secrets, so that none can be paid; cancelled, none can be taken for the booking's either. Its place in the list
// rests in the heartbeat. Harmless when repeated: Stripe's key cancel-twin/<id>, and the state itself.
func (p *Payments) CancelTwins(ctx context.Context, in BookingRef) error {
	known, err := p.Store.Booking(ctx, in.Reference)
	if err != nil {
		return storeError(err)
	}
	if known.Payment == nil {
		return nil // its creation is still under way, and comes here again
	}
	for at := progressOf(ctx); ; {
		page, err := p.Stripe.PaymentIntentsPage(ctx, known.CreatedAt.Add(-clockSkew), known.Payment.CreatedAt.Add(clockSkew), at.Cursor)
		if err != nil {
			return stripeError(err)
		}
		for _, twin := range page.Of(known.Reference) {
			if twin.PaymentIntentID == known.Payment.PaymentIntentID {
				continue
			}
			p.Log.WarnContext(ctx, "a twin of the booking's PaymentIntent is cancelled", "reference", known.Reference, "paymentIntentId", twin.PaymentIntentID)
			err := p.Stripe.CancelTwin(ctx, twin.PaymentIntentID)
			if err != nil && !stripeapi.IsKind(err, stripeapi.UnexpectedState) {
				return stripeError(err)
			}
		}
		if at.Cursor = page.Next; at.Cursor == "" {
			return storeError(p.Store.NoTwin(ctx, known.Reference, time.Now().UTC()))
		}
		activity.RecordHeartbeat(ctx, at)
	}
}

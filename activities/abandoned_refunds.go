package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/temporal"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// requestTime bounds how long after BeginRefund a request for a refund may still reach Stripe: an attempt's own time-out.
const requestTime = time.Minute

// abandon ends a refund that a person has abandoned, once it is certain that Stripe has not made it: nothing is outstanding that Stripe was
// asked, and neither an event nor Stripe's list shows it. One that is there is adopted: Stripe has made it. While Stripe does not know the
// payment, its list proves nothing, and the refund stays as it is. Harmless when repeated: guarded transition, UNIQUE mail key.
func (r *Refunds) abandon(ctx context.Context, known store.Refund) (RefundRecorded, error) {
	undecided := RefundRecorded{RefundID: known.ID, Reference: known.Reference, Status: known.Status, Postponed: true}
	_, _, err := r.Stripe.PaymentIntent(ctx, known.PaymentIntentID)
	if stripeapi.IsKind(err, stripeapi.NotFound) {
		r.Log.ErrorContext(ctx, "an abandoned refund stays open: Stripe does not know its payment, is STRIPE_SECRET_KEY another account's?",
			"refundId", known.ID, "paymentIntentId", known.PaymentIntentID)
		return undecided, nil
	}
	if err != nil {
		return RefundRecorded{}, stripeError(err)
	}
	made, found, err := r.find(ctx, known)
	if err != nil {
		return RefundRecorded{}, stripeError(err)
	}
	if found {
		return RefundRecorded{RefundID: known.ID, StripeRefundID: made.StripeRefundID, Reference: known.Reference, Status: made.Status()}, nil
	}
	if r.outstanding(known) {
		return RefundRecorded{}, temporal.NewApplicationError("Stripe may have made the refund and not list it yet: looked for again", OutcomeUnknown)
	}
	others, err := r.recordOthers(ctx, known)
	if err != nil || others != nil {
		return orEmpty(others), err
	}
	failpoint.Hit("before-abandon-refund")
	recorded, err := r.Store.RecordRefundRefused(ctx, known.ID, booking.CodeAbandoned, r.Store.Now())
	if err != nil {
		return RefundRecorded{}, storeError(err)
	}
	failpoint.Hit("after-abandon-refund")
	r.Log.InfoContext(ctx, "refund abandoned", "refundId", known.ID, "reference", known.Reference)
	return r.withMails(ctx, recorded)
}

// outstanding tells whether Stripe was asked for the refund without a refusal since, so recently that its lists may miss what it made.
func (r *Refunds) outstanding(known store.Refund) bool {
	asked := known.AskedAt
	if asked == nil || known.RefusedAt != nil && !known.RefusedAt.Before(*asked) {
		return false
	}
	return r.Store.Now().Sub(*asked) < requestTime+r.ListLag
}

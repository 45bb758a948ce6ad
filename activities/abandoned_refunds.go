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

// requestTime is how long after BeginRefund a request for the refund may still reach Stripe: the time-out of an attempt.
const requestTime = time.Minute

// abandon closes a refund that an operator has abandoned, once it is certain that Stripe has not made it: no request is outstanding, and
// neither an event nor Stripe's list shows the refund. A refund that Stripe has made is adopted. While Stripe does not know the payment,
// its list proves nothing, and the refund stays open. Harmless when repeated: a guarded transition and a UNIQUE email key.
func (r *Refunds) abandon(ctx context.Context, known store.Refund) (RefundRecorded, error) {
	undecided := RefundRecorded{RefundID: known.ID, Reference: known.Reference, Status: known.Status, Postponed: true}
	_, _, err := r.Stripe.PaymentIntent(ctx, known.PaymentIntentID)
	if stripeapi.IsKind(err, stripeapi.NotFound) {
		r.Log.ErrorContext(ctx, "abandoned refund stays open: Stripe does not know its payment. Check that STRIPE_SECRET_KEY is of the right "+
			"account",
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
		return RefundRecorded{}, temporal.NewApplicationError("Stripe may have made the refund without listing it yet: the search is repeated",
			OutcomeUnknown)
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
	return r.withEmails(ctx, recorded)
}

// outstanding reports whether the refund was requested without a refusal since, so recently that Stripe's lists may miss it.
func (r *Refunds) outstanding(known store.Refund) bool {
	asked := known.AskedAt
	if asked == nil || known.RefusedAt != nil && !known.RefusedAt.Before(*asked) {
		return false
	}
	return r.Store.Now().Sub(*asked) < requestTime+r.ListLag
}

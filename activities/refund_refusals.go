package activities

import (
	"cmp"
	"context"
	"errors"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// postponing are the refusals of a refund that are no end. NotFound is a key of another account's, as the books know that the
// payment succeeded.
var postponing = []stripeapi.Kind{stripeapi.InsufficientBalance, stripeapi.UnknownRefusal, stripeapi.NotFound}

// askForRefund asks under the generation's key. Stripe keeps a refusal under its key and replays it, so that after a replayed one
// the next key asks anew, once a look has shown that there is no refund: refusals counts the keys that are used up so.
func (r *Refunds) askForRefund(
	ctx context.Context, known store.Refund, generation int, refusals *int, find func() (booking.RefundSnapshot, bool, error),
) (booking.RefundSnapshot, error) {
	request := stripeapi.NewRefund{
		RefundID: known.ID, Reference: known.Reference, PaymentIntentID: known.PaymentIntentID, Amount: known.Amount.Value,
		Reason: known.Reason, CorrelationID: known.CorrelationID,
	}
	if known.RequestKey != "" {
		installation, err := r.Store.Installation(ctx)
		if err != nil {
			return booking.RefundSnapshot{}, err
		}
		request.Origin = stripeapi.Origin{InstallationID: installation.ID, RequestKey: known.RequestKey}
	}
	for range keyGenerations {
		snapshot, err := r.Stripe.CreateRefund(ctx, request, generation+*refusals)
		if !stripeapi.IsKind(err, postponing...) || !stripeapi.IsReplayed(err) {
			return snapshot, err
		}
		snapshot, found, lookErr := find()
		if found || lookErr != nil {
			return snapshot, lookErr
		}
		*refusals++
	}
	return booking.RefundSnapshot{}, &stripeapi.Failure{Kind: stripeapi.OutcomeUnknown, Operation: "create refund", Code: "too_many_refusals"}
}

// postpone keeps why Stripe does not make the refund now, and tells finance once. Nothing is told to the customer.
func (r *Refunds) postpone(ctx context.Context, known store.Refund, cause error, refusals int) (RefundRecorded, error) {
	var failure *stripeapi.Failure
	if !errors.As(cause, &failure) {
		return RefundRecorded{}, cause
	}
	in := store.RefundPostponement{ID: known.ID, NeedsOperator: true, Now: r.Store.Now()}
	what := "Stripe refuses a refund for a reason that is not known to be final: a person has to look"
	switch failure.Kind {
	case stripeapi.InsufficientBalance:
		in.Code, in.NeedsOperator, what = booking.CodeBalanceInsufficient, false, "Stripe's balance does not cover a refund"
	case stripeapi.NotFound:
		in.Code, what = booking.CodePaymentNotFound, "Stripe does not know the payment of a refund: is STRIPE_SECRET_KEY another account's?"
	default:
		in.Code = cmp.Or(failure.Code, booking.CodeUnknownRefusal)
	}
	r.Log.ErrorContext(ctx, what, "refundId", known.ID, "reference", known.Reference, "paymentIntentId", known.PaymentIntentID,
		"code", in.Code, "param", failure.Param, "requestId", failure.RequestID)
	failpoint.Hit("before-postpone-refund")
	recorded, err := r.Store.PostponeRefund(ctx, in)
	if err != nil {
		return RefundRecorded{}, storeError(err)
	}
	failpoint.Hit("after-postpone-refund")
	recorded.Refusals = refusals
	return recorded, nil
}

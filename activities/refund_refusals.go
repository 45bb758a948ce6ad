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

// postponing are the refusals after which Stripe may still make the refund. NotFound means that the secret key is of another account, or
// that Stripe answered from a replica that is behind, because the books know that the payment succeeded.
var postponing = []stripeapi.Kind{stripeapi.InsufficientBalance, stripeapi.UnknownRefusal, stripeapi.NotFound}

// askForRefund requests the refund under the generation's idempotency key. Stripe stores a refusal under the key and replays it: after a
// replayed refusal the next key is used, once Stripe's list shows no refund. refusals counts the keys that refusals have used up.
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
		snapshot, found, findErr := find()
		if found || findErr != nil {
			return snapshot, findErr
		}
		*refusals++
	}
	return booking.RefundSnapshot{},
		&stripeapi.CallError{Kind: stripeapi.OutcomeUnknown, Operation: "create refund", Code: "too_many_refusals"}
}

// postpone records why Stripe does not make the refund now, and notifies the finance department once. The customer gets no email.
func (r *Refunds) postpone(ctx context.Context, known store.Refund, cause error, refusals int) (RefundRecorded, error) {
	var failure *stripeapi.CallError
	if !errors.As(cause, &failure) {
		return RefundRecorded{}, cause
	}
	in := store.RefundPostponement{ID: known.ID, NeedsOperator: true, Now: r.Store.Now()}
	what := "Stripe refuses a refund for a reason that is not known to be final: an operator has to decide"
	switch failure.Kind {
	case stripeapi.InsufficientBalance:
		in.Code, in.NeedsOperator, what = booking.CodeBalanceInsufficient, false,
			"Stripe's balance does not cover a refund: it is requested again when there is money"
	case stripeapi.NotFound:
		in.Code, what = booking.CodePaymentNotFound,
			"Stripe does not know the payment of a refund. Check that STRIPE_SECRET_KEY is of the right account"
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

package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/starter/subjects"
	"farebook/store"
)

const refundsPath = "/v1/bookings/{reference}/refunds"

func (a *api) addRefunds(spec huma.API) {
	operation := a.action(spec, access.RefundsWrite, huma.Operation{
		OperationID: "create-refund", Path: refundsPath, Summary: "Refund a booking, or part of it",
		Description: "The amount is reserved at once: refunds never exceed what was captured. Stripe is asked by the refund's own workflow; read " +
			"`GET /v1/refunds/{id}` for how it goes. Banks take days. Two refunds of the same amount are two refunds: each has its own key.",
		DefaultStatus: http.StatusCreated,
		Parameters:    keyParameter(true),
	})
	huma.Register(spec, a.movesMoney(spec, operation), a.createRefund)
}

// refundBody documents the request; decode_actions.go reads it.
type refundBody struct {
	Amount *amountBody `json:"amount,omitempty" doc:"Left out: all that is left."`
	Reason string      `json:"reason,omitempty" enum:"requested_by_customer,duplicate,fraudulent" default:"requested_by_customer"`
	Note   string      `json:"note,omitempty" maxLength:"500" doc:"For your own people: one line."`
}

type createRefundOutput struct {
	Status   int
	Location string `header:"Location" doc:"Where the refund is read."`
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key was known already."`
	Body     refundView
}

// createRefund may die between any two steps: the caller asks again with the same key, and each step finds what was done
// already.
func (a *api) createRefund(ctx context.Context, in *actionInput) (*createRefundOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, a.AnswerTimeout)
	defer cancel()
	known, err := a.changeable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	request, err := decodeRefund(in.RawBody, known.Amount.Currency)
	if err != nil {
		return nil, invalidBody(ctx, err)
	}
	key, _, err := a.keyOf(ctx, store.OperationCreateRefund, string(known.Reference), request)
	if err != nil {
		return nil, err
	}
	ctx = withBooking(ctx, known)
	var refund store.Refund
	var claim store.Claim
	err = a.awaitTurn(ctx, func() (bool, error) {
		var err error
		refund, claim, err = a.Store.ReserveRefund(ctx, store.NewRefund{
			Key: key, Reference: known.Reference, Request: request, CorrelationID: correlationOf(ctx), By: actorOf(ctx), Now: a.Store.Now(),
		})
		return claim.InProgress, a.refundRefused(ctx, err)
	})
	if err != nil {
		return nil, err
	}
	failpoint.Hit("api-after-refund-reserve")
	if claim.Answer == nil {
		end := a.atWork(ctx, key)
		kept, err := a.startRefund(ctx, key, refund)
		end(err == nil)
		if err != nil {
			return nil, err
		}
		claim.Answer, claim.AnswerStatus = kept.Answer, kept.AnswerStatus
	}
	out := &createRefundOutput{Status: claim.AnswerStatus, Replayed: replayedHeader(claim.Replayed)}
	if err := a.replay(ctx, claim, &out.Body); err != nil {
		return nil, err
	}
	out.Location = "/v1/refunds/" + out.Body.ID
	return out, nil
}

func (a *api) startRefund(ctx context.Context, key store.IdempotencyKey, refund store.Refund) (store.Claim, error) {
	if err := a.Dispatch.StartRefund(ctx, subjects.Refund(refund)); err != nil {
		return store.Claim{}, a.temporalFailed(ctx, err)
	}
	failpoint.Hit("api-after-refund-start")
	// As it was asked for: what becomes of it meanwhile would make another answer of the same request.
	refund.Status = booking.RefundRequested
	claim, err := a.keep(ctx, key, http.StatusCreated, refundViewOf(refund))
	failpoint.Hit("api-after-refund-answer")
	return claim, err
}

// refundRefused maps what the books refuse; nil stays nil.
func (a *api) refundRefused(ctx context.Context, err error) error {
	var exceeds *store.RefundExceedsCaptured
	var refused *store.NotRefundable
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exceeds):
		return problem(ctx, http.StatusUnprocessableEntity, "refund-exceeds-captured", "Nothing was refunded: "+exceeds.Error()+".",
			&huma.ErrorDetail{Location: "body.amount.value", Message: "is more than what is left to refund", Value: exceeds.Left})
	case errors.As(err, &refused):
		return problem(ctx, http.StatusConflict, "not-refundable", "Nothing was refunded: "+refused.Why+".")
	default:
		return a.storeFailed(ctx, err)
	}
}

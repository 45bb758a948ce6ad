package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/tracing"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/store/proposals"
)

const (
	bookingRefundsPath = bookingsPath + "/{reference}/refunds"
	refundsPath        = "/v1/refunds"
)

func (a *api) addRefunds(spec huma.API) {
	register(a, spec, a.movesMoney(spec, a.action(spec, access.RefundsWrite, huma.Operation{
		OperationID: "create-refund", Path: bookingRefundsPath, Summary: "Refund a booking, or part of it",
		Description: "Reserves the amount at once: refunds never exceed what was captured. The refund's workflow asks Stripe; read " +
			"`GET /v1/refunds/{id}` for its status. Banks take days. Two refunds of the same amount are two refunds: each needs its own key.",
		DefaultStatus: http.StatusCreated,
		Parameters:    keyParameter(true),
	})), a.createRefund)
}

// refundBody documents the request; decode_actions.go reads it.
type refundBody struct {
	Amount *amountBody `json:"amount,omitempty" doc:"Default: all that is left."`
	Reason string      `json:"reason,omitempty" enum:"requested_by_customer,duplicate,fraudulent" default:"requested_by_customer"`
	Note   string      `json:"note,omitempty" maxLength:"500" doc:"One line for your staff."`
	// Payment is only needed where there are several.
	Payment string `json:"payment,omitempty" doc:"The paymentIntentId of the payment that is refunded. Required when several payments of the booking were captured." example:"pi_3PabcDEF"`
}

// askedRefund is what identifies a refund's request. A request that names no payment has the same bytes as in older releases.
type askedRefund struct {
	booking.RefundRequest

	Payment string `json:"payment,omitempty"`
}

// createRefund reserves the refund under its key and starts its workflow. The answer shows the refund as requested: its later status
// would make a repetition's answer differ.
func (a *api) createRefund(ctx context.Context, in *actionInput) (*created[RefundView], error) {
	known, err := a.changeable(ctx, in.Reference)
	if err != nil {
		return nil, err
	}
	request, err := decodeRefund(in.RawBody, known.Amount.Currency)
	if err != nil {
		return nil, err
	}
	ctx = withBooking(ctx, known)
	of, sure, err := a.refundedPayment(ctx, known, request.Payment)
	if err != nil {
		return nil, err
	}
	var refund store.Refund
	out, err := idempotent(ctx, a, idempotentRequest[RefundView]{
		operation: store.OperationCreateRefund, subject: string(known.Reference), body: request, status: http.StatusCreated, points: refundPoints,
		claim: func(ctx context.Context, key store.IdempotencyKey) (claim store.Claim, err error) {
			if !sure { // a request from before the second payment keeps its answer
				if _, err := a.Store.KnownClaim(ctx, key); errors.Is(err, store.ErrNotFound) {
					return claim, errWhichPayment
				}
			}
			refund, claim, err = a.Store.ReserveRefund(ctx, store.NewRefund{
				Key: key, Reference: of.Reference, Request: request.RefundRequest, CorrelationID: of.CorrelationID,
				TraceParent: tracing.Parent(ctx), By: actorOf(ctx), Limits: a.RefundLimits, Now: a.Store.Now(),
			})
			return claim, err
		},
		work: func(ctx context.Context, _ string) (RefundView, error) {
			refund.Status = booking.RefundRequested
			return RefundViewOf(refund), needsWorkflow("", a.Dispatch.StartRefund(ctx, dispatch.RefundSubjectOf(refund)))
		},
	})
	if err != nil {
		return nil, err
	}
	return out.at(refundsPath + "/" + out.Body.ID), nil
}

// refund is a refund that the caller may read or change: one of its client's, or any with the scope. An invalid id and another
// client's refund get the same answer.
func (a *api) refund(ctx context.Context, text string, everyClients access.Scope) (known store.Refund, err error) {
	id, err := booking.ParseRefundID(text)
	if err != nil {
		return store.Refund{}, errNoSuchRefund
	}
	caller := callerOf(ctx)
	if caller.Scopes.Has(everyClients) {
		known, err = a.Store.Refund(ctx, id)
	} else {
		known, err = a.Store.RefundOf(ctx, caller.Owner, id)
	}
	return known, orMissing(err, errNoSuchRefund)
}

// refundsShown are the views of refunds, with who is behind each for callers who may read what operators do.
func (a *api) refundsShown(ctx context.Context, refunds []store.Refund) ([]RefundView, error) {
	shown := shownOf(refunds, RefundViewOf)
	if !callerOf(ctx).Scopes.Has(access.OperationsRead) {
		return shown, nil
	}
	ids := make([]booking.RefundID, len(refunds))
	for i, refund := range refunds {
		ids[i] = refund.ID
	}
	behind, err := proposals.New(a.Store).Behind(ctx, ids)
	for i, id := range ids {
		of := behind[id]
		shown[i].SentBy, shown[i].Proposal, shown[i].ProposedBy = of.SentBy, of.Proposal, of.ProposedBy
	}
	return shown, err
}

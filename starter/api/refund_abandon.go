package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/starter/subjects"
	"farebook/store"
	"farebook/workflows"
)

const abandonPath = "/v1/refunds/{id}/abandon"

func (a *api) addRefundAbandon(spec huma.API) {
	huma.Register(spec, a.movesMoney(spec, a.action(spec, access.RefundsWrite, huma.Operation{
		OperationID: "abandon-refund", Path: abandonPath, Summary: "Abandon a refund that Stripe refuses for now",
		Description: "Of a refund that is `requested` with a `failureReason`. Stripe is not asked for it any more, and its amount is free again: the refund ends " +
			"as `failed`, and the customer hears that the money is owed in another way. A refund that Stripe has made after all is answered as it is. It stays " +
			"`requested`, with `abandonedAt`, while it cannot be said yet that Stripe has not made it, and ends then. Abandoning it twice with the same note is " +
			"answered the same.",
		RequestBody: &huma.RequestBody{Required: true},
	})), a.abandonRefund)
}

type abandonInput struct {
	ID      string `path:"id" doc:"The refund's id." example:"RF-7K2M9QXA"`
	RawBody []byte `contentType:"application/json"`
}

// abandonRefundBody documents the request; decode_actions.go reads it.
type abandonRefundBody struct {
	Note string `json:"note" minLength:"1" maxLength:"500" doc:"Why, and how the customer gets the money instead: one line." example:"paid by bank transfer"`
}

type abandonOutput struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key was known already."`
	Body     refundView
}

// abandonRefund writes decision and audit entry in one transaction, and then has the refund's workflow act on them. A repetition after a
// crash finds the decision with the same note.
func (a *api) abandonRefund(ctx context.Context, in *abandonInput) (*abandonOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, a.AnswerTimeout)
	defer cancel()
	known, err := a.refund(ctx, in.ID, access.OperationsWrite)
	if err != nil {
		return nil, err
	}
	note, err := decodeAbandonRefund(in.RawBody)
	if err != nil {
		return nil, invalidBody(ctx, err)
	}
	out := &abandonOutput{}
	id := string(known.ID)
	replayed, err := a.once(ctx, task{operation: "abandon-refund", about: id, resource: id, request: note}, &out.Body, func(string) error {
		var err error
		out.Body, err = a.abandon(ctx, known, note)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Replayed = replayedHeader(replayed)
	return out, nil
}

func (a *api) abandon(ctx context.Context, known store.Refund, note string) (refundView, error) {
	err := a.Store.AbandonRefund(ctx, store.AbandonRefund{ID: known.ID, Note: note, By: actorOf(ctx), Now: a.Store.Now()})
	var refused *store.NotAbandonable
	if errors.As(err, &refused) {
		return refundView{}, problem(ctx, http.StatusConflict, "not-abandonable", "Nothing was changed: "+refused.Why+".")
	}
	if err != nil {
		return refundView{}, a.refundReadFailed(ctx, err)
	}
	if _, err := a.Dispatch.AbandonRefund(ctx, subjects.Refund(known)); err != nil {
		return refundView{}, a.workflowFailed(ctx, workflows.RefundWorkflowID(string(known.ID)), err)
	}
	now, err := a.Store.Refund(ctx, known.ID)
	if err != nil {
		return refundView{}, a.refundReadFailed(ctx, err)
	}
	return refundViewOf(now), nil
}

// refund is one that the caller may read or change: its client's, or any with the scope. What is no id at all and another client's
// refund are answered alike.
func (a *api) refund(ctx context.Context, text string, everyClients access.Scope) (known store.Refund, err error) {
	id, err := booking.ParseRefundID(text)
	if err != nil {
		return store.Refund{}, noSuchRefund(ctx)
	}
	caller := callerOf(ctx)
	if caller.Scopes.Has(everyClients) {
		known, err = a.Store.Refund(ctx, id)
	} else {
		known, err = a.Store.RefundOf(ctx, caller.Owner, id)
	}
	if err != nil {
		return store.Refund{}, a.refundReadFailed(ctx, err)
	}
	return known, nil
}

func (a *api) refundReadFailed(ctx context.Context, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return noSuchRefund(ctx)
	}
	return a.storeFailed(ctx, err)
}

func noSuchRefund(ctx context.Context) error {
	return problem(ctx, http.StatusNotFound, "no-such-refund", "There is no refund of yours with this id.")
}

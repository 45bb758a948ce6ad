package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/workflows"
)

const abandonPath = refundsPath + "/{id}/abandon"

func (a *api) addRefundAbandon(spec huma.API) {
	register(a, spec, a.movesMoney(spec, a.action(spec, access.RefundsWrite, huma.Operation{
		OperationID: "abandon-refund", Path: abandonPath, Summary: "Abandon a refund that Stripe refuses for now",
		Description: "For a refund that is `requested` and has a `failureReason`. Stripe is not asked for it again and its amount becomes " +
			"available: the refund ends as `failed`, and an email tells the customer that the money comes another way. A refund that Stripe " +
			"has created after all is returned as it is. While Stripe may still have created it, the refund stays `requested` with " +
			"`abandonedAt`, and ends later. Abandoning twice with the same note gets the same answer.",
		RequestBody: &huma.RequestBody{Required: true},
	})), a.abandonRefund)
}

type abandonInput struct {
	ID      string `path:"id" doc:"The refund's id." example:"RF-7K2M9QXA"`
	RawBody []byte `contentType:"application/json"`
}

// abandonRefundBody documents the request; decode_actions.go reads it.
type abandonRefundBody struct {
	Note string `json:"note" minLength:"1" maxLength:"500" doc:"Why, and how the customer gets the money instead, in one line." example:"paid by bank transfer"`
}

func (a *api) abandonRefund(ctx context.Context, in *abandonInput) (*replayable[RefundView], error) {
	known, err := a.refund(ctx, in.ID, access.OperationsWrite)
	if err != nil {
		return nil, err
	}
	note, err := decodeAbandonRefund(in.RawBody)
	if err != nil {
		return nil, err
	}
	id := string(known.ID)
	return idempotent(ctx, a, idempotentRequest[RefundView]{
		operation: "abandon-refund", subject: id, body: note, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation(id, store.AuditEntry{}),
		work:  func(ctx context.Context, _ string) (RefundView, error) { return a.abandon(ctx, known, note) },
	})
}

// abandon writes decision and audit entry in one transaction, then has the refund's workflow act on them. A repetition finds the
// decision by its note.
func (a *api) abandon(ctx context.Context, known store.Refund, note string) (RefundView, error) {
	err := a.Store.AbandonRefund(ctx, store.AbandonRefund{ID: known.ID, Note: note, By: actorOf(ctx), Now: a.Store.Now()})
	if err != nil {
		return RefundView{}, orMissing(err, errNoSuchRefund)
	}
	if _, err := a.Dispatch.AbandonRefund(ctx, dispatch.RefundSubjectOf(known)); err != nil {
		return RefundView{}, needsWorkflow(workflows.RefundWorkflowID(string(known.ID)), err)
	}
	now, err := a.Store.Refund(ctx, known.ID)
	return RefundViewOf(now), orMissing(err, errNoSuchRefund)
}

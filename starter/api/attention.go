package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/view"
	"farebook/store"
)

const (
	attentionPath = "/v1/attention"
	matterPath    = attentionPath + "/{id}"
	closePath     = matterPath + "/close"
	operationsTag = "Operations"
)

func (a *api) addAttention(spec huma.API) {
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "list-attention", Method: http.MethodGet, Path: attentionPath, Tags: []string{operationsTag},
		Summary: "List matters that need attention",
		Description: "For the bookings of all clients and for objects without a booking. A matter closes automatically when the books show " +
			"that it is settled.",
		Errors: []int{404, 422},
	}, access.OperationsRead), a.listAttention)
	register(a, spec, a.action(spec, access.OperationsWrite, huma.Operation{
		OperationID: "close-attention", Path: closePath, Tags: []string{operationsTag}, Summary: "Close a matter",
		Description: "Records that somebody has dealt with it. Closing it again with the same note gets the same answer; another note is " +
			"refused. The matter " +
			"opens again only when its text changes.",
		RequestBody: &huma.RequestBody{Required: true},
	}), a.closeAttention)
	a.addAttentionSteps(spec)
}

type attentionInput struct {
	PageInput
	AttentionFilters
}

type attentionOutput struct {
	Body struct {
		Matters []view.Matter `json:"matters" nullable:"false"`
		PageEnd
	}
}

func (a *api) listAttention(ctx context.Context, in *attentionInput) (*attentionOutput, error) {
	filter, problems := in.Filter(actorOf(ctx))
	if len(problems) > 0 {
		return nil, invalid(ctx, problems...)
	}
	page, err := a.pageFor(ctx, "list-attention", in.PageInput, in.AttentionFilters)
	if err != nil {
		return nil, err
	}
	filter.After, filter.Limit = page.After.ID, page.readLimit()
	if in.Booking != "" {
		known, err := a.readable(ctx, in.Booking)
		if err != nil {
			return nil, err
		}
		filter.Reference = known.Reference
	}
	items, err := a.Store.AttentionItems(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := &attentionOutput{}
	out.Body.Matters, out.Body.PageEnd = pageOf(items, page, view.MatterTo(actorOf(ctx)),
		func(item store.AttentionItem) uint64 { return item.ID })
	return out, nil
}

type matterInput struct {
	ID      uint64 `path:"id" doc:"The matter's number." example:"7"`
	RawBody []byte `contentType:"application/json"`
}

// closeAttentionBody documents the request; decode_actions.go reads it.
type closeAttentionBody struct {
	Note string `json:"note" minLength:"1" maxLength:"500" doc:"What was done or decided." example:"refunded by bank transfer"`
}

// closeAttention writes the audit entry in one transaction with the decision. A repetition after a crash finds the matter closed with
// the same note.
func (a *api) closeAttention(ctx context.Context, in *matterInput) (*replayable[view.Matter], error) {
	note, err := decodeOperatorNote(in.RawBody)
	if err != nil {
		return nil, err
	}
	id := strconv.FormatUint(in.ID, 10)
	return idempotent(ctx, a, idempotentRequest[view.Matter]{
		operation: "close-attention", subject: id, body: note, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation(id, store.AuditEntry{}),
		work: func(ctx context.Context, _ string) (view.Matter, error) {
			if err := a.Store.CloseAttention(ctx, in.ID, note, actorOf(ctx), a.Store.Now()); err != nil {
				return view.Matter{}, orMissing(err, errNoSuchMatter)
			}
			return a.matter(ctx, in.ID)
		},
	})
}

// matter reads a matter as the caller sees it.
func (a *api) matter(ctx context.Context, id uint64) (view.Matter, error) {
	item, err := a.Store.AttentionItem(ctx, id)
	return view.MatterTo(actorOf(ctx))(item), orMissing(err, errNoSuchMatter)
}

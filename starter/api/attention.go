package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/attention"
	"farebook/store"
)

const (
	attentionPath = "/v1/attention"
	// operationsTag groups what operators do beside bookings and reconciliation.
	operationsTag = "Operations"
)

func (a *api) addAttention(spec huma.API) {
	huma.Register(spec, a.guard(spec, huma.Operation{
		OperationID: "list-attention", Method: http.MethodGet, Path: attentionPath, Tags: []string{operationsTag},
		Summary: "List what needs attention",
		Description: "The newest first, of all clients' bookings and of objects that belong to no booking. A matter closes when it is settled, as far as the " +
			"books can know that.",
		Errors: []int{404, 422},
	}, access.OperationsRead), a.listAttention)
	huma.Register(spec, a.action(spec, access.OperationsWrite, huma.Operation{
		OperationID: "close-attention", Path: attentionPath + "/{id}/close", Tags: []string{operationsTag}, Summary: "Close a matter",
		Description: "Records that somebody has dealt with it. Closing it again with the same note is answered the same; with another note it is " +
			"refused. The matter opens again only with another text.",
		RequestBody: &huma.RequestBody{Required: true},
	}), a.closeAttention)
}

type attentionInput struct {
	PageInput
	State   string `query:"state" enum:"open,closed,all" default:"open"`
	Kind    string `query:"kind" maxLength:"40" doc:"Of this kind alone." example:"refund_failed"`
	Booking string `query:"booking" doc:"About this booking: its reference."`
}

type attentionOutput struct {
	Body struct {
		Matters []attention.Matter `json:"matters" nullable:"false"`
		PageEnd
	}
}

func (a *api) listAttention(ctx context.Context, in *attentionInput) (*attentionOutput, error) {
	filter := store.AttentionFilter{
		State: store.AttentionState(in.State), Kind: store.AttentionKind(in.Kind), Before: in.After, Limit: in.readLimit(),
	}
	if filter.Kind != "" && !slices.Contains(store.AttentionKinds, filter.Kind) {
		return nil, problem(ctx, http.StatusUnprocessableEntity, "invalid-request", "The request is refused: see errors. Nothing was done.",
			&huma.ErrorDetail{Location: "query.kind", Message: "is an unknown kind: send one of " + attention.KindNames(), Value: in.Kind})
	}
	if in.Booking != "" {
		known, err := a.readable(ctx, in.Booking)
		if err != nil {
			return nil, err
		}
		filter.Reference = known.Reference
	}
	items, err := a.Store.AttentionItems(ctx, filter)
	if err != nil {
		return nil, a.storeFailed(ctx, err)
	}
	out := &attentionOutput{}
	out.Body.Matters, out.Body.PageEnd = pageOf(items, in.PageInput, attention.Of, func(item store.AttentionItem) uint64 { return item.ID })
	return out, nil
}

type matterInput struct {
	ID      uint64 `path:"id" doc:"The matter's number." example:"7"`
	RawBody []byte `contentType:"application/json"`
}

// closeAttentionBody documents the request; decode_actions.go reads it.
type closeAttentionBody struct {
	Note string `json:"note" minLength:"1" maxLength:"500" doc:"What was done, or decided." example:"refunded by bank transfer"`
}

type matterOutput struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key was known already."`
	Body     attention.Matter
}

// closeAttention writes the audit log in one transaction with the decision. A repetition after a crash finds the matter closed with
// the same note, which is the same decision.
func (a *api) closeAttention(ctx context.Context, in *matterInput) (*matterOutput, error) {
	note, err := decodeCloseAttention(in.RawBody)
	if err != nil {
		return nil, invalidBody(ctx, err)
	}
	id := strconv.FormatUint(in.ID, 10)
	out := &matterOutput{}
	replayed, err := a.once(ctx, task{operation: "close-attention", about: id, resource: id, request: note}, &out.Body, func(string) error {
		if err := a.Store.CloseAttention(ctx, in.ID, note, actorOf(ctx), a.Store.Now()); err != nil {
			return a.matterFailed(ctx, err)
		}
		item, err := a.Store.AttentionItem(ctx, in.ID)
		if err != nil {
			return a.matterFailed(ctx, err)
		}
		out.Body = attention.Of(item)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Replayed = replayedHeader(replayed)
	return out, nil
}

func (a *api) matterFailed(ctx context.Context, err error) error {
	var closed *store.AttentionClosed
	switch {
	case errors.Is(err, store.ErrNotFound):
		return problem(ctx, http.StatusNotFound, "no-such-matter", "There is no matter with this number: see GET "+attentionPath+".")
	case errors.As(err, &closed):
		return problem(ctx, http.StatusConflict, "matter-closed", "Nothing was changed: "+closed.Error()+".")
	default:
		return a.storeFailed(ctx, err)
	}
}

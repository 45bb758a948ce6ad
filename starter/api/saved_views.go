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
	viewsPath      = "/v1/views"
	removeViewPath = viewsPath + "/{id}/remove"
)

func (a *api) addViews(spec huma.API) {
	// Whoever may read a list may save its filters: a view shows nothing.
	readers := access.Scopes{access.BookingsRead, access.OperationsRead, access.ReconciliationRead, access.FinanceRead, access.Admin}
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "list-views", Method: http.MethodGet, Path: viewsPath, Tags: []string{operationsTag}, Summary: "List saved views",
		Description: "The caller's own, of one list, by name; at most 50.", Errors: []int{422},
	}, readers...), a.listViews)
	register(a, spec, a.actionBy(spec, huma.Operation{
		OperationID: "save-view", Path: viewsPath, Tags: []string{operationsTag}, Summary: "Save the filters of a list under a name",
		Description: "Only the caller sees it. A view of the same list and name is replaced. Email addresses are refused: a view keeps no " +
			"personal data.",
		RequestBody: &huma.RequestBody{Required: true},
	}, readers...), a.saveView)
	register(a, spec, a.actionBy(spec, huma.Operation{
		OperationID: "remove-view", Path: removeViewPath, Tags: []string{operationsTag}, Summary: "Remove a saved view",
		Description: "Its name is free again. Safe to repeat.",
	}, readers...), a.removeView)
}

// viewsOwner is whose views a caller sees: those of all keys of its client.
func viewsOwner(ctx context.Context) store.ViewsOwner {
	return store.OwnerOfViews("client/" + callerOf(ctx).ClientCode)
}

type listViewsInput struct {
	List string `query:"list" required:"true" pattern:"^[a-z][a-z-]{0,39}$" doc:"The list that they filter." example:"bookings"`
}

type viewsOutput struct {
	Body struct {
		Views []view.SavedView `json:"views" nullable:"false"`
	}
}

func (a *api) listViews(ctx context.Context, in *listViewsInput) (*viewsOutput, error) {
	found, err := a.Store.SavedViews(ctx, viewsOwner(ctx), in.List)
	out := &viewsOutput{}
	out.Body.Views = shownOf(found, view.SavedViewOf)
	return out, err
}

// saveViewBody documents the request; decode_operations.go reads it.
type saveViewBody struct {
	List  string `json:"list" pattern:"^[a-z][a-z-]{0,39}$" doc:"The list that it filters." example:"bookings"`
	Name  string `json:"name" minLength:"1" maxLength:"60" example:"Failed refunds"`
	Query string `json:"query" maxLength:"500" doc:"The filters as a query string." example:"status=failed"`
}

func (a *api) saveView(ctx context.Context, in *bodyInput) (*replayable[view.SavedView], error) {
	request, err := decodeView(in.RawBody)
	if err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[view.SavedView]{
		operation: "save-view", body: request, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation("view", store.AuditEntry{}),
		work: func(ctx context.Context, _ string) (view.SavedView, error) {
			saved, err := a.Store.SaveView(ctx, viewsOwner(ctx), store.SavedView{
				List: request.List, Name: request.Name, Query: request.Query,
			}, actorOf(ctx))
			return view.SavedViewOf(saved), err
		},
	})
}

type viewInput struct {
	ID      uint64 `path:"id" maximum:"9223372036854775807" doc:"The view's number." example:"7"`
	RawBody []byte `contentType:"application/json"`
}

func (a *api) removeView(ctx context.Context, in *viewInput) (*replayable[view.SavedView], error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[view.SavedView]{
		operation: "remove-view", subject: strconv.FormatUint(in.ID, 10), status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation("view", store.AuditEntry{}),
		work: func(ctx context.Context, _ string) (view.SavedView, error) {
			removed, err := a.Store.RemoveView(ctx, viewsOwner(ctx), in.ID, actorOf(ctx))
			return view.SavedViewOf(removed), orMissing(err, errNoSuchView)
		},
	})
}

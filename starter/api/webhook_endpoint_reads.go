package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/view"
	"farebook/store"
)

const (
	// anyClients and anyClientsToo describe operations on the endpoints of others.
	anyClients    = "The caller's own, or any client's with the scope `operations:read`."
	anyClientsToo = " The caller's own, or any client's with the scope `operations:write`."
	// everyClient is the value of client that stands for all.
	everyClient = "all"
)

type listEndpointsInput struct {
	PageInput
	Client string `query:"client" maxLength:"100" doc:"all, or a client's id or name; needs operations:read. Left out, the list has the caller's own and no pages."`
}

type endpointsOutput struct {
	Body struct {
		Endpoints []view.WebhookEndpoint `json:"webhookEndpoints" nullable:"false"`
		PageEnd
	}
}

func (a *api) listEndpoints(ctx context.Context, in *listEndpointsInput) (*endpointsOutput, error) {
	out := &endpointsOutput{}
	if in.Client == everyClient && callerOf(ctx).Scopes.Has(access.OperationsRead) {
		page, err := a.pageFor(ctx, "list-webhook-endpoints", in.PageInput, in.Client)
		if err != nil {
			return nil, err
		}
		found, err := a.Store.Endpoints(ctx, page.After.ID, page.readLimit())
		out.Body.Endpoints, out.Body.PageEnd = pageOf(found, page, a.endpointView, func(e store.Endpoint) uint64 { return e.Row })
		return out, err
	}
	owner, err := a.endpointsOwner(ctx, in.Client)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.EndpointsOf(ctx, owner)
	out.Body.Endpoints = shownOf(found, a.endpointView)
	return out, err
}

// endpointsOwner is the caller, or with operations:read the client that is named.
func (a *api) endpointsOwner(ctx context.Context, client string) (store.Owner, error) {
	switch {
	case client == "":
		return callerOf(ctx).Owner, nil
	case !callerOf(ctx).Scopes.Has(access.OperationsRead):
		return store.Owner{}, problem(ctx, http.StatusForbidden, "scope-not-held",
			"Endpoints of other clients need a key with the scope "+string(access.OperationsRead)+": leave client out for your own.",
			&huma.ErrorDetail{Location: "query.client", Message: "needs the scope " + string(access.OperationsRead)})
	}
	owner, err := a.client(ctx, client)
	return store.Owner{ClientID: owner.ID}, err
}

// endpoint is an endpoint of the caller's, or any client's for a key with the scope everyClients; an empty scope is nobody's.
func (a *api) endpoint(ctx context.Context, id string, everyClients access.Scope) (found store.Endpoint, err error) {
	if everyClients != "" && callerOf(ctx).Scopes.Has(everyClients) {
		found, err = a.Store.Endpoint(ctx, id)
	} else {
		found, err = a.Store.EndpointOf(ctx, callerOf(ctx).Owner, id)
	}
	return found, orMissing(err, errNoSuchEndpoint)
}

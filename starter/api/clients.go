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
	clientsPath = "/v1/clients"
	clientPath  = clientsPath + "/{id}"
	disablePath = clientsPath + "/{id}/disable"
	enablePath  = clientsPath + "/{id}/enable"
	mergePath   = clientsPath + "/{id}/merge"
	// adminTag groups the operations on clients, keys and the audit log.
	adminTag = "Clients and keys"
)

func (a *api) addClients(spec huma.API) {
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "list-clients", Method: http.MethodGet, Path: clientsPath, Tags: []string{adminTag}, Summary: "List clients",
		Description: "Oldest first.", Errors: []int{422},
	}, access.Admin), a.listClients)
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-client", Method: http.MethodGet, Path: clientPath, Tags: []string{adminTag}, Summary: "Read a client",
		Errors: []int{404},
	}, access.Admin), a.getClient)
	register(a, spec, a.action(spec, access.Admin, huma.Operation{
		OperationID: "create-client", Path: clientsPath, Tags: []string{adminTag}, Summary: "Create a client",
		Description:   "A client owns bookings, refunds and idempotency keys. Create its API keys with `POST /v1/api-keys`.",
		DefaultStatus: http.StatusCreated, RequestBody: &huma.RequestBody{Required: true},
	}), a.createClient)
	register(a, spec, a.action(spec, access.Admin, huma.Operation{
		OperationID: "disable-client", Path: disablePath, Tags: []string{adminTag}, Summary: "Disable a client: refuse all its keys",
		Description: "Takes effect with the next request. What the client owns stays. Safe to repeat.",
	}), func(ctx context.Context, in *clientInput) (*replayable[view.Client], error) {
		return a.setDisabled(ctx, in, "disable-client", true)
	})
	register(a, spec, a.action(spec, access.Admin, huma.Operation{
		OperationID: "enable-client", Path: enablePath, Tags: []string{adminTag}, Summary: "Enable a disabled client: accept its keys again",
		Description: "Takes effect with the next request. Safe to repeat.",
	}), func(ctx context.Context, in *clientInput) (*replayable[view.Client], error) {
		return a.setDisabled(ctx, in, "enable-client", false)
	})
	register(a, spec, a.action(spec, access.Admin, huma.Operation{
		OperationID: "merge-clients", Path: mergePath, Tags: []string{adminTag}, Summary: "Merge another client into this one",
		Description: "Moves the API keys, bookings, refunds and idempotency keys of the client `from`. Ask with `dryRun` first: it lists the " +
			"idempotency keys that both clients have used. The older request keeps such a key; the newer one gets a key that names its origin, " +
			"so that nothing is lost and nothing is charged again.",
		RequestBody: &huma.RequestBody{Required: true},
	}), a.mergeClients)
}

type clientsOutput struct {
	Body struct {
		Clients []view.Client `json:"clients" nullable:"false"`
		PageEnd
	}
}

func (a *api) listClients(ctx context.Context, in *PageInput) (*clientsOutput, error) {
	page, err := a.pageFor(ctx, "list-clients", *in, nil)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.Clients(ctx, page.After.ID, page.readLimit())
	if err != nil {
		return nil, err
	}
	out := &clientsOutput{}
	out.Body.Clients, out.Body.PageEnd = pageOf(found, page, view.ClientOf, func(c store.Client) uint64 { return c.ID })
	return out, nil
}

type clientIDInput struct {
	ID string `path:"id" doc:"The client's id or name." example:"cl_7K2M9QXA4T"`
}

type clientOutput struct{ Body view.Client }

func (a *api) getClient(ctx context.Context, in *clientIDInput) (*clientOutput, error) {
	found, err := a.client(ctx, in.ID)
	return &clientOutput{view.ClientOf(found)}, err
}

// newClientBody documents the request; decode_admin.go reads it.
type newClientBody struct {
	Name string `json:"name" minLength:"1" maxLength:"100" example:"shop"`
}

func (a *api) createClient(ctx context.Context, in *bodyInput) (*replayable[view.Client], error) {
	name, err := decodeNewClient(in.RawBody)
	if err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[view.Client]{
		operation: "create-client", body: name, status: http.StatusCreated, points: actionPoints,
		claim: a.claimOperation(access.NewClientID(), store.AuditEntry{}),
		work: func(ctx context.Context, id string) (view.Client, error) {
			client, err := a.Store.CreateClientAs(ctx, id, name, actorOf(ctx))
			return view.ClientOf(client), err
		},
	})
}

type clientInput struct {
	ID      string `path:"id" doc:"The client's id or name." example:"cl_7K2M9QXA4T"`
	RawBody []byte `contentType:"application/json"`
}

func (a *api) setDisabled(ctx context.Context, in *clientInput, operation string, disabled bool) (*replayable[view.Client], error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	found, err := a.client(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[view.Client]{
		operation: operation, subject: found.ClientID, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation(found.ClientID, store.AuditEntry{}),
		work: func(ctx context.Context, id string) (view.Client, error) {
			if err := a.Store.DisableClient(ctx, found.ID, disabled, actorOf(ctx)); err != nil {
				return view.Client{}, err
			}
			client, err := a.client(ctx, id)
			return view.ClientOf(client), err
		},
	})
}

// mergeBody documents the request; decode_admin.go reads it.
type mergeBody struct {
	From   string `json:"from" doc:"The client to merge into this one: its id or name." example:"cl_8M4N1RYB5V"`
	DryRun bool   `json:"dryRun,omitempty" default:"false" doc:"true reports what would be moved and what would collide, and changes nothing."`
}

// mergedBody answers a merge.
type mergedBody struct {
	Into            string          `json:"into" example:"cl_7K2M9QXA4T"`
	From            string          `json:"from" example:"cl_8M4N1RYB5V"`
	DryRun          bool            `json:"dryRun"`
	Keys            int64           `json:"keys" doc:"API keys that were moved."`
	Bookings        int64           `json:"bookings"`
	IdempotencyKeys int64           `json:"idempotencyKeys"`
	Collisions      []collisionBody `json:"collisions" nullable:"false" doc:"Idempotency keys that both clients have used."`
}

type collisionBody struct {
	Key       string `json:"key"`
	Kept      string `json:"kept" doc:"What the key still stands for: the result of the older request."`
	Renamed   string `json:"renamed" doc:"The result of the newer request."`
	RenamedTo string `json:"renamedTo" doc:"The key that the newer request has now."`
}

// mergeClients can be repeated: a repetition moves what is left.
func (a *api) mergeClients(ctx context.Context, in *clientInput) (*replayable[mergedBody], error) {
	request, err := decodeMerge(in.RawBody)
	if err != nil {
		return nil, err
	}
	into, err := a.client(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	from, err := a.client(ctx, request.From)
	if err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[mergedBody]{
		operation: "merge-clients", subject: into.ClientID, body: request, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation(into.ClientID, store.AuditEntry{}),
		work: func(ctx context.Context, _ string) (mergedBody, error) {
			merge, err := a.merge(ctx, into, from, request.DryRun)
			return mergedBodyOf(merge, request.DryRun), err
		},
	})
}

func (a *api) merge(ctx context.Context, into, from store.Client, dryRun bool) (store.Merge, error) {
	if dryRun {
		return a.Store.PlanMerge(ctx, into, from)
	}
	return a.Store.MergeClients(ctx, into, from, actorOf(ctx))
}

func mergedBodyOf(merge store.Merge, dryRun bool) mergedBody {
	body := mergedBody{
		Into: merge.Into.ClientID, From: merge.From.ClientID, DryRun: dryRun, Keys: merge.Keys, Bookings: merge.Bookings,
		IdempotencyKeys: merge.IdempotencyKeys, Collisions: []collisionBody{},
	}
	for _, c := range merge.Collisions {
		body.Collisions = append(body.Collisions, collisionBody{Key: c.Key, Kept: c.Kept, Renamed: c.Renamed, RenamedTo: c.RenamedTo})
	}
	return body
}

func (a *api) client(ctx context.Context, idOrName string) (store.Client, error) {
	found, err := a.Store.Client(ctx, idOrName)
	return found, orMissing(err, errNoSuchClient)
}

package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/clients"
	"farebook/store"
)

const clientsPath = "/v1/clients"

// adminTag groups the operations on clients, keys and the audit log.
const adminTag = "Clients and keys"

func (a *api) addClients(spec huma.API) {
	huma.Register(spec, a.guard(spec, huma.Operation{
		OperationID: "list-clients", Method: http.MethodGet, Path: clientsPath, Tags: []string{adminTag}, Summary: "List clients",
		Description: "The oldest first.", Errors: []int{422},
	}, access.Admin), a.listClients)
	create := a.action(spec, access.Admin, huma.Operation{
		OperationID: "create-client", Path: clientsPath, Tags: []string{adminTag}, Summary: "Make a client",
		Description:   "A client owns bookings, refunds and idempotency keys. Its API keys are made by `POST /v1/api-keys`.",
		DefaultStatus: http.StatusCreated, RequestBody: &huma.RequestBody{Required: true},
	})
	huma.Register(spec, create, a.createClient)
	for _, op := range []struct {
		verb, summary string
		disabled      bool
	}{
		{"disable", "Refuse all keys of a client, from the next request on", true},
		{"enable", "Let a disabled client's keys in again", false},
	} {
		huma.Register(spec, a.action(spec, access.Admin, huma.Operation{
			OperationID: op.verb + "-client", Path: clientsPath + "/{id}/" + op.verb, Tags: []string{adminTag}, Summary: op.summary,
			Description: "What the client owns stays. Harmless when repeated.",
		}), func(ctx context.Context, in *clientInput) (*clientOutput, error) {
			return a.setDisabled(ctx, in, op.disabled)
		})
	}
	huma.Register(spec, a.action(spec, access.Admin, huma.Operation{
		OperationID: "merge-clients", Path: clientsPath + "/{id}/merge", Tags: []string{adminTag}, Summary: "Join another client to this one",
		Description: "Moves the API keys, bookings, refunds and idempotency keys of the client `from`. Ask with `dryRun` first: it lists the idempotency " +
			"keys that both have used. Of those the older keeps the key; the newer is kept under one that names where it came from, so that nothing " +
			"is lost and nothing can charge again.",
		RequestBody: &huma.RequestBody{Required: true},
	}), a.mergeClients)
}

type clientsOutput struct {
	Body struct {
		Clients []clients.Client `json:"clients" nullable:"false"`
		PageEnd
	}
}

func (a *api) listClients(ctx context.Context, in *PageInput) (*clientsOutput, error) {
	found, err := a.Store.Clients(ctx, in.After, in.readLimit())
	if err != nil {
		return nil, a.storeFailed(ctx, err)
	}
	out := &clientsOutput{}
	out.Body.Clients, out.Body.PageEnd = pageOf(found, *in, clients.Of, func(c store.Client) uint64 { return c.ID })
	return out, nil
}

// bodyInput takes a body that decode_admin.go reads.
type bodyInput struct {
	RawBody []byte `contentType:"application/json"`
}

// newClientBody documents the request.
type newClientBody struct {
	Name string `json:"name" minLength:"1" maxLength:"100" example:"shop"`
}

type clientOutput struct {
	Status   int
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key was known already."`
	Body     clients.Client
}

func (a *api) createClient(ctx context.Context, in *bodyInput) (*clientOutput, error) {
	name, err := decodeNewClient(in.RawBody)
	if err != nil {
		return nil, invalidBody(ctx, err)
	}
	out := &clientOutput{Status: http.StatusCreated}
	replayed, err := a.once(ctx, task{operation: "create-client", resource: access.NewClientID(), request: name}, &out.Body, func(id string) error {
		made, err := a.Store.CreateClientAs(ctx, id, name, actorOf(ctx))
		var exists *store.ClientExists
		if errors.As(err, &exists) {
			return problem(ctx, http.StatusConflict, "client-exists", "Nothing was made: "+exists.Error()+".")
		}
		if err != nil {
			return a.storeFailed(ctx, err)
		}
		out.Body = clients.Of(made)
		return nil
	})
	out.Replayed = replayedHeader(replayed)
	return out, err
}

type clientInput struct {
	ID      string `path:"id" doc:"The client's id or name." example:"cl_7K2M9QXA4T"`
	RawBody []byte `contentType:"application/json"`
}

func (a *api) setDisabled(ctx context.Context, in *clientInput, disabled bool) (*clientOutput, error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, invalidBody(ctx, err)
	}
	found, err := a.client(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	err = a.Store.DisableClient(ctx, found.ID, disabled, actorOf(ctx))
	var merged *store.ClientMerged
	if errors.As(err, &merged) {
		return nil, problem(ctx, http.StatusConflict, "client-merged", "Nothing was done: "+merged.Error()+".")
	}
	if err != nil {
		return nil, a.storeFailed(ctx, err)
	}
	found, err = a.client(ctx, in.ID)
	return &clientOutput{Status: http.StatusOK, Body: clients.Of(found)}, err
}

// mergeBody documents the request.
type mergeBody struct {
	From   string `json:"from" doc:"The client that is joined: its id or name." example:"cl_8M4N1RYB5V"`
	DryRun bool   `json:"dryRun,omitempty" default:"false" doc:"true tells what would be moved and what would collide, and changes nothing."`
}

// mergedBody answers a merge.
type mergedBody struct {
	Into            string          `json:"into" example:"cl_7K2M9QXA4T"`
	From            string          `json:"from" example:"cl_8M4N1RYB5V"`
	DryRun          bool            `json:"dryRun"`
	Keys            int64           `json:"keys" doc:"API keys that were moved."`
	Bookings        int64           `json:"bookings"`
	IdempotencyKeys int64           `json:"idempotencyKeys"`
	Collisions      []collisionBody `json:"collisions" nullable:"false" doc:"Idempotency keys that both have used."`
}

type collisionBody struct {
	Key       string `json:"key"`
	Kept      string `json:"kept" doc:"What the key stands for: that of the older request."`
	Renamed   string `json:"renamed" doc:"What the newer request has made."`
	RenamedTo string `json:"renamedTo" doc:"The key under which the newer request is kept."`
}

type mergedOutput struct{ Body mergedBody }

// mergeClients is harmless to repeat: a repetition moves what is left.
func (a *api) mergeClients(ctx context.Context, in *clientInput) (*mergedOutput, error) {
	request, err := decodeMerge(in.RawBody)
	if err != nil {
		return nil, invalidBody(ctx, err)
	}
	into, err := a.client(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	from, err := a.client(ctx, request.From)
	if err != nil {
		return nil, err
	}
	var merge store.Merge
	if request.DryRun {
		merge, err = a.Store.PlanMerge(ctx, into, from)
	} else {
		merge, err = a.Store.MergeClients(ctx, into, from, actorOf(ctx))
	}
	var refused *store.NotMergeable
	if errors.As(err, &refused) {
		return nil, problem(ctx, http.StatusConflict, "not-mergeable", "Nothing was moved: "+refused.Why+".")
	}
	if err != nil {
		return nil, a.storeFailed(ctx, err)
	}
	return &mergedOutput{mergedBodyOf(merge, request.DryRun)}, nil
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
	if errors.Is(err, store.ErrNotFound) {
		return store.Client{}, problem(ctx, http.StatusNotFound, "no-such-client", "There is no client with this id or name: see GET "+clientsPath+".")
	}
	if err != nil {
		return store.Client{}, a.storeFailed(ctx, err)
	}
	return found, nil
}

package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/clients"
	"farebook/store"
)

const apiKeysPath = "/v1/api-keys"

func (a *api) addAPIKeys(spec huma.API) {
	huma.Register(spec, a.guard(spec, huma.Operation{
		OperationID: "list-api-keys", Method: http.MethodGet, Path: apiKeysPath, Tags: []string{adminTag}, Summary: "List API keys",
		Description: "The oldest first, revoked and expired ones as well. Tokens are kept as hashes and cannot be read again.", Errors: []int{404, 422},
	}, access.Admin), a.listAPIKeys)
	huma.Register(spec, a.action(spec, access.Admin, huma.Operation{
		OperationID: "create-api-key", Path: apiKeysPath, Tags: []string{adminTag}, Summary: "Make an API key",
		Description: "Answers the token, this once: a repetition under the same Idempotency-Key answers the key without it. A key grants only scopes that it " +
			"holds.",
		DefaultStatus: http.StatusCreated, Parameters: keyParameter(true), RequestBody: &huma.RequestBody{Required: true},
	}), a.createAPIKey)
	huma.Register(spec, a.action(spec, access.Admin, huma.Operation{
		OperationID: "rotate-api-key", Path: apiKeysPath + "/{id}/rotate", Tags: []string{adminTag}, Summary: "Replace an API key",
		Description: "Makes a key of the same client, scopes and lifetime, and ends the old one after the overlap. Both see the same bookings and share " +
			"idempotency keys, so that nothing is refused and nothing is made twice meanwhile. The token is answered this once.",
		DefaultStatus: http.StatusCreated, Parameters: keyParameter(true),
	}), a.rotateAPIKey)
	huma.Register(spec, a.action(spec, access.Admin, huma.Operation{
		OperationID: "revoke-api-key", Path: apiKeysPath + "/{id}/revoke", Tags: []string{adminTag}, Summary: "End an API key",
		Description: "From the next request on. What its client owns stays, and the client's other keys stay valid. Harmless when repeated.",
	}), a.revokeAPIKey)
}

type listKeysInput struct {
	PageInput
	Client string `query:"client" doc:"Of this client alone: its id or name."`
}

type keysOutput struct {
	Body struct {
		Keys []clients.Key `json:"apiKeys" nullable:"false"`
		PageEnd
	}
}

func (a *api) listAPIKeys(ctx context.Context, in *listKeysInput) (*keysOutput, error) {
	filter := store.APIKeyFilter{After: in.After, Limit: in.readLimit()}
	if in.Client != "" {
		owner, err := a.client(ctx, in.Client)
		if err != nil {
			return nil, err
		}
		filter.ClientID = owner.ID
	}
	found, err := a.Store.APIKeys(ctx, filter)
	if err != nil {
		return nil, a.storeFailed(ctx, err)
	}
	out := &keysOutput{}
	show := func(k store.APIKey) clients.Key { return clients.KeyOf(k, a.Store.Now()) }
	out.Body.Keys, out.Body.PageEnd = pageOf(found, in.PageInput, show, func(k store.APIKey) uint64 { return k.ID })
	return out, nil
}

// newKeyBody documents the request; decode_admin.go reads it.
type newKeyBody struct {
	Client    string     `json:"client" doc:"Whose key it is: the client's id or name." example:"cl_7K2M9QXA4T"`
	Scopes    []string   `json:"scopes" minItems:"1" example:"[\"bookings:read\",\"bookings:write\"]"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty" doc:"Left out: never."`
}

// issuedKey is a key with its token, which is answered once and kept nowhere.
type issuedKey struct {
	clients.Key
	Token string `json:"token,omitempty" doc:"Send it as Authorization: Bearer. Left out of a repeated answer: nobody can read it again." example:"fbk_..."`
}

type issuedOutput struct {
	Status   int
	Replayed string `header:"Idempotent-Replayed" doc:"true when the key was known already."`
	Body     issuedKey
}

func (a *api) createAPIKey(ctx context.Context, in *bodyInput) (*issuedOutput, error) {
	request, err := decodeNewKey(in.RawBody, a.Store.Now())
	if err != nil {
		return nil, invalidBody(ctx, err)
	}
	if err := grantable(ctx, request.Scopes); err != nil {
		return nil, err
	}
	owner, err := a.client(ctx, request.Client)
	if err != nil {
		return nil, err
	}
	return a.issue(ctx, task{operation: "create-api-key", request: request}, func(keyID string) (store.APIKey, string, error) {
		return a.Store.CreateAPIKey(ctx, store.NewAPIKey{
			ClientID: owner.ID, Scopes: request.Scopes, ExpiresAt: request.ExpiresAt, KeyID: keyID,
		}, actorOf(ctx))
	})
}

// grantable refuses to hand on scopes that the caller's key does not hold.
func grantable(ctx context.Context, scopes access.Scopes) error {
	beyond := scopes.Beyond(callerOf(ctx).Scopes)
	if len(beyond) == 0 {
		return nil
	}
	return problem(ctx, http.StatusForbidden, "scope-not-held",
		"Nothing was made: a key grants only scopes that it holds, and this one does not hold "+beyond.String()+".",
		&huma.ErrorDetail{Location: "body.scopes", Message: "has scopes that your key does not hold", Value: beyond.Names()})
}

// issue makes a key under an id that is drawn first and claimed under the Idempotency-Key, so that a repetition finds the key
// and makes none. The token is in the first answer alone: what is kept under the Idempotency-Key never has it.
func (a *api) issue(ctx context.Context, t task, work func(keyID string) (store.APIKey, string, error)) (*issuedOutput, error) {
	out := &issuedOutput{Status: http.StatusCreated}
	var token string
	t.resource = access.NewKeyID()
	replayed, err := a.once(ctx, t, &out.Body.Key, func(keyID string) error {
		made, drawn, err := work(keyID)
		if err != nil {
			return a.keyFailed(ctx, err)
		}
		out.Body.Key, token = clients.KeyOf(made, a.Store.Now()), drawn
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Replayed, out.Body.Token = replayedHeader(replayed), token
	return out, nil
}

func (a *api) keyFailed(ctx context.Context, err error) error {
	var disabled *store.ClientDisabled
	var ended *store.KeyEnded
	switch {
	case errors.Is(err, store.ErrNotFound):
		return problem(ctx, http.StatusNotFound, "no-such-api-key", "There is no API key with this id: see GET "+apiKeysPath+".")
	case errors.As(err, &disabled):
		return problem(ctx, http.StatusConflict, "client-disabled", "Nothing was made: "+disabled.Error()+".")
	case errors.As(err, &ended):
		return problem(ctx, http.StatusConflict, "key-ended", "Nothing was made: "+ended.Error()+".")
	default:
		return a.storeFailed(ctx, err)
	}
}

type keyInput struct {
	ID      string `path:"id" doc:"The key's id." example:"ak_7K2M9QXA4T"`
	RawBody []byte `contentType:"application/json"`
}

// rotateBody documents the request.
type rotateBody struct {
	OverlapHours int        `json:"overlapHours,omitempty" minimum:"0" maximum:"8760" default:"24" doc:"How long the old key stays valid."`
	ExpiresAt    *time.Time `json:"expiresAt,omitempty" doc:"Of the new key. Left out: as long a life as the old one was made for."`
}

func (a *api) rotateAPIKey(ctx context.Context, in *keyInput) (*issuedOutput, error) {
	now := a.Store.Now()
	request, err := decodeRotate(in.RawBody, now)
	if err != nil {
		return nil, invalidBody(ctx, err)
	}
	old, err := a.Store.APIKey(ctx, in.ID)
	if err != nil {
		return nil, a.keyFailed(ctx, err)
	}
	if err := grantable(ctx, old.Scopes); err != nil {
		return nil, err
	}
	return a.issue(ctx, task{operation: "rotate-api-key", about: old.KeyID, request: request}, func(keyID string) (store.APIKey, string, error) {
		return a.Store.RotateAPIKey(ctx, store.Rotation{
			KeyID: old.KeyID, Overlap: time.Duration(request.OverlapHours) * time.Hour, ExpiresAt: request.ExpiresAt, NewKeyID: keyID, By: actorOf(ctx),
		}, now)
	})
}

type keyOutput struct{ Body clients.Key }

func (a *api) revokeAPIKey(ctx context.Context, in *keyInput) (*keyOutput, error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, invalidBody(ctx, err)
	}
	if err := a.Store.RevokeAPIKey(ctx, in.ID, actorOf(ctx)); err != nil {
		return nil, a.keyFailed(ctx, err)
	}
	known, err := a.Store.APIKey(ctx, in.ID)
	if err != nil {
		return nil, a.keyFailed(ctx, err)
	}
	return &keyOutput{clients.KeyOf(known, a.Store.Now())}, nil
}

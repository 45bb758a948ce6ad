package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/starter/view"
	"farebook/store"
)

const (
	apiKeysPath = "/v1/api-keys"
	rotatePath  = apiKeysPath + "/{id}/rotate"
	revokePath  = apiKeysPath + "/{id}/revoke"
)

func (a *api) addAPIKeys(spec huma.API) {
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "list-api-keys", Method: http.MethodGet, Path: apiKeysPath, Tags: []string{adminTag}, Summary: "List API keys",
		Description: "Oldest first, including revoked and expired ones. Only a hash of each token is stored: a token cannot be read again.",
		Errors:      []int{404, 422},
	}, access.Admin), a.listAPIKeys)
	register(a, spec, a.action(spec, access.Admin, huma.Operation{
		OperationID: "create-api-key", Path: apiKeysPath, Tags: []string{adminTag}, Summary: "Create an API key",
		Description: "Returns the token once: a repetition with the same Idempotency-Key returns the key without it. A key can grant only " +
			"scopes that it has.",
		// The token makes a lost answer unrecoverable, so that the Idempotency-Key is required.
		DefaultStatus: http.StatusCreated, Parameters: keyParameter(true), RequestBody: &huma.RequestBody{Required: true},
	}), a.createAPIKey)
	register(a, spec, a.action(spec, access.Admin, huma.Operation{
		OperationID: "rotate-api-key", Path: rotatePath, Tags: []string{adminTag}, Summary: "Replace an API key",
		Description: "Creates a key with the same client, scopes and lifetime, and ends the old one after the overlap. Both keys see the same " +
			"bookings and share " +
			"idempotency keys, so that no request is refused or done twice in between. The token is returned once.",
		DefaultStatus: http.StatusCreated, Parameters: keyParameter(true),
	}), a.rotateAPIKey)
	register(a, spec, a.action(spec, access.Admin, huma.Operation{
		OperationID: "revoke-api-key", Path: revokePath, Tags: []string{adminTag}, Summary: "Revoke an API key",
		Description: "Takes effect with the next request. What the client owns stays, and its other keys stay valid. Safe to repeat.",
	}), a.revokeAPIKey)
}

type listKeysInput struct {
	PageInput
	Client string `query:"client" doc:"Only keys of the client with this id or name."`
}

type keysOutput struct {
	Body struct {
		Keys []view.Key `json:"apiKeys" nullable:"false"`
		PageEnd
	}
}

func (a *api) listAPIKeys(ctx context.Context, in *listKeysInput) (*keysOutput, error) {
	page, err := a.pageFor(ctx, "list-api-keys", in.PageInput, in.Client)
	if err != nil {
		return nil, err
	}
	filter := store.APIKeyFilter{After: page.After.ID, Limit: page.readLimit()}
	if in.Client != "" {
		owner, err := a.client(ctx, in.Client)
		if err != nil {
			return nil, err
		}
		filter.ClientID = owner.ID
	}
	found, err := a.Store.APIKeys(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := &keysOutput{}
	out.Body.Keys, out.Body.PageEnd = pageOf(found, page, a.keyView, func(k store.APIKey) uint64 { return k.ID })
	return out, nil
}

func (a *api) keyView(k store.APIKey) view.Key { return view.KeyOf(k, a.Store.Now()) }

// newKeyBody documents the request; decode_admin.go reads it.
type newKeyBody struct {
	Client    string     `json:"client" doc:"The client of the key: its id or name." example:"cl_7K2M9QXA4T"`
	Scopes    []string   `json:"scopes" minItems:"1" example:"[\"bookings:read\",\"bookings:write\"]"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty" doc:"Default: never."`
}

// issuedKey is a key with its token, which is returned once and stored nowhere.
type issuedKey struct {
	view.Key
	Token string `json:"token,omitempty" doc:"Send it as Authorization: Bearer. A repeated answer leaves it out, because it cannot be read again." example:"fbk_..."`
}

func (a *api) createAPIKey(ctx context.Context, in *bodyInput) (*replayable[issuedKey], error) {
	request, err := decodeNewKey(in.RawBody, a.Store.Now())
	if err != nil {
		return nil, err
	}
	if err := grantable(ctx, request.Scopes); err != nil {
		return nil, err
	}
	owner, err := a.client(ctx, request.Client)
	if err != nil {
		return nil, err
	}
	return a.issueKey(ctx, "create-api-key", "", request, func(ctx context.Context, keyID string) (store.APIKey, string, error) {
		return a.Store.CreateAPIKey(ctx, store.NewAPIKey{
			ClientID: owner.ID, Scopes: request.Scopes, ExpiresAt: request.ExpiresAt, KeyID: keyID,
		}, actorOf(ctx))
	})
}

// grantable refuses to grant scopes that the caller's key does not have.
func grantable(ctx context.Context, scopes access.Scopes) error {
	beyond := scopes.Beyond(callerOf(ctx).Scopes)
	if len(beyond) == 0 {
		return nil
	}
	return problem(ctx, http.StatusForbidden, "scope-not-held",
		"Nothing was created: a key can grant only scopes that it has, and this one does not have "+beyond.String()+".",
		&huma.ErrorDetail{Location: "body.scopes", Message: "has scopes that your key does not have", Value: beyond.Names()})
}

// issueKey creates a key under an id that is claimed with the Idempotency-Key, so that a repetition finds the key and creates none.
// The token is in the first answer only: the stored answer never has it.
func (a *api) issueKey(ctx context.Context, operation, subject string, body any,
	issue func(ctx context.Context, keyID string) (store.APIKey, string, error),
) (*replayable[issuedKey], error) {
	var token string
	out, err := idempotent(ctx, a, idempotentRequest[view.Key]{
		operation: operation, subject: subject, body: body, status: http.StatusCreated, points: actionPoints,
		claim: a.claimOperation(access.NewKeyID(), store.AuditEntry{}),
		work: func(ctx context.Context, keyID string) (view.Key, error) {
			key, drawn, err := issue(ctx, keyID)
			token = drawn
			return a.keyView(key), orMissing(err, errNoSuchKey)
		},
	})
	if err != nil {
		return nil, err
	}
	return &replayable[issuedKey]{Replayed: out.Replayed, Body: issuedKey{Key: out.Body, Token: token}}, nil
}

type keyInput struct {
	ID      string `path:"id" doc:"The key's id." example:"ak_7K2M9QXA4T"`
	RawBody []byte `contentType:"application/json"`
}

// rotateBody documents the request; decode_admin.go reads it.
type rotateBody struct {
	OverlapHours int        `json:"overlapHours,omitempty" minimum:"0" maximum:"8760" default:"24" doc:"How long the old key stays valid."`
	ExpiresAt    *time.Time `json:"expiresAt,omitempty" doc:"Expiry of the new key. Default: the lifetime that the old one was created with."`
}

func (a *api) rotateAPIKey(ctx context.Context, in *keyInput) (*replayable[issuedKey], error) {
	now := a.Store.Now()
	request, err := decodeRotate(in.RawBody, now)
	if err != nil {
		return nil, err
	}
	old, err := a.Store.APIKey(ctx, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchKey)
	}
	if err := grantable(ctx, old.Scopes); err != nil {
		return nil, err
	}
	return a.issueKey(ctx, "rotate-api-key", old.KeyID, request, func(ctx context.Context, keyID string) (store.APIKey, string, error) {
		return a.Store.RotateAPIKey(ctx, store.Rotation{
			KeyID: old.KeyID, Overlap: time.Duration(request.OverlapHours) * time.Hour, ExpiresAt: request.ExpiresAt, NewKeyID: keyID,
			By: actorOf(ctx),
		}, now)
	})
}

func (a *api) revokeAPIKey(ctx context.Context, in *keyInput) (*replayable[view.Key], error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	known, err := a.Store.APIKey(ctx, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchKey)
	}
	return idempotent(ctx, a, idempotentRequest[view.Key]{
		operation: "revoke-api-key", subject: known.KeyID, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation(known.KeyID, store.AuditEntry{}),
		work: func(ctx context.Context, id string) (view.Key, error) {
			if err := a.Store.RevokeAPIKey(ctx, id, actorOf(ctx)); err != nil {
				return view.Key{}, err
			}
			key, err := a.Store.APIKey(ctx, id)
			return a.keyView(key), err
		},
	})
}

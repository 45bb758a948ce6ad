package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/internal/outbound"
	"farebook/starter/view"
	"farebook/store"
	"farebook/validation"
	"farebook/webhook"
)

const (
	endpointsPath       = "/v1/webhook-endpoints"
	endpointPath        = endpointsPath + "/{id}"
	updateEndpointPath  = endpointPath + "/update"
	disableEndpointPath = endpointPath + "/disable"
	enableEndpointPath  = endpointPath + "/enable"
	removeEndpointPath  = endpointPath + "/remove"
	rotateSecretPath    = endpointPath + "/rotate-secret"
	// endpointsTag groups the operations on webhook endpoints.
	endpointsTag = "Webhook endpoints"
)

// Webhooks are what webhook endpoints need.
type Webhooks struct {
	Keys  webhook.Keys
	Guard *outbound.Guard
}

func (a *api) addEndpoints(spec huma.API) {
	needed := access.WebhooksWrite
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "list-webhook-endpoints", Method: http.MethodGet, Path: endpointsPath, Tags: []string{endpointsTag},
		Summary: "List webhook endpoints",
		Description: "The caller's own, oldest first; at most 10. With the scope `operations:read` and `client`, those of a client, or of all " +
			"clients in pages, with those that were removed.",
		Errors: []int{404, 422},
	}, needed, access.OperationsRead), a.listEndpoints)
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-webhook-endpoint", Method: http.MethodGet, Path: endpointPath, Tags: []string{endpointsTag},
		Summary: "Read a webhook endpoint", Description: anyClients, Errors: []int{404},
	}, needed, access.OperationsRead), a.getEndpoint)
	register(a, spec, a.action(spec, needed, huma.Operation{
		OperationID: "create-webhook-endpoint", Path: endpointsPath, Tags: []string{endpointsTag}, Summary: "Create a webhook endpoint",
		Description: "It gets the events of all changes that begin after the answer, signed by Standard Webhooks. The signing secret is in " +
			"this answer only. The address must be https and lead to public addresses. `payout.paid` and `reconciliation.differences` need a key with " +
			"the scope `operations:read`.",
		DefaultStatus: http.StatusCreated, Parameters: keyParameter(true), RequestBody: &huma.RequestBody{Required: true},
	}), a.createEndpoint)
	register(a, spec, a.action(spec, needed, huma.Operation{
		OperationID: "update-webhook-endpoint", Path: updateEndpointPath, Tags: []string{endpointsTag}, Summary: "Change a webhook endpoint",
		Description: "What is left out stays. Events that were not delivered yet go to the new address.",
		RequestBody: &huma.RequestBody{Required: true},
	}), a.updateEndpoint)
	register(a, spec, a.actionBy(spec, huma.Operation{
		OperationID: "disable-webhook-endpoint", Path: disableEndpointPath, Tags: []string{endpointsTag}, Summary: "Stop deliveries",
		Description: "Events are kept for 30 days meanwhile. Safe to repeat." + anyClientsToo,
	}, needed, access.OperationsWrite), func(ctx context.Context, in *endpointInput) (*replayable[view.WebhookEndpoint], error) {
		return a.setEndpoint(ctx, in, "disable-webhook-endpoint", access.OperationsWrite, func(ctx context.Context, e store.Endpoint) error {
			return a.Store.DisableEndpoint(ctx, e.ID, true, actorOf(ctx))
		})
	})
	register(a, spec, a.actionBy(spec, huma.Operation{
		OperationID: "enable-webhook-endpoint", Path: enableEndpointPath, Tags: []string{endpointsTag}, Summary: "Let deliveries continue",
		Description: "With the oldest event that was not delivered, which is tried at once. Safe to repeat." + anyClientsToo,
	}, needed, access.OperationsWrite), func(ctx context.Context, in *endpointInput) (*replayable[view.WebhookEndpoint], error) {
		return a.setEndpoint(ctx, in, "enable-webhook-endpoint", access.OperationsWrite, func(ctx context.Context, e store.Endpoint) error {
			if err := a.Store.DisableEndpoint(ctx, e.ID, false, actorOf(ctx)); err != nil {
				return err
			}
			a.deliver(ctx, e.ID)
			return nil
		})
	})
	register(a, spec, a.action(spec, needed, huma.Operation{
		OperationID: "remove-webhook-endpoint", Path: removeEndpointPath, Tags: []string{endpointsTag}, Summary: "Remove a webhook endpoint",
		Description: "Nothing more is sent to it.",
	}), a.removeEndpoint)
	register(a, spec, a.action(spec, needed, huma.Operation{
		OperationID: "rotate-webhook-secret", Path: rotateSecretPath, Tags: []string{endpointsTag}, Summary: "Replace the signing secret",
		Description: "Both secrets sign until the overlap ends, so that no event is refused in between. The new secret is in this answer only.",
		Parameters:  keyParameter(true),
	}), a.rotateSecret)
	a.addDeliveries(spec)
}

type endpointInput struct {
	EndpointID
	RawBody []byte `contentType:"application/json"`
}

// EndpointID names a webhook endpoint in a path. It is exported because huma ignores unexported embedded types.
type EndpointID struct {
	ID string `path:"id" pattern:"^we_[0-9A-HJKMNP-TV-Z]{10}$" doc:"The endpoint's id." example:"we_7K2M9QXA4T"`
}

type endpointOutput struct{ Body view.WebhookEndpoint }

func (a *api) getEndpoint(ctx context.Context, in *EndpointID) (*endpointOutput, error) {
	found, err := a.endpoint(ctx, in.ID, access.OperationsRead)
	return &endpointOutput{a.endpointView(found)}, err
}

func (a *api) endpointView(e store.Endpoint) view.WebhookEndpoint {
	return view.WebhookEndpointOf(e, a.Store.Now())
}

// newEndpointBody documents the request; decode_webhooks.go reads it.
type newEndpointBody struct {
	URL          string   `json:"url" maxLength:"2000" doc:"https, port 443 or 8443." example:"https://shop.example.com/farebook"`
	ContactEmail string   `json:"contactEmail" maxLength:"254" doc:"Who is written to when the endpoint is disabled because it fails." example:"hooks@example.com"`
	EventTypes   []string `json:"eventTypes,omitempty" doc:"Default: all about the client's own bookings." example:"[\"booking.confirmed\",\"refund.succeeded\"]"`
	Description  string   `json:"description,omitempty" maxLength:"200" example:"Shop, production"`
}

// issuedEndpoint is an endpoint with its signing secret, which is returned once and stored nowhere.
type issuedEndpoint struct {
	view.WebhookEndpoint
	Secret string `json:"secret,omitempty" doc:"Verify signatures with it. A repeated answer leaves it out: rotate it if the first answer was lost." example:"whsec_..."`
}

func (a *api) createEndpoint(ctx context.Context, in *bodyInput) (*replayable[issuedEndpoint], error) {
	request, err := decodeNewEndpoint(in.RawBody)
	if err != nil {
		return nil, err
	}
	types := eventTypesOf(request.EventTypes)
	if err := a.mayHear(ctx, types); err != nil {
		return nil, err
	}
	return a.issueSecret(ctx, idempotentRequest[view.WebhookEndpoint]{
		operation: "create-webhook-endpoint", body: request, status: http.StatusCreated, points: actionPoints,
		claim: a.claimOperation(access.NewEndpointID(), store.AuditEntry{}),
	}, func(ctx context.Context, id string) (store.Endpoint, error) {
		if err := a.checkAddress(ctx, request.URL); err != nil {
			return store.Endpoint{}, err
		}
		return a.Store.CreateEndpoint(ctx, store.NewEndpoint{
			ID: id, ClientID: callerOf(ctx).ClientID, URL: request.URL, Description: request.Description, ContactEmail: request.ContactEmail,
			Types: types, KeyID: a.Webhooks.Keys.Current(),
		}, actorOf(ctx))
	})
}

// issueSecret does what makes a secret, and adds the secret to the first answer: the stored answer never has it.
func (a *api) issueSecret(ctx context.Context, r idempotentRequest[view.WebhookEndpoint],
	issue func(ctx context.Context, resource string) (store.Endpoint, error),
) (*replayable[issuedEndpoint], error) {
	if !a.Webhooks.Keys.Configured() {
		return nil, unavailable(ctx, "webhooks-not-configured",
			"Webhook endpoints cannot be made here: the operator has to set WEBHOOK_KEY_FILE.")
	}
	var secret string
	r.work = func(ctx context.Context, resource string) (view.WebhookEndpoint, error) {
		made, err := issue(ctx, resource)
		if err != nil {
			return view.WebhookEndpoint{}, orMissing(err, errNoSuchEndpoint)
		}
		secret, err = a.Webhooks.Keys.Secret(made.ID, made.Secret)
		return a.endpointView(made), err
	}
	out, err := idempotent(ctx, a, r)
	if err != nil {
		return nil, err
	}
	return &replayable[issuedEndpoint]{Replayed: out.Replayed, Body: issuedEndpoint{WebhookEndpoint: out.Body, Secret: secret}}, nil
}

// eventTypesOf are the given types, or all about a client's own bookings.
func eventTypesOf(names []string) []webhook.Type {
	if len(names) == 0 {
		return webhook.ClientTypes()
	}
	types := make([]webhook.Type, len(names))
	for i, name := range names {
		types[i] = webhook.Type(name)
	}
	return types
}

// mayHear refuses types that the caller's key may not read.
func (a *api) mayHear(ctx context.Context, types []webhook.Type) error {
	for _, one := range types {
		if one.ForOperations() && !callerOf(ctx).Scopes.Has(access.OperationsRead) {
			return problem(ctx, http.StatusForbidden, "scope-not-held",
				"Nothing was changed: events of type "+string(one)+" need a key with the scope "+string(access.OperationsRead)+".",
				&huma.ErrorDetail{Location: "body.eventTypes", Message: "has a type that your key may not read", Value: string(one)})
		}
	}
	return nil
}

// checkAddress refuses an address that is not public now. It is checked again at each connection.
func (a *api) checkAddress(ctx context.Context, address string) error {
	err := a.Webhooks.Guard.Check(ctx, address)
	var refused *outbound.RefusedURLError
	if errors.As(err, &refused) {
		return validation.FieldErrors{{Field: "url", Problem: "is refused", Fix: refused.Why}}
	}
	return err
}

// updateEndpointBody documents the request; decode_webhooks.go reads it.
type updateEndpointBody struct {
	URL          *string  `json:"url,omitempty" maxLength:"2000" doc:"https, port 443 or 8443." example:"https://shop.example.com/farebook"`
	ContactEmail *string  `json:"contactEmail,omitempty" maxLength:"254" example:"hooks@example.com"`
	EventTypes   []string `json:"eventTypes,omitempty" example:"[\"booking.confirmed\"]"`
	Description  *string  `json:"description,omitempty" maxLength:"200" example:"Shop, production"`
}

func (a *api) updateEndpoint(ctx context.Context, in *endpointInput) (*replayable[view.WebhookEndpoint], error) {
	request, err := decodeUpdateEndpoint(in.RawBody)
	if err != nil {
		return nil, err
	}
	change := store.EndpointChange{URL: request.URL, Description: request.Description, ContactEmail: request.ContactEmail}
	if request.EventTypes != nil {
		change.Types = eventTypesOf(request.EventTypes)
		if err := a.mayHear(ctx, change.Types); err != nil {
			return nil, err
		}
	}
	known, err := a.endpoint(ctx, in.ID, "")
	if err != nil {
		return nil, err
	}
	return a.changeEndpoint(ctx, known, "update-webhook-endpoint", request, func(ctx context.Context, e store.Endpoint) error {
		if request.URL != nil {
			if err := a.checkAddress(ctx, *request.URL); err != nil {
				return err
			}
		}
		return a.Store.UpdateEndpoint(ctx, e.ID, change, actorOf(ctx))
	})
}

// setEndpoint is a change without a body, of an endpoint of any client for a key with the scope everyClients.
func (a *api) setEndpoint(ctx context.Context, in *endpointInput, operation string, everyClients access.Scope,
	change func(context.Context, store.Endpoint) error,
) (*replayable[view.WebhookEndpoint], error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	known, err := a.endpoint(ctx, in.ID, everyClients)
	if err != nil {
		return nil, err
	}
	return a.changeEndpoint(ctx, known, operation, nil, change)
}

func (a *api) changeEndpoint(ctx context.Context, known store.Endpoint, operation string, body any,
	change func(context.Context, store.Endpoint) error,
) (*replayable[view.WebhookEndpoint], error) {
	return idempotent(ctx, a, idempotentRequest[view.WebhookEndpoint]{
		operation: operation, subject: known.ID, body: body, status: http.StatusOK, points: actionPoints,
		claim: a.claimEndpoint(known),
		work: func(ctx context.Context, id string) (view.WebhookEndpoint, error) {
			if err := change(ctx, known); err != nil {
				return view.WebhookEndpoint{}, orMissing(err, errNoSuchEndpoint)
			}
			changed, err := a.Store.Endpoint(ctx, id)
			return a.endpointView(changed), err
		},
	})
}

// claimEndpoint claims a key for a change of an endpoint. One that was removed exists only under the keys that stand for something already,
// such as the one that has removed it.
func (a *api) claimEndpoint(known store.Endpoint) func(context.Context, store.IdempotencyKey) (store.Claim, error) {
	if known.RemovedAt == nil {
		return a.claimOperation(known.ID, store.AuditEntry{})
	}
	return func(ctx context.Context, key store.IdempotencyKey) (store.Claim, error) {
		claim, err := a.Store.KnownClaim(ctx, key)
		return claim, orMissing(err, errNoSuchEndpoint)
	}
}

// removeEndpoint finds the endpoint also where an earlier attempt has removed it, so that its answer is replayed, or stored if that attempt
// died.
func (a *api) removeEndpoint(ctx context.Context, in *endpointInput) (*replayable[view.WebhookEndpoint], error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	known, err := a.Store.OwnEndpoint(ctx, callerOf(ctx).Owner, in.ID)
	if err != nil {
		return nil, orMissing(err, errNoSuchEndpoint)
	}
	return a.changeEndpoint(ctx, known, "remove-webhook-endpoint", nil, func(ctx context.Context, e store.Endpoint) error {
		err := a.Store.RemoveEndpoint(ctx, e.ID, actorOf(ctx))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
}

// rotateSecretBody documents the request; decode_webhooks.go reads it.
type rotateSecretBody struct {
	OverlapHours int `json:"overlapHours,omitempty" minimum:"0" maximum:"720" default:"24" doc:"How long the old secret signs as well. 0 ends it at once, as after a leak."`
}

func (a *api) rotateSecret(ctx context.Context, in *endpointInput) (*replayable[issuedEndpoint], error) {
	request, err := decodeRotateSecret(in.RawBody)
	if err != nil {
		return nil, err
	}
	known, err := a.endpoint(ctx, in.ID, "")
	if err != nil {
		return nil, err
	}
	return a.issueSecret(ctx, idempotentRequest[view.WebhookEndpoint]{
		operation: "rotate-webhook-secret", subject: known.ID, body: request, status: http.StatusOK, points: actionPoints,
		// The number that is replaced, so that a repetition after a crash replaces nothing.
		claim: a.claimOperation(strconv.Itoa(known.Secret.Number), store.AuditEntry{}),
	}, func(ctx context.Context, from string) (store.Endpoint, error) {
		number, err := strconv.Atoi(from)
		if err != nil {
			return store.Endpoint{}, err
		}
		return a.Store.RotateEndpointSecret(ctx, store.SecretRotation{
			EndpointID: known.ID, From: number, KeyID: a.Webhooks.Keys.Current(), Overlap: time.Duration(request.OverlapHours) * time.Hour,
		}, actorOf(ctx))
	})
}

// deliver has an endpoint's workflow look for events now. Where Temporal is away, the sweeper starts it.
func (a *api) deliver(ctx context.Context, id string) {
	if err := a.Dispatch.DeliverWebhooks(ctx, id, true); err != nil {
		a.Log.WarnContext(ctx, "a webhook endpoint was not signalled; the sweeper starts its deliveries", "endpointId", id, "error", err)
	}
}

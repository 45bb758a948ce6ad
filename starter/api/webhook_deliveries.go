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
	deliveriesPath     = endpointPath + "/deliveries"
	deliveryPath       = deliveriesPath + "/{delivery}"
	replayDeliveryPath = deliveryPath + "/replay"
	replayRangePath    = endpointPath + "/replay"
	testEndpointPath   = endpointPath + "/test"
)

func (a *api) addDeliveries(spec huma.API) {
	needed := access.WebhooksWrite
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "list-webhook-deliveries", Method: http.MethodGet, Path: deliveriesPath, Tags: []string{endpointsTag},
		Summary:     "List what was sent to a webhook endpoint",
		Description: "Newest first, each with the last attempt and its answer. " + anyClients, Errors: []int{404, 422},
	}, needed, access.OperationsRead), a.listDeliveries)
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-webhook-delivery", Method: http.MethodGet, Path: deliveryPath, Tags: []string{endpointsTag},
		Summary: "Read an event with its payload", Description: anyClients, Errors: []int{404},
	}, needed, access.OperationsRead), a.getDelivery)
	register(a, spec, a.actionBy(spec, huma.Operation{
		OperationID: "replay-webhook-delivery", Path: replayDeliveryPath, Tags: []string{endpointsTag}, Summary: "Send an event again",
		Description: "Under the same webhook-id, before later events that were not delivered. One that was not delivered yet is tried at once." +
			anyClientsToo,
	}, needed, access.OperationsWrite), a.replayDelivery)
	register(a, spec, a.actionBy(spec, huma.Operation{
		OperationID: "replay-webhook-deliveries", Path: replayRangePath, Tags: []string{endpointsTag}, Summary: "Send the events of a time again",
		Description: "Those that were delivered, in their order; at most 1,000 at a time. `next` says where to continue." + anyClientsToo,
		RequestBody: &huma.RequestBody{Required: true},
	}, needed, access.OperationsWrite), a.replayRange)
	register(a, spec, a.actionBy(spec, huma.Operation{
		OperationID: "test-webhook-endpoint", Path: testEndpointPath, Tags: []string{endpointsTag}, Summary: "Send a test event",
		Description: "An event of type `test`, behind the events that were not delivered yet. Read the delivery to see the answer." + anyClientsToo,
	}, needed, access.OperationsWrite), a.testEndpoint)
}

type listDeliveriesInput struct {
	PageInput
	EndpointID
}

type deliveriesOutput struct {
	Body struct {
		Deliveries []view.WebhookDelivery `json:"deliveries" nullable:"false"`
		PageEnd
	}
}

func (a *api) listDeliveries(ctx context.Context, in *listDeliveriesInput) (*deliveriesOutput, error) {
	known, err := a.endpoint(ctx, in.ID, access.OperationsRead)
	if err != nil {
		return nil, err
	}
	page, err := a.pageFor(ctx, "list-webhook-deliveries", in.PageInput, in.ID)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.Deliveries(ctx, known, page.After.ID, page.readLimit())
	out := &deliveriesOutput{}
	out.Body.Deliveries, out.Body.PageEnd = pageOf(found, page, view.WebhookDeliveryOf, func(d store.Delivery) uint64 { return d.Row })
	return out, err
}

type deliveryInput struct {
	DeliveryID
	RawBody []byte `contentType:"application/json"`
}

// DeliveryID names an event of a webhook endpoint in a path.
type DeliveryID struct {
	EndpointID
	Delivery string `path:"delivery" maxLength:"40" doc:"The webhook-id." example:"msg_0f1d2c3b4a59687786958473625140ff"`
}

type messageOutput struct{ Body view.WebhookMessage }

func (a *api) getDelivery(ctx context.Context, in *DeliveryID) (*messageOutput, error) {
	known, err := a.endpoint(ctx, in.ID, access.OperationsRead)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.Delivery(ctx, known, in.Delivery)
	return &messageOutput{view.WebhookMessageOf(found)}, orMissing(err, errNoSuchDelivery)
}

func (a *api) replayDelivery(ctx context.Context, in *deliveryInput) (*replayable[view.WebhookDelivery], error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	known, err := a.endpoint(ctx, in.ID, access.OperationsWrite)
	if err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[view.WebhookDelivery]{
		operation: "replay-webhook-delivery", subject: known.ID + "/" + in.Delivery, status: http.StatusOK, points: actionPoints,
		claim: a.claimEndpoint(known),
		work: func(ctx context.Context, _ string) (view.WebhookDelivery, error) {
			if err := a.Store.ReplayDelivery(ctx, known, in.Delivery, actorOf(ctx)); err != nil {
				return view.WebhookDelivery{}, orMissing(err, errNoSuchDelivery)
			}
			found, err := a.Store.Delivery(ctx, known, in.Delivery)
			if err != nil {
				return view.WebhookDelivery{}, err
			}
			a.deliver(ctx, known.ID)
			return view.WebhookDeliveryOf(found), nil
		},
	})
}

// replayRangeBody documents the request; decode_webhooks.go reads it.
type replayRangeBody struct {
	From  time.Time `json:"from" doc:"Events that happened from then on." example:"2026-11-26T00:00:00Z"`
	Until time.Time `json:"until" doc:"Events that happened before then." example:"2026-11-27T00:00:00Z"`
}

type replayedBody struct {
	Events int        `json:"events" doc:"How many are sent again."`
	Next   *time.Time `json:"next,omitempty" doc:"Send it as from to continue; left out when nothing is left."`
}

func (a *api) replayRange(ctx context.Context, in *endpointInput) (*replayable[replayedBody], error) {
	request, err := decodeReplayRange(in.RawBody)
	if err != nil {
		return nil, err
	}
	known, err := a.endpoint(ctx, in.ID, access.OperationsWrite)
	if err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[replayedBody]{
		operation: "replay-webhook-deliveries", subject: known.ID, body: request, status: http.StatusOK, points: actionPoints,
		claim: a.claimEndpoint(known),
		work: func(ctx context.Context, _ string) (replayedBody, error) {
			replayed, err := a.Store.ReplayDeliveries(ctx, known, request.From, request.Until, actorOf(ctx))
			if err != nil {
				return replayedBody{}, orMissing(err, errNoSuchEndpoint)
			}
			a.deliver(ctx, known.ID)
			return replayedBody(replayed), nil
		},
	})
}

func (a *api) testEndpoint(ctx context.Context, in *endpointInput) (*replayable[view.WebhookDelivery], error) {
	if err := decodeNothing(in.RawBody); err != nil {
		return nil, err
	}
	known, err := a.endpoint(ctx, in.ID, access.OperationsWrite)
	if err != nil {
		return nil, err
	}
	return idempotent(ctx, a, idempotentRequest[view.WebhookDelivery]{
		operation: "test-webhook-endpoint", subject: known.ID, status: http.StatusOK, points: actionPoints,
		claim: a.claimOperation(access.NewTestEventID(), store.AuditEntry{}),
		work: func(ctx context.Context, event string) (view.WebhookDelivery, error) {
			sent, err := a.Store.SendTestEvent(ctx, known, event, actorOf(ctx))
			if err != nil {
				return view.WebhookDelivery{}, orMissing(err, errNoSuchEndpoint)
			}
			a.deliver(ctx, known.ID)
			return view.WebhookDeliveryOf(sent), nil
		},
	})
}

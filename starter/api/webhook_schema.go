package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"farebook/webhook"
)

// eventShapes documents each type of event: what causes it, and the shape of its data.
var eventShapes = []struct {
	kind    webhook.Type
	summary string
	data    reflect.Type
}{
	{webhook.BookingConfirmed, "A booking is paid, or its authorised payment is captured.", reflect.TypeFor[webhook.BookingData]()},
	{webhook.BookingExpired, "The hold of a booking ended without payment.", reflect.TypeFor[webhook.BookingData]()},
	{webhook.BookingCancelled, "A booking is cancelled, before or after payment.", reflect.TypeFor[webhook.BookingData]()},
	{webhook.BookingPaymentFailed, "The payment of a booking cannot be made any more.", reflect.TypeFor[webhook.BookingData]()},
	{
		webhook.PaymentAuthorized, "A payment with manual capture is authorised: capture it before `captureBefore`.",
		reflect.TypeFor[webhook.BookingData](),
	},
	{webhook.RefundSucceeded, "Stripe has paid a refund. It may still fail later.", reflect.TypeFor[webhook.RefundData]()},
	{webhook.RefundFailed, "A refund failed or was cancelled, also after it succeeded.", reflect.TypeFor[webhook.RefundData]()},
	{webhook.DisputeOpened, "A customer disputes a payment.", reflect.TypeFor[webhook.DisputeData]()},
	{webhook.DisputeClosed, "A dispute is decided.", reflect.TypeFor[webhook.DisputeData]()},
	{webhook.PayoutPaid, "A payout has arrived at the bank. Needs the scope `operations:read`.", reflect.TypeFor[webhook.PayoutData]()},
	{
		webhook.ReconciliationDifferences, "A reconciliation found differences. Needs the scope `operations:read`.",
		reflect.TypeFor[webhook.ReconciliationData](),
	},
	{webhook.Test, "Sent on request, to try an endpoint.", reflect.TypeFor[webhook.TestData]()},
}

// describeEvents documents the events that are sent to webhook endpoints: the section webhooks of OpenAPI 3.1.
func describeEvents(spec *huma.OpenAPI) {
	spec.Webhooks = map[string]*huma.PathItem{}
	for _, one := range eventShapes {
		schema := &huma.Schema{
			Type: "object", Required: []string{"type", "version", "timestamp", "data"},
			Properties: map[string]*huma.Schema{
				"type":    {Type: "string", Enum: []any{string(one.kind)}},
				"version": {Type: "integer", Enum: []any{webhook.Version}, Description: "Of the data. Another version is another number."},
				"timestamp": {
					Type: "string", Format: "date-time",
					Description: "Of the change. The same whenever the event is sent again, unlike the header webhook-timestamp.",
				},
				"data": spec.Components.Schemas.Schema(one.data, true, ""),
			},
		}
		spec.Webhooks[string(one.kind)] = &huma.PathItem{Post: &huma.Operation{
			OperationID: "event-" + string(one.kind), Tags: []string{endpointsTag}, Summary: one.summary,
			Description: "Signed by Standard Webhooks: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`. Answer 2xx within ten " +
				"seconds; any other answer is tried again for three days. 410 ends deliveries.",
			Parameters: eventHeaders(),
			RequestBody: &huma.RequestBody{
				Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}},
			},
			Responses: map[string]*huma.Response{"2XX": {Description: "The event is taken."}},
		}}
	}
}

func eventHeaders() []*huma.Param {
	text := func(name, description, example string) *huma.Param {
		return &huma.Param{
			Name: name, In: "header", Required: true, Description: description, Schema: &huma.Schema{Type: "string"}, Example: example,
		}
	}
	return []*huma.Param{
		text("webhook-id", "The same however often the event is sent: take it once.", "msg_0f1d2c3b4a59687786958473625140ff"),
		text("webhook-timestamp", "When this attempt was signed, in seconds since 1970.", "1764115200"),
		text("webhook-signature", "One signature, or two with a space between them while a secret is rotated.", "v1,..."),
	}
}

func describeEndpointBodies(spec *huma.OpenAPI, describe func(path, name, description string, shape reflect.Type)) {
	nothing := []string{
		disableEndpointPath, enableEndpointPath, removeEndpointPath, replayDeliveryPath, testEndpointPath,
	}
	for _, path := range append(nothing, rotateSecretPath) {
		spec.Paths[path].Post.RequestBody.Required = false
	}
	for _, path := range nothing {
		describe(path, "Nothing", "Optional: an empty object.", reflect.TypeFor[struct{}]())
	}
	describe(endpointsPath, "NewWebhookEndpoint", "The endpoint to create.", reflect.TypeFor[newEndpointBody]())
	describe(updateEndpointPath, "UpdateWebhookEndpoint", "What changes.", reflect.TypeFor[updateEndpointBody]())
	describe(rotateSecretPath, "RotateWebhookSecret", "Optional: the overlap.", reflect.TypeFor[rotateSecretBody]())
	describe(replayRangePath, "ReplayWebhooks", "The time whose events are sent again.", reflect.TypeFor[replayRangeBody]())
}

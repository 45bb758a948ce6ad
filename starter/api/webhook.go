package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/starter/inbox"
	"farebook/starter/limit"
)

const webhookPath = "/webhooks/stripe"

func (a *api) addWebhook(spec huma.API) {
	register(a, spec, huma.Operation{
		OperationID: "stripe-webhook", Method: http.MethodPost, Path: webhookPath, Tags: []string{"Webhooks"},
		Summary: "Receive a Stripe event",
		Description: "Checks the signature over the raw body, and stores the event before it is processed. An event is a pointer: its object " +
			"is read again at Stripe. " +
			"An event of a connected account, of an object without an id, or of test mode at a live endpoint is stored and acknowledged, and " +
			"`note` says why it " +
			"has no effect. A live event at a test endpoint and a thin event of API v2 are refused: the answer names the setting at Stripe.",
		Errors: []int{400, 408, 413, 500, 503},
		Parameters: []*huma.Param{{
			Name: signatureHeader, In: "header", Required: true, Description: "Stripe's signature of the body.",
			Schema: &huma.Schema{Type: "string"},
		}},
		Middlewares:      huma.Middlewares{a.takeEvent(spec)},
		SkipValidateBody: true, BodyReadTimeout: -1, MaxBodyBytes: -1,
	}, a.receiveEvent)
}

type signatureKey struct{}

// takeEvent refuses a request without a plausible signature before it reads the body, and reads the body within the memory that
// unauthenticated callers may use. It passes on all values of the signature header; huma would pass on only the first.
func (a *api) takeEvent(spec huma.API) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(hctx)
		signatures := r.Header.Values(signatureHeader)
		if r.ContentLength <= maxWebhookBody { // a larger body is refused for its size
			if _, err := signatureIn(signatures, a.Store.Now()); err != nil {
				refuse(spec, hctx, a.refuseEvent(r.Context(), headerField(signatureHeader, err.Error())))
				return
			}
		}
		hold := a.gates.unsigned.Hold(limit.Source(clientOf(r.Context())))
		defer hold.Release()
		if err := a.readBody(w, r, maxWebhookBody, hold); err != nil {
			refuse(spec, hctx, a.bodyRefused(w, r, maxWebhookBody, err))
			return
		}
		next(huma.WithValue(hctx, signatureKey{}, signatures))
	}
}

type eventInput struct {
	RawBody []byte `contentType:"application/json"`
}

type eventOutput struct {
	Body struct {
		Received bool   `json:"received"`
		Note     string `json:"note,omitempty" doc:"Why the event has no effect. Left out when a workflow was notified."`
	}
}

// receiveEvent verifies an event, stores it and acknowledges it. Its workflow is notified afterwards: Stripe delivers an event again
// that was not acknowledged, and the sweeper finds one that was not handed on.
func (a *api) receiveEvent(ctx context.Context, in *eventInput) (*eventOutput, error) {
	signatures, _ := ctx.Value(signatureKey{}).([]string)
	if err := a.checkSignature(signatures, in.RawBody, a.Store.Now()); err != nil {
		return nil, a.refuseEvent(ctx, headerField(signatureHeader, err.Error()))
	}
	event, err := inbox.Parse(in.RawBody, a.Live)
	if err != nil {
		return nil, a.refuseEvent(ctx, &huma.ErrorDetail{Location: "body", Message: err.Error()})
	}
	if event.Subject.CorrelationID != "" {
		ctx = correlation.With(ctx, event.Subject.CorrelationID)
	}
	delivery, err := a.Inbox.Deliver(ctx, event)
	if err != nil {
		return nil, err
	}
	failpoint.Hit("webhook-after-event-stored")
	a.counts.Webhook(map[bool]string{false: "stored", true: "known"}[delivery.Processed])
	if !delivery.Processed {
		delivery.Later(ctx)
	}
	a.Log.InfoContext(ctx, "Stripe event received", "eventId", event.ID, "type", event.Type,
		"objectId", event.Subject.ObjectID, "reference", event.Subject.Reference, "nothingToDo", delivery.Processed)
	out := &eventOutput{}
	out.Body.Received, out.Body.Note = true, event.Note
	return out, nil
}

// refuseEvent stores nothing and logs a warning: the event is forged, or a secret is wrong.
func (a *api) refuseEvent(ctx context.Context, why *huma.ErrorDetail) error {
	a.counts.Webhook("refused")
	a.Log.WarnContext(ctx, "Stripe event refused", "location", why.Location, "why", why.Message)
	return problem(ctx, http.StatusBadRequest, "event-refused",
		"The event was refused and nothing was stored: "+why.Location+" "+why.Message+".", why)
}

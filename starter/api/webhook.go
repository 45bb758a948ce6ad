package api

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/stripe/stripe-go/v76/webhook"

	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/internal/tracing"
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

type (
	signatureKey struct{}
	beganKey     struct{} // when the request came
)

// takeEvent refuses a request without a plausible signature before it reads the body, and reads the body within the memory that
// unauthenticated callers may use. It passes on all values of the signature header; huma would pass on only the first.
func (a *api) takeEvent(spec huma.API) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		began := time.Now()
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
		next(huma.WithValue(huma.WithValue(hctx, signatureKey{}, signatures), beganKey{}, began))
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

// receiveEvent verifies an event, stores it, notifies its workflow and acknowledges it: Stripe delivers an event again that was not
// acknowledged. One whose workflow cannot be notified soon is acknowledged all the same, and the sweeper hands it on.
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
	ctx, end := a.trace(ctx, event)
	out, err := a.storeEvent(ctx, event)
	end(err)
	return out, err
}

// trace begins the span of a webhook, in the trace of the request that made the booking or the refund that the event concerns.
func (a *api) trace(ctx context.Context, event inbox.Event) (context.Context, func(error)) {
	if !tracing.On() {
		return ctx, func(error) {}
	}
	began, _ := ctx.Value(beganKey{}).(time.Time)
	return tracing.Receive(ctx, a.Inbox.TraceParent(ctx, event), webhookPath, began)
}

func (a *api) storeEvent(ctx context.Context, event inbox.Event) (*eventOutput, error) {
	delivery, err := a.Inbox.Deliver(ctx, event)
	if err != nil {
		return nil, err
	}
	failpoint.Hit("webhook-after-event-stored")
	a.counts.Webhook(map[bool]string{false: "stored", true: "known"}[delivery.Processed])
	if !delivery.Processed {
		delivery.HandOn(ctx)
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

const (
	signatureHeader = "Stripe-Signature"
	// signatureTolerance is how far a signature's time may be from now, in either direction. Stripe's library limits only the past; a
	// signature from the future could be replayed later.
	signatureTolerance = 5 * time.Minute
	// maxSignature limits the header: Stripe sends one v1 for each valid secret, and a v0 in test mode.
	maxSignature = 2048
)

var (
	unixSeconds = regexp.MustCompile(`^[1-9][0-9]{0,10}$`)
	signed      = regexp.MustCompile(`(^|,)v1=[0-9a-f]{64}(,|$)`)
)

// checkSignature accepts a body that was recently signed with one of the secrets. Unlike ConstructEvent, it does not compare the
// event's API version with the library's: the event is only a pointer to an object, in any version.
// Errors complete "header.Stripe-Signature ...".
func (a *api) checkSignature(headers []string, body []byte, now time.Time) error {
	header, err := signatureIn(headers, now)
	if err != nil {
		return err
	}
	for _, secret := range a.WebhookSecrets() {
		if webhook.ValidatePayloadIgnoringTolerance(body, header, secret) == nil {
			return nil
		}
	}
	return errors.New("does not match the body for any of the configured secrets")
}

// signatureIn returns the header if it has the form of a recent signature. Nothing more can be checked before the body arrives.
func signatureIn(headers []string, now time.Time) (string, error) {
	switch {
	case len(headers) == 0 || headers[0] == "":
		return "", errors.New("is missing")
	case len(headers) > 1:
		return "", errors.New("is sent more than once")
	case len(headers[0]) > maxSignature:
		return "", errors.New("is too long")
	case !signed.MatchString(headers[0]):
		return "", errors.New("has no v1= with 64 hexadecimal digits")
	}
	at, err := signedAt(headers[0])
	if err != nil {
		return "", err
	}
	if at.Before(now.Add(-signatureTolerance)) || at.After(now.Add(signatureTolerance)) {
		return "", errors.New("has a time that is too far from now")
	}
	return headers[0], nil
}

// signedAt reads the time t= of the header.
func signedAt(header string) (time.Time, error) {
	var stamps []string
	for part := range strings.SplitSeq(header, ",") {
		if value, found := strings.CutPrefix(part, "t="); found {
			stamps = append(stamps, value)
		}
	}
	if len(stamps) != 1 || !unixSeconds.MatchString(stamps[0]) {
		return time.Time{}, errors.New("does not have exactly one t= with a time in seconds")
	}
	seconds, err := strconv.ParseInt(stamps[0], 10, 64)
	if err != nil {
		return time.Time{}, errors.New("has a t= that is not a time")
	}
	return time.Unix(seconds, 0), nil
}

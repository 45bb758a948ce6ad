package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/store"
	"farebook/workflows"
)

const webhookPath = "/webhooks/stripe"

// signalled are the types that a booking's workflow is told of. All others are kept and acknowledged.
var signalled = map[string]bool{
	"payment_intent.succeeded":                 true,
	"payment_intent.payment_failed":            true,
	"payment_intent.canceled":                  true,
	"payment_intent.processing":                true,
	"payment_intent.requires_action":           true,
	"payment_intent.amount_capturable_updated": true,
	"charge.updated":                           true,
}

func (a *api) addWebhook(spec huma.API) {
	huma.Register(spec, huma.Operation{
		OperationID: "stripe-webhook", Method: http.MethodPost, Path: webhookPath, Tags: []string{"Webhooks"},
		Summary:     "Receive a Stripe event",
		Description: "The signature is checked over the raw body; the event is stored before anything is done about it. An event is a pointer: the object is read again at Stripe.",
		Errors:      []int{400, 408, 413, 500, 503},
		Parameters: []*huma.Param{{
			Name: signatureHeader, In: "header", Required: true, Description: "Stripe's signature of the body.", Schema: &huma.Schema{Type: "string"},
		}},
		Middlewares:      huma.Middlewares{signatureOf},
		SkipValidateBody: true, BodyReadTimeout: -1, MaxBodyBytes: -1,
	}, a.receiveEvent)
}

type signatureKey struct{}

// signatureOf hands all values of the signature header on; huma would hand on the first.
func signatureOf(hctx huma.Context, next func(huma.Context)) {
	request, _ := humago.Unwrap(hctx)
	next(huma.WithValue(hctx, signatureKey{}, request.Header.Values(signatureHeader)))
}

type eventInput struct {
	RawBody []byte `contentType:"application/json"`
}

type eventOutput struct {
	Body struct {
		Received bool `json:"received"`
	}
}

// receiveEvent stores an event, tells the booking's workflow, and only then acknowledges. Stripe delivers again whatever
// was not acknowledged, and each step is harmless when repeated.
func (a *api) receiveEvent(ctx context.Context, in *eventInput) (*eventOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, a.AnswerTimeout)
	defer cancel()
	signatures, _ := ctx.Value(signatureKey{}).([]string)
	if err := a.checkSignature(signatures, in.RawBody, time.Now()); err != nil {
		return nil, a.refuseEvent(ctx, headerField(signatureHeader, err.Error()))
	}
	event, err := a.readEvent(in.RawBody)
	if err != nil {
		return nil, a.refuseEvent(ctx, &huma.ErrorDetail{Location: "body", Message: err.Error()})
	}
	if id := event.Data.Object.Metadata[stripeapi.MetadataCorrelationID]; correlation.Valid(id) {
		ctx = correlation.With(ctx, id)
	}
	processed, err := a.Store.ReceiveEvent(ctx, event.row(in.RawBody))
	if err != nil {
		return nil, a.storeFailed(ctx, err)
	}
	failpoint.Hit("webhook-after-event-stored")
	if !processed {
		if err := a.deliver(ctx, event); err != nil {
			return nil, err
		}
	}
	a.Log.InfoContext(ctx, "Stripe event received", "eventId", event.ID, "type", event.Type,
		"objectId", event.Data.Object.ID, "reference", event.reference(), "processedBefore", processed)
	out := &eventOutput{}
	out.Body.Received = true
	return out, nil
}

// refuseEvent writes nothing to the books, and a line in the log: somebody forges, or a secret is wrong.
func (a *api) refuseEvent(ctx context.Context, why *huma.ErrorDetail) error {
	a.Log.WarnContext(ctx, "Stripe event refused", "location", why.Location, "why", why.Message)
	return problem(ctx, http.StatusBadRequest, "event-refused", "The event was refused and nothing was written: "+why.Location+" "+why.Message+".", why)
}

// deliver tells the booking's workflow, or marks the event as one that nothing is to be done about.
func (a *api) deliver(ctx context.Context, event stripeEvent) error {
	if !signalled[event.Type] {
		return a.setAside(ctx, event, "not acted on")
	}
	reference, err := booking.ParseReference(event.reference())
	if err != nil {
		return a.setAside(ctx, event, "not about a booking of ours")
	}
	known, err := a.Store.Booking(ctx, reference)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return a.setAside(ctx, event, "no booking with this reference")
	case err != nil:
		return a.storeFailed(ctx, err)
	case known.Payment != nil && known.Payment.PaymentIntentID != event.paymentIntentID():
		return a.setAside(ctx, event, "about another PaymentIntent than the booking's")
	}
	err = a.Bookings.DeliverStripeEvent(withBooking(ctx, known), subjectOf(known), workflows.StripeEvent{
		EventID: event.ID, Type: event.Type, PaymentIntentID: event.paymentIntentID(),
	})
	if err != nil {
		return a.temporalFailed(ctx, err)
	}
	failpoint.Hit("webhook-after-signal")
	return nil
}

func (a *api) setAside(ctx context.Context, event stripeEvent, note string) error {
	if err := a.Store.MarkEventProcessed(ctx, event.ID, note); err != nil {
		return a.storeFailed(ctx, err)
	}
	return nil
}

// stripeEvent is what is read of an event, whatever its API version: the parts that have been the same in all of them.
type stripeEvent struct {
	ID         string `json:"id"`
	Object     string `json:"object"`
	Type       string `json:"type"`
	APIVersion string `json:"api_version"`
	Created    int64  `json:"created"` // seconds
	Livemode   *bool  `json:"livemode"`
	Data       struct {
		Object *stripeObject `json:"object"`
	} `json:"data"`
}

type stripeObject struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	Metadata      map[string]string `json:"metadata"`
	PaymentIntent json.RawMessage   `json:"payment_intent"` // an id, or the object when it was expanded
}

// What fits the columns of stripe_events.
var (
	eventID    = regexp.MustCompile(`^evt_[A-Za-z0-9_]{1,60}$`)
	eventType  = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)+$`)
	apiVersion = regexp.MustCompile(`^[A-Za-z0-9.-]{0,32}$`)
)

const (
	maxEventType = 100
	// maxObjectID cuts the ids of a few objects that we do not act on (checkout sessions): the payload has them whole.
	maxObjectID = 64
)

// readEvent refuses what is no event for us. Its errors complete "body ...".
func (a *api) readEvent(body []byte) (stripeEvent, error) {
	var event stripeEvent
	if !utf8.Valid(body) {
		return event, errors.New("is not UTF-8")
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return event, errors.New("is not the JSON of an event")
	}
	switch {
	case event.Object != "event" || !eventID.MatchString(event.ID):
		return event, errors.New("is not an event with an id")
	case !eventType.MatchString(event.Type) || len(event.Type) > maxEventType || !apiVersion.MatchString(event.APIVersion):
		return event, errors.New("has no readable type or api_version")
	case event.Data.Object == nil:
		return event, errors.New("has no object in data.object")
	case event.Livemode == nil:
		return event, errors.New("does not say livemode")
	case *event.Livemode && !a.Live:
		return event, errors.New("is a live event, and STRIPE_SECRET_KEY is a test key")
	case !*event.Livemode && a.Live:
		return event, errors.New("is a test event, and STRIPE_SECRET_KEY is a live key")
	case event.Created < 0 || event.Created > maxEventTime:
		return event, errors.New("has a created that is no time")
	}
	return event, nil
}

// maxEventTime is the end of the year 9999, in seconds: what a DATETIME can hold.
const maxEventTime = 253402300799

func (e stripeEvent) row(body []byte) store.Event {
	objectID := e.Data.Object.ID
	return store.Event{
		ID: e.ID, Type: e.Type, APIVersion: e.APIVersion, ObjectID: objectID[:min(len(objectID), maxObjectID)], Livemode: *e.Livemode,
		Reference: e.knownReference(), Created: time.Unix(e.Created, 0).UTC(), Payload: body,
	}
}

func (e stripeEvent) reference() string { return e.Data.Object.Metadata[stripeapi.MetadataReference] }

// knownReference is empty for metadata that somebody else wrote.
func (e stripeEvent) knownReference() string {
	reference, err := booking.ParseReference(e.reference())
	if err != nil {
		return ""
	}
	return string(reference)
}

// paymentIntentID is the object's own id, or of the PaymentIntent that it belongs to.
func (e stripeEvent) paymentIntentID() string {
	object := e.Data.Object
	if object.Object == "payment_intent" {
		return object.ID
	}
	var id string
	if json.Unmarshal(object.PaymentIntent, &id) == nil {
		return id
	}
	var expanded struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(object.PaymentIntent, &expanded) != nil {
		return ""
	}
	return expanded.ID
}

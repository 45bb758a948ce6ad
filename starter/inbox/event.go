package inbox

import (
	"encoding/json"
	"errors"
	"regexp"
	"time"
	"unicode/utf8"

	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// Event is what is read of one of Stripe's, whatever its API version: the parts that have been the same in all of them.
type Event struct {
	ID         string `json:"id"`
	Object     string `json:"object"`
	Type       string `json:"type"`
	APIVersion string `json:"api_version"`
	Created    int64  `json:"created"` // seconds
	Livemode   *bool  `json:"livemode"`
	Data       struct {
		Object *eventObject `json:"object"`
	} `json:"data"`
}

type eventObject struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	Metadata      map[string]string `json:"metadata"`
	PaymentIntent json.RawMessage   `json:"payment_intent"` // an id, or the object when it was expanded
	// AmountRefunded is a charge's, in minor units; Captured is false for one that was only authorised.
	AmountRefunded int64 `json:"amount_refunded"`
	Captured       *bool `json:"captured"`
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
	// maxEventTime is the end of the year 9999, in seconds: what a DATETIME can hold.
	maxEventTime = 253402300799
)

// Parse reads an event and refuses what is none for us: live says which of Stripe's modes we are in. Its errors complete
// "the body ...".
func Parse(body []byte, live bool) (Event, error) {
	var event Event
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
	case *event.Livemode && !live:
		return event, errors.New("is a live event, and STRIPE_SECRET_KEY is a test key")
	case !*event.Livemode && live:
		return event, errors.New("is a test event, and STRIPE_SECRET_KEY is a live key")
	case event.Created < 0 || event.Created > maxEventTime:
		return event, errors.New("has a created that is no time")
	}
	return event, nil
}

func (e Event) row(body []byte) store.Event {
	objectID := e.Data.Object.ID
	return store.Event{
		ID: e.ID, Type: e.Type, APIVersion: e.APIVersion, ObjectID: objectID[:min(len(objectID), maxObjectID)], Livemode: *e.Livemode,
		Reference: string(e.Reference()), Created: time.Unix(e.Created, 0).UTC(), Payload: body,
	}
}

// Reference is the booking's from the object's metadata; empty for metadata that somebody else wrote.
func (e Event) Reference() booking.Reference {
	reference, err := booking.ParseReference(e.Data.Object.Metadata[stripeapi.MetadataReference])
	if err != nil {
		return ""
	}
	return reference
}

// ObjectID is of what the event is about.
func (e Event) ObjectID() string { return e.Data.Object.ID }

// CorrelationID is from the object's metadata; empty when there is none that is ours.
func (e Event) CorrelationID() string {
	id := e.Data.Object.Metadata[stripeapi.MetadataCorrelationID]
	if !correlation.Valid(id) {
		return ""
	}
	return id
}

func (e Event) refundID() booking.RefundID {
	id, err := booking.ParseRefundID(e.Data.Object.Metadata[stripeapi.MetadataRefundID])
	if err != nil {
		return ""
	}
	return id
}

// paymentIntentID is the object's own id, or of the PaymentIntent that it belongs to.
func (e Event) paymentIntentID() string {
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

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
	ID         string
	Object     string
	Type       string
	APIVersion string // as far as its column holds it
	Account    string // acct_... of a connected account that it is about; empty for our own
	Created    int64  // seconds
	Livemode   *bool
	Data       struct {
		Object *eventObject
	}
}

// wireEvent is the JSON of an event. Raw fields decide nothing: whatever they hold is no reason to refuse one.
type wireEvent struct {
	ID         string          `json:"id"`
	Object     string          `json:"object"`
	Type       string          `json:"type"`
	APIVersion json.RawMessage `json:"api_version"`
	Account    json.RawMessage `json:"account"`
	Created    int64           `json:"created"`
	Livemode   *bool           `json:"livemode"`
	Data       struct {
		Object *eventObject `json:"object"`
	} `json:"data"`
}

func (w wireEvent) event() Event {
	return Event{
		ID: w.ID, Object: w.Object, Type: w.Type, APIVersion: shaped(w.APIVersion, apiVersion), Account: shaped(w.Account, accountID),
		Created: w.Created, Livemode: w.Livemode, Data: struct{ Object *eventObject }{w.Data.Object},
	}
}

// What fits the columns of stripe_events.
var (
	eventID    = regexp.MustCompile(`^evt_[A-Za-z0-9_]{1,60}$`)
	eventType  = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)+$`)
	apiVersion = regexp.MustCompile(`^[ -~]{0,32}$`) // with the beta features that an account has: "2022-08-01; orders_beta=v4"
	accountID  = regexp.MustCompile(`^acct_[A-Za-z0-9_]{1,59}$`)
)

const (
	maxEventType = 100
	// maxObjectID cuts the ids of a few objects that we do not act on (checkout sessions).
	maxObjectID = 64
	// maxEventTime is the end of the year 9999, in seconds: what a DATETIME can hold.
	maxEventTime = 253402300799
)

// Parse reads an event and refuses what is none for us: live says which of Stripe's modes we are in. Its errors complete
// "the body ...".
func Parse(body []byte, live bool) (Event, error) {
	var wire wireEvent
	if !utf8.Valid(body) {
		return Event{}, errors.New("is not UTF-8")
	}
	if err := json.Unmarshal(body, &wire); err != nil {
		return Event{}, errors.New("is not the JSON of an event")
	}
	event := wire.event()
	switch {
	case event.Object != "event" || !eventID.MatchString(event.ID):
		return event, errors.New("is not an event with an id")
	case !eventType.MatchString(event.Type) || len(event.Type) > maxEventType:
		return event, errors.New("has no readable type")
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

func (e Event) row() store.Event {
	objectID := e.Data.Object.ID
	return store.Event{
		ID: e.ID, Type: e.Type, APIVersion: e.APIVersion, Account: e.Account, ObjectID: objectID[:min(len(objectID), maxObjectID)],
		Livemode: *e.Livemode, Reference: string(e.Reference()), Created: time.Unix(e.Created, 0).UTC(), Payload: e.stored(),
	}
}

// FromRow is an event that was stored. Of one that has no payload, because nobody acts on its type, its columns tell what is
// left.
func FromRow(row store.Event) (Event, error) {
	if len(row.Payload) > 0 {
		return Parse(row.Payload, row.Livemode)
	}
	event := Event{
		ID: row.ID, Object: "event", Type: row.Type, APIVersion: row.APIVersion, Account: row.Account, Created: row.Created.Unix(), Livemode: &row.Livemode,
	}
	event.Data.Object = &eventObject{ID: row.ObjectID}
	if row.Reference != "" {
		event.Data.Object.Metadata = map[string]string{stripeapi.MetadataReference: row.Reference}
	}
	return event, nil
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
	return object.PaymentIntent
}

package inbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// Event is what Farebook reads of one of Stripe's events: the parts that are the same in all API versions. Parse and FromRow fill it
// once; nothing reads the JSON again.
type Event struct {
	ID         string
	Type       string
	APIVersion string // empty where it does not fit its column
	Account    string // acct_... of the connected account that the event concerns; empty for the account of STRIPE_SECRET_KEY
	Created    int64  // seconds since 1970; zero when the event does not say
	Livemode   bool
	// Subject is the object that the event concerns.
	Subject Subject
	// Note says why no workflow is notified of the event; empty for one that a workflow has to handle.
	Note string
	// NotOurs reports that the event concerns an object of somebody else.
	NotOurs bool

	object eventObject // for the payload that is stored
}

// wireEvent is the JSON of an event. A field that decides nothing is raw, so that no value of it refuses the event.
type wireEvent struct {
	ID         string          `json:"id"`
	Object     string          `json:"object"`
	Type       string          `json:"type"`
	APIVersion json.RawMessage `json:"api_version"`
	Account    json.RawMessage `json:"account"`
	Created    json.RawMessage `json:"created"`
	Livemode   json.RawMessage `json:"livemode"`
	Data       json.RawMessage `json:"data"`
}

// The values that fit the columns of stripe_events.
var (
	eventID    = regexp.MustCompile(`^evt_[A-Za-z0-9_]{1,60}$`)
	eventType  = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
	apiVersion = regexp.MustCompile(`^[ -~]{0,32}$`) // includes the beta features of an account: "2022-08-01; orders_beta=v4"
	accountID  = regexp.MustCompile(`^acct_[A-Za-z0-9_]{1,59}$`)
)

const (
	maxEventType = 100
	// maxObjectID truncates the ids of a few objects that Farebook does not act on, such as checkout sessions.
	maxObjectID = 64
	// maxEventTime is the last second of the year 9999, the largest value of a DATETIME.
	maxEventTime = 253402300799
	// thinEvent is the object name of events of Stripe's API v2 (docs.stripe.com/event-destinations#thin-events).
	thinEvent = "v2.core.event"
)

// Parse reads the JSON of an event. live says whether STRIPE_SECRET_KEY is a live key. The error completes the sentence "the body ..."
// and is returned for a body that is not an event or that this endpoint cannot take. An event about an object of somebody else is
// not an error: NotOurs and Note say what it concerns.
func Parse(body []byte, live bool) (Event, error) {
	var wire wireEvent
	if !utf8.Valid(body) {
		return Event{}, errors.New("is not UTF-8")
	}
	err := json.Unmarshal(body, &wire)
	if err != nil {
		return Event{}, errors.New("is not the JSON of an event")
	}
	livemode := valueOf[bool](wire.Livemode)
	switch {
	case wire.Object == thinEvent:
		return Event{}, thinEventError(wire.Type)
	case wire.Object != "event" || !eventID.MatchString(wire.ID):
		return Event{}, errors.New("is not an event with an id")
	case !eventType.MatchString(wire.Type) || len(wire.Type) > maxEventType:
		return Event{}, errors.New("has no readable type")
	case livemode == nil:
		return Event{}, errors.New("does not have the field livemode")
	case *livemode && !live:
		return Event{}, errors.New("is a live event, and STRIPE_SECRET_KEY is a test key")
	}
	e := Event{
		ID: wire.ID, Type: wire.Type, APIVersion: shaped(wire.APIVersion, apiVersion), Account: shaped(wire.Account, accountID),
		Livemode: *livemode,
	}
	created := valueOf[int64](wire.Created)
	if created != nil && *created >= 0 && *created <= maxEventTime {
		e.Created = *created
	}
	return e.about(objectOf(wire.Data), live), nil
}

// FromRow reads a stored event. A row without a payload, which the inbox stores for types that it does not act on, is read from its
// columns. Errors are those of Parse.
func FromRow(row store.Event) (Event, error) {
	if len(row.Payload) > 0 {
		return Parse(row.Payload, row.Livemode)
	}
	object := eventObject{ID: row.ObjectID}
	if row.Reference != "" {
		object.Metadata = map[string]string{stripeapi.MetadataReference: row.Reference}
	}
	e := Event{
		ID: row.ID, Type: row.Type, APIVersion: row.APIVersion, Account: row.Account, Created: row.Created.Unix(),
		Livemode: row.Livemode,
	}
	return e.about(object, row.Livemode), nil
}

// about completes an event with its object, and decides whether a workflow has to handle it.
func (e Event) about(object eventObject, live bool) Event {
	e.object, e.Subject = object, subjectOf(e.Type, object)
	switch {
	case e.Account != "":
		e.NotOurs, e.Note = true, "about the connected account "+e.Account+", not about our own"
	case live && !e.Livemode:
		e.NotOurs, e.Note = true, "a test event, and STRIPE_SECRET_KEY is a live key"
	case e.Subject.ObjectID == "" && e.Subject.owner != nobody && e.Subject.owner != funds: // a balance has no id
		e.NotOurs, e.Note = true, "about no object: data.object has no id"
	case e.Type == "ping":
		e.Note = notePing
	case e.Subject.owner == nobody:
		e.Note = noteType
	}
	return e
}

// thinEventError explains how to replace events of Stripe's API v2, which carry neither an object nor a type that Farebook acts on.
func thinEventError(kind string) error {
	what := "a thin event"
	if strings.HasSuffix(kind, ".ping") {
		what = "a ping of an event destination that sends thin events"
	}
	return fmt.Errorf("is %s of Stripe's API v2, without the object that it is about: in Stripe's dashboard (Workbench, Webhooks), "+
		"make an event destination with the payload style \"snapshot\" and the types that `starter events types` prints", what)
}

// row returns the event as it is stored.
func (e Event) row() store.Event {
	state := store.EventReceived
	if e.NotOurs {
		state = store.EventNotOurs
	}
	id := e.Subject.ObjectID
	return store.Event{
		State: state, ID: e.ID, Type: e.Type, APIVersion: e.APIVersion, Account: e.Account, ObjectID: id[:min(len(id), maxObjectID)],
		Livemode: e.Livemode, Reference: string(e.Subject.Reference), Created: time.Unix(e.Created, 0).UTC(), Payload: e.payload(),
	}
}

// eventObject is what the inbox reads of data.object. A field of an unexpected type counts as missing, because a field that decides
// nothing must not refuse an event.
type eventObject struct {
	ID            string
	Object        string
	Metadata      map[string]string // Farebook's keys only, and only values of the right form
	PaymentIntent string            // the id, also when the object is expanded
	Charge        string            // likewise
	// AmountRefunded is a charge's, in minor units; Captured is false for a charge that was only authorised. Nil where they are missing.
	AmountRefunded *int64
	Captured       *bool

	fields map[string]json.RawMessage
}

// objectOf reads the object of an event's data; zero for data without an object.
func objectOf(data json.RawMessage) eventObject {
	members := valueOf[map[string]json.RawMessage](data)
	if members == nil {
		return eventObject{}
	}
	object := valueOf[map[string]json.RawMessage]((*members)["object"])
	if object == nil {
		return eventObject{}
	}
	fields := *object
	return eventObject{
		ID: shaped(fields["id"], objectID), Object: shaped(fields["object"], objectType), Metadata: ownMetadata(fields["metadata"]),
		PaymentIntent: idOf(fields["payment_intent"]), Charge: idOf(fields["charge"]), AmountRefunded: valueOf[int64](fields["amount_refunded"]),
		Captured: valueOf[bool](fields["captured"]), fields: fields,
	}
}

var (
	objectID   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)
	objectType = regexp.MustCompile(`^[a-z0-9_.]{1,64}$`)
)

// valueOf returns nil for a field that is missing, null or of another type.
func valueOf[T any](field json.RawMessage) *T {
	var value *T
	if len(field) == 0 || json.Unmarshal(field, &value) != nil {
		return nil
	}
	return value
}

// shaped returns a string that matches form; empty for any other field.
func shaped(field json.RawMessage, form *regexp.Regexp) string {
	text := valueOf[string](field)
	if text == nil || !form.MatchString(*text) {
		return ""
	}
	return *text
}

// idOf reads the id of another object, which Stripe sends as a string, or as the whole object when it is expanded.
func idOf(field json.RawMessage) string {
	id := shaped(field, objectID)
	if id != "" {
		return id
	}
	expanded := valueOf[map[string]json.RawMessage](field)
	if expanded == nil {
		return ""
	}
	return shaped((*expanded)["id"], objectID)
}

// ownMetadata returns the values of Farebook's keys that have the right form; nil for an object without metadata.
func ownMetadata(field json.RawMessage) map[string]string {
	all := valueOf[map[string]json.RawMessage](field)
	if all == nil {
		return nil
	}
	own := map[string]string{}
	for key, valid := range map[string]func(string) bool{
		stripeapi.MetadataReference:     func(text string) bool { _, err := booking.ParseReference(text); return err == nil },
		stripeapi.MetadataCorrelationID: correlation.Valid,
		stripeapi.MetadataRefundID:      func(text string) bool { _, err := booking.ParseRefundID(text); return err == nil },
		stripeapi.MetadataInstallation:  access.IsInstallationID,
	} {
		if text := valueOf[string]((*all)[key]); text != nil && valid(*text) {
			own[key] = *text
		}
	}
	return own
}

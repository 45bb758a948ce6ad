package inbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
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
	Created    int64  // seconds; zero when the event does not say
	Livemode   *bool
	Data       struct {
		Object *eventObject // never nil: one without fields stands for none
	}
	// NotOurs says why nothing is done about it, whatever its type; empty for an event that is for us.
	NotOurs string
}

// wireEvent is the JSON of an event. A field that decides nothing is raw: whatever it holds is no reason to refuse the event.
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

func (w wireEvent) event() Event {
	e := Event{
		ID: w.ID, Object: w.Object, Type: w.Type, APIVersion: shaped(w.APIVersion, apiVersion), Account: shaped(w.Account, accountID),
		Livemode: valueOf[bool](w.Livemode),
	}
	if created := valueOf[int64](w.Created); created != nil && *created >= 0 && *created <= maxEventTime {
		e.Created = *created
	}
	e.Data.Object = &eventObject{}
	if data := valueOf[map[string]json.RawMessage](w.Data); data != nil {
		if object := valueOf[eventObject]((*data)["object"]); object != nil {
			e.Data.Object = object
		}
	}
	return e
}

// What fits the columns of stripe_events.
var (
	eventID    = regexp.MustCompile(`^evt_[A-Za-z0-9_]{1,60}$`)
	eventType  = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
	apiVersion = regexp.MustCompile(`^[ -~]{0,32}$`) // with the beta features that an account has: "2022-08-01; orders_beta=v4"
	accountID  = regexp.MustCompile(`^acct_[A-Za-z0-9_]{1,59}$`)
)

const (
	maxEventType = 100
	// maxObjectID cuts the ids of a few objects that we do not act on (checkout sessions).
	maxObjectID = 64
	// maxEventTime is the end of the year 9999, in seconds: what a DATETIME can hold.
	maxEventTime = 253402300799
	// thinEvent is what an event of Stripe's API v2 calls itself (docs.stripe.com/event-destinations#thin-events).
	thinEvent = "v2.core.event"
)

// Parse reads an event and refuses what is no event, or none that this endpoint can take: live says which of Stripe's modes we are
// in. What is about somebody else's objects is no error: NotOurs says why nothing is done about it. Errors complete "the body ...".
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
	case event.Object == thinEvent:
		return event, thin(event.Type)
	case event.Object != "event" || !eventID.MatchString(event.ID):
		return event, errors.New("is not an event with an id")
	case !eventType.MatchString(event.Type) || len(event.Type) > maxEventType:
		return event, errors.New("has no readable type")
	case event.Livemode == nil:
		return event, errors.New("does not say livemode")
	case *event.Livemode && !live:
		return event, errors.New("is a live event, and STRIPE_SECRET_KEY is a test key")
	}
	event.NotOurs = event.notOurs(live)
	return event, nil
}

// thin explains events of Stripe's API v2, its ping among them, which bear no object and no type that Farebook acts on.
func thin(kind string) error {
	what := "a thin event"
	if strings.HasSuffix(kind, ".ping") {
		what = "a ping of an event destination that sends thin events"
	}
	return fmt.Errorf("is %s of Stripe's API v2, without the object that it is about: in Stripe's dashboard (Workbench, Webhooks), "+
		"make an event destination with the payload style \"snapshot\" and the types that `starter events types` prints", what)
}

func (e Event) notOurs(live bool) string {
	switch {
	case e.Account != "":
		return "about the connected account " + e.Account + ", not about our own"
	case live && !*e.Livemode:
		return "a test event, and STRIPE_SECRET_KEY is a live key"
	case e.Data.Object.ID == "" && owners[e.Type] != nobody && owners[e.Type] != funds: // a balance has no id
		return "about no object: data.object has no id"
	}
	return ""
}

// Note says why nothing is done about the event; empty for one that a workflow is notified of.
func (e Event) Note() string {
	switch {
	case e.NotOurs != "":
		return e.NotOurs
	case e.Type == "ping":
		return notePing
	case owners[e.Type] == nobody:
		return noteType
	}
	return ""
}

func (e Event) row() store.Event {
	objectID := e.Data.Object.ID
	state := store.EventReceived
	if e.NotOurs != "" {
		state = store.EventNotOurs
	}
	return store.Event{
		State: state, ID: e.ID, Type: e.Type, APIVersion: e.APIVersion, Account: e.Account, ObjectID: objectID[:min(len(objectID), maxObjectID)],
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
	event.NotOurs = event.notOurs(row.Livemode)
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

// installation is the id of the database that asked for the object; empty for one of an older release, or somebody else's.
func (e Event) installation() string { return e.Data.Object.Metadata[stripeapi.MetadataInstallation] }

// ObjectID is of what the event is about.
func (e Event) ObjectID() string { return e.Data.Object.ID }

// CorrelationID is from the object's metadata; empty without one of ours.
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

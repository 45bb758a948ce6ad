package inbox

import (
	"encoding/json"
	"regexp"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/internal/stripeapi"
)

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

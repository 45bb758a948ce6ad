package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/validation"
)

// decodeBooking reads the body of POST /v1/bookings. Malformed JSON is a *validation.FieldError; fields of a wrong type are
// validation.FieldErrors, returned with the other fields' values. The meaning of the values is not checked here: it depends on the
// time, and a known Idempotency-Key takes precedence.
func decodeBooking(body []byte) (booking.Request, error) {
	value, err := parseStrict(body)
	if err != nil {
		return booking.Request{}, err
	}
	var d decoder
	request := d.request(value)
	return request, d.err()
}

// decoder turns the tree of parseStrict into a request, and collects every field of a wrong type.
type decoder struct {
	wrongFields   validation.FieldErrors
	unknownFields validation.FieldErrors
}

const (
	// maxFound bounds the number of errors reported for one body.
	maxFound = 20
	// maxUnknown leaves room in the list for errors of known fields.
	maxUnknown = maxFound / 2
)

func (d *decoder) add(field, problem, fix string) {
	if len(d.wrongFields) < maxFound {
		d.wrongFields = append(d.wrongFields, &validation.FieldError{Field: field, Problem: problem, Fix: fix})
	}
}

func (d *decoder) addUnknown(field string) {
	if len(d.unknownFields) < maxUnknown {
		d.unknownFields = append(d.unknownFields,
			&validation.FieldError{Field: field, Problem: "is not a field of this request", Fix: "leave it out"})
	}
}

// err is everything collected, unknown fields first, or nil.
func (d *decoder) err() error {
	all := append(slices.Clone(d.unknownFields), d.wrongFields...)
	if len(all) == 0 {
		return nil
	}
	return all[:min(len(all), maxFound)]
}

func (d *decoder) request(value any) booking.Request {
	body := d.object("", value, "customer", "amount", "flight", "holdMinutes", "capture", "breakdown", "returnUrl")
	if body == nil {
		return booking.Request{}
	}
	request := booking.Request{
		Customer:    d.customer(body["customer"]),
		Amount:      d.money("amount", body["amount"]),
		Flight:      d.flight(body["flight"]),
		HoldMinutes: d.holdMinutes(body),
		Capture:     d.capture(body),
	}
	if address, given := body["returnUrl"]; given {
		request.ReturnURL = d.text("returnUrl", address)
	}
	if breakdown, given := body["breakdown"]; given {
		request.Breakdown = d.breakdown(breakdown)
	}
	return request
}

func (d *decoder) holdMinutes(fields map[string]any) int {
	minutes, given := fields["holdMinutes"]
	if !given {
		return booking.DefaultHoldMinutes
	}
	return int(d.integer("holdMinutes", minutes))
}

// capture is empty for the default: spelling it out is the same request.
func (d *decoder) capture(fields map[string]any) booking.CaptureMethod {
	value, given := fields["capture"]
	if !given {
		return ""
	}
	capture := booking.CaptureMethod(d.text("capture", value))
	if capture == booking.CaptureAutomatic {
		return ""
	}
	return capture
}

func (d *decoder) customer(value any) booking.Customer {
	fields := d.object("customer", value, "name", "email", "locale")
	if fields == nil {
		return booking.Customer{}
	}
	return booking.Customer{
		Name:   booking.PlainSpaces(d.text("customer.name", fields["name"])),
		Email:  d.text("customer.email", fields["email"]),
		Locale: money.Locale(d.text("customer.locale", fields["locale"])),
	}
}

// breakdown returns nil where a part could not be read, so that the sum of the others is not called wrong as well.
func (d *decoder) breakdown(value any) *booking.Breakdown {
	fields := d.object("breakdown", value, "fare", "taxes", "serviceFee", "commission")
	if fields == nil {
		return nil
	}
	wrong := len(d.wrongFields)
	breakdown := &booking.Breakdown{
		Fare:       d.integer("breakdown.fare", fields["fare"]),
		Taxes:      d.integer("breakdown.taxes", fields["taxes"]),
		ServiceFee: d.integer("breakdown.serviceFee", fields["serviceFee"]),
		Commission: d.integer("breakdown.commission", fields["commission"]),
	}
	if len(d.wrongFields) > wrong {
		return nil
	}
	return breakdown
}

func (d *decoder) flight(value any) booking.Flight {
	fields := d.object("flight", value, "number", "from", "to", "departsAt", "arrivesAt", "passengers")
	if fields == nil {
		return booking.Flight{}
	}
	return booking.Flight{
		Number:     d.text("flight.number", fields["number"]),
		From:       d.text("flight.from", fields["from"]),
		To:         d.text("flight.to", fields["to"]),
		DepartsAt:  d.airportTime("flight.departsAt", fields["departsAt"]),
		ArrivesAt:  d.airportTime("flight.arrivesAt", fields["arrivesAt"]),
		Passengers: d.passengers(fields["passengers"]),
	}
}

func (d *decoder) passengers(value any) []booking.Passenger {
	const path = "flight.passengers"
	list, ok := value.([]any)
	if !ok {
		d.wrong(path, value, "an array")
		return nil
	}
	if len(list) > booking.MaxPassengers {
		d.add(path, "has too many passengers", fmt.Sprintf("send at most %d; split a larger group into several bookings", booking.MaxPassengers))
		return nil
	}
	passengers := make([]booking.Passenger, 0, len(list))
	for i, element := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		var passenger booking.Passenger // an invalid element keeps its index, so that the following ones keep theirs
		if fields := d.object(at, element, "name"); fields != nil {
			passenger.Name = booking.PlainSpaces(d.text(at+".name", fields["name"]))
		}
		passengers = append(passengers, passenger)
	}
	return passengers
}

// object returns nil, and adds an error, when the value is not an object. Unknown fields are refused by name: a caller who sends
// "status" expects it to have an effect.
func (d *decoder) object(path string, value any, known ...string) map[string]any {
	object, ok := value.(map[string]any)
	if !ok {
		d.wrong(path, value, "an object")
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(known, key) {
			d.addUnknown(join(path, key))
		}
	}
	return object
}

func (d *decoder) text(path string, value any) string {
	text, ok := value.(string)
	if !ok {
		d.wrong(path, value, "a string")
	}
	return text
}

// plainInteger has neither fraction nor exponent: an intermediary may read 1e2 and 100.0 as floats.
var plainInteger = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// maxSafeInteger is 2^53 - 1: above it, JSON readers that use doubles read another number (RFC 8259, 6).
const maxSafeInteger = 1<<53 - 1

func (d *decoder) integer(path string, value any) int64 {
	const fix = "send a plain whole number such as 45900"
	number, ok := value.(json.Number)
	if !ok {
		d.wrong(path, value, "a number")
		return 0
	}
	if !plainInteger.MatchString(number.String()) {
		d.add(path, "is not a plain whole number", "send it without fraction or exponent, such as 45900")
		return 0
	}
	whole, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil || whole > maxSafeInteger || whole < -maxSafeInteger {
		d.add(path, "is above 2^53 - 1, where JSON numbers are no longer exact", fix)
		return 0
	}
	return whole
}

// maxOffset is the largest UTC offset in use (Kiribati).
const maxOffset = 14 * 60 * 60

// airportTime is a time with the offset of its airport, by which it is shown to the traveller.
func (d *decoder) airportTime(path string, value any) time.Time {
	return d.time(path, value, "send RFC 3339 with the airport's UTC offset, such as 2027-03-01T09:30:00+04:00")
}

// instant is a time as the database keeps it.
func (d *decoder) instant(path string, value any) time.Time {
	return d.time(path, value, "send RFC 3339, such as 2027-03-01T09:30:00Z").UTC().Truncate(time.Microsecond)
}

func (d *decoder) time(path string, value any, fix string) time.Time {
	text, ok := value.(string)
	if !ok {
		d.wrong(path, value, "a string")
		return time.Time{}
	}
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		d.add(path, "is not a valid date and time", fix)
		return time.Time{}
	}
	if _, offset := parsed.Zone(); offset > maxOffset || offset < -maxOffset {
		d.add(path, "has a UTC offset that is not in use anywhere", fix)
		return time.Time{}
	}
	return parsed
}

// wrong adds an error for a value that is missing, null or of another type.
func (d *decoder) wrong(path string, value any, want string) {
	var is string
	switch value.(type) {
	case nil:
		is = "is missing or null"
	case map[string]any:
		is = "is an object"
	case []any:
		is = "is an array"
	case string:
		is = "is a string"
	case json.Number:
		is = "is a number"
	case bool:
		is = "is true or false"
	}
	d.add(path, is, "send "+want)
}

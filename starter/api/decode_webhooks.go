package api

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"farebook/booking"
	"farebook/webhook"
)

const (
	// maxEndpointText is how long the description of a webhook endpoint may be, in characters.
	maxEndpointText = 200
	// maxSecretOverlap is 30 days, in hours.
	maxSecretOverlap = 720
)

// decodeNewEndpoint reads the body of POST /v1/webhook-endpoints.
func decodeNewEndpoint(body []byte) (request newEndpointBody, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return request, err
	}
	var d decoder
	if fields := d.object("", value, "url", "contactEmail", "eventTypes", "description"); fields != nil {
		request.URL = d.text("url", fields["url"])
		request.ContactEmail = d.contact("contactEmail", fields["contactEmail"])
		if given, has := fields["eventTypes"]; has {
			request.EventTypes = d.eventTypes("eventTypes", given)
		}
		if given, has := fields["description"]; has {
			request.Description = d.endpointText("description", given)
		}
	}
	return request, d.err()
}

// decodeUpdateEndpoint reads the body of POST /v1/webhook-endpoints/{id}/update.
func decodeUpdateEndpoint(body []byte) (request updateEndpointBody, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return request, err
	}
	var d decoder
	fields := d.object("", value, "url", "contactEmail", "eventTypes", "description")
	if given, has := fields["url"]; has {
		request.URL = new(d.text("url", given))
	}
	if given, has := fields["contactEmail"]; has {
		request.ContactEmail = new(d.contact("contactEmail", given))
	}
	if given, has := fields["eventTypes"]; has {
		request.EventTypes = d.eventTypes("eventTypes", given)
	}
	if given, has := fields["description"]; has {
		request.Description = new(d.endpointText("description", given))
	}
	if fields != nil && len(fields) == 0 {
		d.add("", "changes nothing", "send url, contactEmail, eventTypes or description")
	}
	return request, d.err()
}

func (d *decoder) contact(path string, value any) string {
	address := d.text(path, value)
	if covered(d.wrongFields, path) {
		return ""
	}
	if wrong := booking.CheckEmail(path, address); wrong != nil {
		d.wrongFields = append(d.wrongFields, wrong)
	}
	return address
}

func (d *decoder) endpointText(path string, value any) string {
	text := d.text(path, value)
	if utf8.RuneCountInString(text) > maxEndpointText || strings.ContainsFunc(text, func(r rune) bool { return !booking.Printable(r) }) {
		d.add(path, "is too long or not one line", fmt.Sprintf("send one line of at most %d characters", maxEndpointText))
	}
	return text
}

// eventTypes reads a list of names. An unknown one is reported by its index and not quoted.
func (d *decoder) eventTypes(path string, value any) []string {
	list, ok := value.([]any)
	known := strings.Join(webhook.Names(webhook.Types()), ", ")
	switch {
	case !ok:
		d.wrong(path, value, "an array")
		return nil
	case len(list) == 0:
		d.add(path, "is empty", "send at least one of "+known)
		return nil
	case len(list) > len(webhook.Types()):
		d.add(path, "has more types than exist", "send each type once")
		return nil
	}
	var names []string
	for i, element := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		name, isText := element.(string)
		switch {
		case !isText:
			d.wrong(at, element, "a string")
		case !webhook.Type(name).Known():
			d.add(at, "is an unknown type", "send one of "+known)
		default:
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// decodeRotateSecret reads the body of POST /v1/webhook-endpoints/{id}/rotate-secret, which may be left out.
func decodeRotateSecret(body []byte) (rotateSecretBody, error) {
	request := rotateSecretBody{OverlapHours: int(webhook.Overlap.Hours())}
	d, fields, err := optionalBody(body, "overlapHours")
	if err != nil {
		return request, err
	}
	if value, given := fields["overlapHours"]; given {
		hours := d.integer("overlapHours", value)
		if hours < 0 || hours > maxSecretOverlap {
			d.add("overlapHours", "is out of range", fmt.Sprintf("send 0 to %d", maxSecretOverlap))
		}
		request.OverlapHours = int(hours)
	}
	return request, d.err()
}

// decodeReplayRange reads the body of POST /v1/webhook-endpoints/{id}/replay.
func decodeReplayRange(body []byte) (request replayRangeBody, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return request, err
	}
	var d decoder
	if fields := d.object("", value, "from", "until"); fields != nil {
		request = replayRangeBody{From: d.instant("from", fields["from"]), Until: d.instant("until", fields["until"])}
		if len(d.wrongFields) == 0 && !request.From.Before(request.Until) {
			d.add("until", "is not after from", "send a later time")
		}
	}
	return request, d.err()
}

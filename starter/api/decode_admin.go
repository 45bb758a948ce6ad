package api

import (
	"fmt"
	"slices"
	"time"

	"farebook/access"
	"farebook/booking"
	"farebook/starter/view"
)

// decodeNothing reads a body without fields, which may be left out.
func decodeNothing(body []byte) error {
	d, _, err := optionalBody(body)
	if err != nil {
		return err
	}
	return d.err()
}

// decodeNewClient reads the body of POST /v1/clients. Its errors are those of decodeBooking.
func decodeNewClient(body []byte) (name string, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return "", err
	}
	var d decoder
	if fields := d.object("", value, "name"); fields != nil {
		name = d.text("name", fields["name"])
		wrong := view.CheckClientName(name)
		if wrong != nil && len(d.wrongFields) == 0 {
			d.add("name", "is invalid", wrong.Error())
		}
	}
	return name, d.err()
}

// decodeReturnURL reads the body of POST /v1/clients/{id}/return-urls and of its removal.
func decodeReturnURL(body []byte) (address string, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return "", err
	}
	var d decoder
	if fields := d.object("", value, "url"); fields != nil {
		text := d.text("url", fields["url"])
		registered, wrong := booking.ParseRegisteredURL(text)
		if wrong != nil && len(d.wrongFields) == 0 {
			d.add("url", "is not an address to return to", "it "+wrong.Error())
		}
		address = registered
	}
	return address, d.err()
}

// decodeMerge reads the body of POST /v1/clients/{id}/merge.
func decodeMerge(body []byte) (request mergeBody, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return request, err
	}
	var d decoder
	if fields := d.object("", value, "from", "dryRun"); fields != nil {
		request.From = d.text("from", fields["from"])
		if value, given := fields["dryRun"]; given {
			request.DryRun = d.boolean("dryRun", value)
		}
	}
	return request, d.err()
}

// newKey is the decoded body of POST /v1/api-keys.
type newKey struct {
	Client    string
	Scopes    access.Scopes
	ExpiresAt *time.Time
}

// decodeNewKey reads the body of POST /v1/api-keys.
func decodeNewKey(body []byte, now time.Time) (request newKey, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return request, err
	}
	var d decoder
	if fields := d.object("", value, "client", "scopes", "expiresAt"); fields != nil {
		request.Client = d.text("client", fields["client"])
		request.Scopes = d.scopes("scopes", fields["scopes"])
		request.ExpiresAt = d.end("expiresAt", fields, now)
	}
	return request, d.err()
}

// decodeRotate reads the body of POST /v1/api-keys/{id}/rotate, which may be left out.
func decodeRotate(body []byte, now time.Time) (rotateBody, error) {
	request := rotateBody{OverlapHours: 24}
	d, fields, err := optionalBody(body, "overlapHours", "expiresAt")
	if err != nil {
		return request, err
	}
	if value, given := fields["overlapHours"]; given {
		hours := d.integer("overlapHours", value)
		if hours < 0 || hours > maxOverlapHours {
			d.add("overlapHours", "is out of range", fmt.Sprintf("send 0 to %d", maxOverlapHours))
		}
		request.OverlapHours = int(hours)
	}
	request.ExpiresAt = d.end("expiresAt", fields, now)
	return request, d.err()
}

// maxOverlapHours is one year.
const maxOverlapHours = 8760

func (d *decoder) boolean(path string, value any) bool {
	given, ok := value.(bool)
	if !ok {
		d.wrong(path, value, "true or false")
	}
	return given
}

// scopes reads a list of names. An unknown one is reported by its index and not quoted.
func (d *decoder) scopes(path string, value any) access.Scopes {
	list, ok := value.([]any)
	switch {
	case !ok:
		d.wrong(path, value, "an array")
		return nil
	case len(list) == 0:
		d.add(path, "is empty", "send at least one of "+access.All().String())
		return nil
	case len(list) > len(access.All()):
		d.add(path, "has more scopes than exist", "send each scope once")
		return nil
	}
	names := make([]string, 0, len(list))
	for i, element := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		name, isText := element.(string)
		switch {
		case !isText:
			d.wrong(at, element, "a string")
		case !slices.Contains(access.All(), access.Scope(name)):
			d.add(at, "is an unknown scope", "send one of "+access.All().String())
		default:
			names = append(names, name)
		}
	}
	if len(names) < len(list) {
		return nil
	}
	scopes, err := access.NewScopes(names)
	if err != nil {
		d.add(path, "cannot be granted", "send one or more of "+access.All().String())
	}
	return scopes
}

// end reads a time in the future; nil when it is left out.
func (d *decoder) end(path string, fields map[string]any, now time.Time) *time.Time {
	value, given := fields[path]
	if !given {
		return nil
	}
	at := d.instant(path, value)
	if !covered(d.wrongFields, path) && !at.After(now) {
		d.add(path, "is not in the future", "send a future time, or leave it out")
	}
	return &at
}

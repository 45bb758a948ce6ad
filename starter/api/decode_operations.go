package api

import (
	"fmt"
	"time"
	"unicode/utf8"

	"farebook/ledger"
	"farebook/starter/view"
)

// decodeIgnoreEvent reads the body of POST /v1/events/{id}/ignore.
func decodeIgnoreEvent(body []byte) (note string, err error) {
	return decodeNote(body, func(d *decoder, note string) {
		if wrong := view.CheckEventNote(note); wrong != nil {
			d.add("note", "is invalid", wrong.Error())
		}
	})
}

// decodePostItem reads the body of POST /v1/reconciliation-items/{id}/post.
func decodePostItem(body []byte, now time.Time) (decision postedItem, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return decision, err
	}
	var d decoder
	decision.Account = ledger.EquitySuspense
	if fields := d.object("", value, "note", "account", "effectiveAt"); fields != nil {
		decision.Note = d.note("note", fields["note"])
		if given, has := fields["account"]; has {
			decision.Account = d.correctionAccount("account", given)
		}
		decision.EffectiveAt = d.past("effectiveAt", fields, now)
	}
	return decision, d.err()
}

// postedItem is the decoded body of POST /v1/reconciliation-items/{id}/post. EffectiveAt is zero unless it was sent.
type postedItem struct {
	Note        string
	Account     ledger.Account
	EffectiveAt time.Time
}

// body is what an Idempotency-Key stands for; without a date, it is that of the release before dates.
func (p postedItem) body() []string {
	parts := []string{p.Note, string(p.Account)}
	if !p.EffectiveAt.IsZero() {
		parts = append(parts, p.EffectiveAt.Format(time.RFC3339Nano))
	}
	return parts
}

// past reads a time that is not in the future; zero when it is left out.
func (d *decoder) past(path string, fields map[string]any, now time.Time) time.Time {
	value, given := fields[path]
	if !given {
		return time.Time{}
	}
	at := d.instant(path, value)
	if !covered(d.wrongFields, path) && at.After(now) {
		d.add(path, "is in the future", "send a time that has passed, or leave it out")
	}
	return at
}

// decodeView reads the body of POST /v1/views.
func decodeView(body []byte) (request saveViewBody, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return request, err
	}
	var d decoder
	fields := d.object("", value, "list", "name", "query")
	if fields == nil {
		return request, d.err()
	}
	request = saveViewBody{List: d.text("list", fields["list"]), Name: d.text("name", fields["name"]), Query: d.text("query", fields["query"])}
	d.check("list", view.CheckList(request.List))
	d.check("name", view.CheckViewName(request.Name))
	kept, wrong := view.Filters(request.Query)
	d.check("query", wrong)
	request.Query = kept
	return request, d.err()
}

// check adds what is wrong with the meaning of a field, unless its type is wrong.
func (d *decoder) check(path string, wrong error) {
	if wrong != nil && !covered(d.wrongFields, path) {
		d.add(path, "is invalid", wrong.Error())
	}
}

// maxScheduleNote is the length of a note on the schedule in bytes.
const maxScheduleNote = 500

// decodeScheduleNote reads the body of POST /v1/schedule/pause and /resume, which may be left out.
func decodeScheduleNote(body []byte) (note string, err error) {
	d, fields, err := optionalBody(body, "note")
	if err != nil {
		return "", err
	}
	if value, given := fields["note"]; given {
		note = d.text("note", value)
		if len(note) > maxScheduleNote || !utf8.ValidString(note) {
			d.add("note", "is too long", fmt.Sprintf("send at most %d bytes of UTF-8", maxScheduleNote))
		}
	}
	return note, d.err()
}

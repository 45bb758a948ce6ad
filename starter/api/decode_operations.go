package api

import (
	"fmt"
	"slices"
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
func decodePostItem(body []byte) (note string, account ledger.Account, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return "", "", err
	}
	var d decoder
	account = ledger.EquitySuspense
	if fields := d.object("", value, "note", "account"); fields != nil {
		note = d.note("note", fields["note"])
		if given, has := fields["account"]; has {
			account = ledger.Account(d.text("account", given))
			if !slices.Contains(ledger.CorrectionAccounts, account) && !covered(d.wrongFields, "account") {
				d.add("account", "is not an account of corrections", "send one of "+view.CorrectionAccounts())
			}
		}
	}
	return note, account, d.err()
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

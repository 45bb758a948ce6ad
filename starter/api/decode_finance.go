package api

import (
	"fmt"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/starter/view"
	"farebook/store/monthend"
)

// maxNotes bounds the notes of one close.
const maxNotes = 100

// decodeCloseMonth reads the body of POST /v1/ledger/periods/{month}/close, which may be left out. Its errors are those of decodeBooking.
func decodeCloseMonth(body []byte) (request closeMonthBody, err error) {
	d, fields, err := optionalBody(body, "dryRun", "notes")
	if err != nil {
		return request, err
	}
	if value, given := fields["dryRun"]; given {
		request.DryRun = d.boolean("dryRun", value)
	}
	if value, given := fields["notes"]; given {
		request.Notes = d.closeNotes("notes", value)
	}
	return request, d.err()
}

func (d *decoder) closeNotes(path string, value any) (notes []closeNoteBody) {
	for i, element := range d.list(path, value, maxNotes) {
		at := fmt.Sprintf("%s[%d]", path, i)
		fields := d.object(at, element, "item", "text")
		if fields == nil {
			continue
		}
		notes = append(notes, closeNoteBody{Item: d.text(at+".item", fields["item"]), Text: d.note(at+".text", fields["text"])})
	}
	return notes
}

// note reads an operator's note.
func (d *decoder) note(path string, value any) string {
	note := d.text(path, value)
	wrong := view.CheckNote(note)
	if wrong != nil && !covered(d.wrongFields, path) {
		d.add(path, "is invalid", wrong.Error())
	}
	return note
}

// list reads an array of at most so many elements; nil, with an error, for anything else.
func (d *decoder) list(path string, value any, most int) []any {
	list, ok := value.([]any)
	switch {
	case !ok:
		d.wrong(path, value, "an array")
		return nil
	case len(list) > most:
		d.add(path, "has too many elements", fmt.Sprintf("send at most %d", most))
		return nil
	}
	return list
}

// decodeJournal reads the body of POST /v1/ledger/journals.
func decodeJournal(body []byte, now time.Time) (journal monthend.Journal, err error) {
	value, err := parseStrict(body)
	if err != nil {
		return journal, err
	}
	var d decoder
	fields := d.object("", value, "key", "reason", "effectiveAt", "entries", "refund")
	if fields == nil {
		return journal, d.err()
	}
	journal = monthend.Journal{
		Key: d.text("key", fields["key"]), Reason: d.text("reason", fields["reason"]),
		EffectiveAt: d.instant("effectiveAt", fields["effectiveAt"]),
		Entries:     d.journalEntries("entries", fields["entries"]),
	}
	if refund, given := fields["refund"]; given {
		journal.Refund = booking.RefundID(d.text("refund", refund))
	}
	if journal.EffectiveAt.After(now) {
		d.add("effectiveAt", "is in the future", "post the journal when it takes effect")
	}
	return journal, joinFields(d.err(), journal.Validate())
}

func (d *decoder) journalEntries(path string, value any) (entries []monthend.JournalEntry) {
	for i, element := range d.list(path, value, ledger.MaxEntries) {
		at := fmt.Sprintf("%s[%d]", path, i)
		var entry monthend.JournalEntry // an invalid element keeps its index, so that the following ones keep theirs
		if fields := d.object(at, element, "account", "side", "amount"); fields != nil {
			amount := d.money(at+".amount", fields["amount"])
			entry = monthend.JournalEntry{
				Account: ledger.Account(d.text(at+".account", fields["account"])), Side: ledger.Side(d.text(at+".side", fields["side"])),
				Amount: amount.Value, Currency: amount.Currency,
			}
		}
		entries = append(entries, entry)
	}
	return entries
}

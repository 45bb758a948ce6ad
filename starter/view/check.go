package view

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"farebook/access"
	"farebook/booking"
	"farebook/store"
)

// maxNote is the length of a note, in bytes, that its column holds.
const maxNote = 500

// CheckNote returns an error for a note of an operator that is empty, longer than maxNote bytes or not UTF-8.
func CheckNote(note string) error {
	if strings.TrimSpace(note) == "" || len(note) > maxNote || !utf8.ValidString(note) {
		return fmt.Errorf("must say in 1 to %d bytes of UTF-8 what was done and why", maxNote)
	}
	return nil
}

// CheckComment returns an error for a comment on a matter that is empty, too long or not UTF-8.
func CheckComment(text string) error {
	if strings.TrimSpace(text) == "" || utf8.RuneCountInString(text) > store.MaxComment || !utf8.ValidString(text) {
		return fmt.Errorf("must have 1 to %d characters of UTF-8", store.MaxComment)
	}
	return nil
}

// maxEventNote is the length of an event's note, in characters, that its column holds.
const maxEventNote = 200

// CheckEventNote returns an error for a note on an event that is empty, too long or not one line.
func CheckEventNote(note string) error {
	switch {
	case note == "":
		return errors.New("must say why nothing has to be done about the event")
	case utf8.RuneCountInString(note) > maxEventNote:
		return fmt.Errorf("must have at most %d characters", maxEventNote)
	case !utf8.ValidString(note) || strings.ContainsFunc(note, func(r rune) bool { return !booking.Printable(r) }):
		return errors.New("must be one line of text without control characters")
	}
	return nil
}

// maxName is the length of a client's name in characters. It leaves room for the suffix that starter migrate adds to a name that two
// clients have.
const maxName = 100

// CheckClientName returns an error that says what is wrong with the name of a new client. Operators choose clients and grant scopes by
// name, so no name may be mistaken for another one or for an id.
func CheckClientName(name string) error {
	switch {
	case name == "" || utf8.RuneCountInString(name) > maxName:
		return fmt.Errorf("the name of a client must have 1 to %d characters", maxName)
	case !utf8.ValidString(name) || strings.TrimSpace(name) != name || strings.ContainsFunc(name, invisible):
		return errors.New("the name of a client must not contain control characters, invisible characters or direction marks, or begin or end " +
			"with a space")
	case access.IsClientID(name):
		return errors.New("the name of a client must not have the form of a client id")
	}
	return nil
}

// invisible reports characters by which two names could be mistaken for one another in a list.
func invisible(r rune) bool {
	return !booking.Printable(r) || r == unicode.ReplacementChar || r == '\u200c' || r == '\u200d'
}

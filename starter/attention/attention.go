// Package attention shows what an operator has to look at: the same for the command line and the HTTP API.
package attention

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"farebook/store"
)

// Matter is an attention item for people and programs.
type Matter struct {
	ID       uint64     `json:"id"`
	Booking  string     `json:"booking,omitempty" doc:"Left out for an object that belongs to no booking." example:"FB-7K2M9QXA"`
	Kind     string     `json:"kind" example:"refund_failed"`
	Subject  string     `json:"subject,omitempty" doc:"What it is about, beside the booking." example:"RF-7K2M9QXA"`
	Text     string     `json:"text"`
	OpenedAt time.Time  `json:"openedAt"`
	ClosedAt *time.Time `json:"closedAt,omitempty"`
	ClosedBy string     `json:"closedBy,omitempty" doc:"Left out for a matter that closed when it was settled."`
	Note     string     `json:"note,omitempty"`
}

// Of shows an item.
func Of(item store.AttentionItem) Matter {
	return Matter{
		ID: item.ID, Booking: string(item.Reference), Kind: string(item.Kind), Subject: item.Subject, Text: item.Text, OpenedAt: item.OpenedAt,
		ClosedAt: item.ClosedAt, ClosedBy: item.ClosedBy, Note: item.Note,
	}
}

// KindNames joins all kinds: "a, b, c".
func KindNames() string {
	names := make([]string, len(store.AttentionKinds))
	for i, kind := range store.AttentionKinds {
		names[i] = string(kind)
	}
	return strings.Join(names, ", ")
}

// maxNote is what a matter keeps of a note, in bytes.
const maxNote = 500

// CheckNote says what is wrong with the note that closes a matter.
func CheckNote(note string) error {
	if strings.TrimSpace(note) == "" || len(note) > maxNote || !utf8.ValidString(note) {
		return fmt.Errorf("say in 1 to %d bytes of UTF-8 what was done, for those who ask later", maxNote)
	}
	return nil
}

package view

import (
	"strings"
	"time"

	"farebook/store"
)

// Matter is an attention item: something that an operator has to look at.
type Matter struct {
	ID       uint64     `json:"id"`
	Booking  string     `json:"booking,omitempty" doc:"Absent for an object that belongs to no booking." example:"FB-7K2M9QXA"`
	Kind     string     `json:"kind" example:"refund_failed"`
	Subject  string     `json:"subject,omitempty" doc:"The object within the booking that it concerns." example:"RF-7K2M9QXA"`
	Text     string     `json:"text"`
	OpenedAt time.Time  `json:"openedAt"`
	ClosedAt *time.Time `json:"closedAt,omitempty"`
	ClosedBy string     `json:"closedBy,omitempty" doc:"Absent for a matter that closed automatically when its cause was settled."`
	Note     string     `json:"note,omitempty"`
}

// MatterOf converts an attention item of the store.
func MatterOf(item store.AttentionItem) Matter {
	return Matter{
		ID: item.ID, Booking: string(item.Reference), Kind: string(item.Kind), Subject: item.Subject, Text: item.Text, OpenedAt: item.OpenedAt,
		ClosedAt: item.ClosedAt, ClosedBy: item.ClosedBy, Note: item.Note,
	}
}

// AttentionKinds returns all kinds, joined for a message: "a, b, c".
func AttentionKinds() string {
	names := make([]string, len(store.AttentionKinds))
	for i, kind := range store.AttentionKinds {
		names[i] = string(kind)
	}
	return strings.Join(names, ", ")
}

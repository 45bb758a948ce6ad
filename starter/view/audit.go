package view

import (
	"time"

	"farebook/store"
)

// Entry is one entry of the audit log.
type Entry struct {
	ID            uint64    `json:"id"`
	At            time.Time `json:"at"`
	Actor         string    `json:"actor" doc:"A client and its key, or an operating-system user and host." example:"shop (ak_7K2M9QXA4T)"`
	Action        string    `json:"action" example:"refund.create"`
	Subject       string    `json:"subject" example:"RF-7K2M9QXA"`
	Detail        string    `json:"detail,omitempty"`
	CorrelationID string    `json:"correlationId" doc:"Of the request or command that caused it."`
}

// EntryOf converts an entry of the store.
func EntryOf(e store.AuditEntry) Entry {
	return Entry{
		ID: e.ID, At: e.At, Actor: e.Actor.Name, Action: string(e.Action), Subject: e.Subject, Detail: e.Detail,
		CorrelationID: e.Actor.CorrelationID,
	}
}

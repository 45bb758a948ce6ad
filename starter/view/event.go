package view

import (
	"time"

	"farebook/store"
)

// Event is an event of Stripe's in a list.
type Event struct {
	ID         string           `json:"id" example:"evt_3PabcDEF"`
	Type       string           `json:"type" example:"charge.refunded"`
	State      store.EventState `json:"state" enum:"received,processing,processed,failed,unknown_booking,not_ours,ignored"`
	Attempts   int              `json:"attempts"`
	ReceivedAt time.Time        `json:"receivedAt"`
	ObjectID   string           `json:"objectId" example:"ch_3PabcDEF"`
	Booking    string           `json:"booking,omitempty" example:"FB-7K2M9QXA"`
	Note       string           `json:"note,omitempty"`
	LastError  string           `json:"lastError,omitempty"`
}

// EventOf converts an event of the store.
func EventOf(e store.Event) Event {
	return Event{e.ID, e.Type, e.State, e.Attempts, e.ReceivedAt, e.ObjectID, e.Reference, e.Note, e.LastError}
}

// EventDetail is an event with its processing.
type EventDetail struct {
	ID            string           `json:"id" example:"evt_3PabcDEF"`
	Type          string           `json:"type" example:"charge.refunded"`
	State         store.EventState `json:"state" enum:"received,processing,processed,failed,unknown_booking,not_ours,ignored"`
	Attempts      int              `json:"attempts"`
	LastError     string           `json:"lastError,omitempty"`
	Note          string           `json:"note,omitempty"`
	ObjectID      string           `json:"objectId" example:"ch_3PabcDEF"`
	Booking       string           `json:"booking,omitempty" example:"FB-7K2M9QXA"`
	APIVersion    string           `json:"apiVersion"`
	Account       string           `json:"account,omitempty" doc:"The connected account that it is about."`
	Livemode      bool             `json:"livemode"`
	CreatedAt     time.Time        `json:"createdAt" doc:"At Stripe."`
	ReceivedAt    time.Time        `json:"receivedAt"`
	ProcessedAt   *time.Time       `json:"processedAt,omitempty"`
	NextAttemptAt *time.Time       `json:"nextAttemptAt,omitempty"`
}

// EventDetailOf converts an event of the store, without what is stored of its body.
func EventDetailOf(e store.Event) EventDetail {
	return EventDetail{
		ID: e.ID, Type: e.Type, State: e.State, Attempts: e.Attempts, LastError: e.LastError, Note: e.Note, ObjectID: e.ObjectID,
		Booking: e.Reference, APIVersion: e.APIVersion, Account: e.Account, Livemode: e.Livemode, CreatedAt: e.Created, ReceivedAt: e.ReceivedAt,
		ProcessedAt: e.ProcessedAt, NextAttemptAt: e.NextAttemptAt,
	}
}

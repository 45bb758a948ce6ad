package view

import (
	"time"

	"farebook/store"
)

// Email is an email, without its text and the address that it is sent to.
type Email struct {
	Number    uint64     `json:"number"`
	Booking   string     `json:"booking,omitempty" doc:"Absent for an email that is about no booking." example:"FB-7K2M9QXA"`
	Kind      string     `json:"kind" example:"booking_confirmed"`
	Audience  string     `json:"audience" enum:"customer,finance,owner" doc:"owner is whoever maintains a webhook endpoint."`
	Status    string     `json:"status" enum:"queued,sent,failed,suppressed,held"`
	Attempts  int        `json:"attempts"`
	WrittenAt time.Time  `json:"writtenAt"`
	SentAt    *time.Time `json:"sentAt,omitempty"`
	MessageID string     `json:"messageId"`
	ResentOf  uint64     `json:"resentOf,omitempty" doc:"The number of the email that it is a copy of."`
	LastError string     `json:"lastError,omitempty"`
}

// EmailOf converts an email of the store.
func EmailOf(e store.ListedEmail) Email {
	return Email{
		Number: e.ID, Booking: string(e.Reference), Kind: string(e.Kind), Audience: string(e.Audience), Status: e.Status, Attempts: e.Attempts,
		WrittenAt: e.CreatedAt, SentAt: e.SentAt, MessageID: e.MessageID, ResentOf: e.ResentOf, LastError: e.LastError,
	}
}

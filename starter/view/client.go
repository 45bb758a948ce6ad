// Package view holds what the API and the command line share: the JSON forms of clients, API keys, audit entries and attention
// items, and the checks of what operators enter. It imports access, booking and store, for the rows that it converts, and
// performs no I/O.
package view

import (
	"time"

	"farebook/store"
)

// Client is a client of the API.
type Client struct {
	ID         string     `json:"id" example:"cl_7K2M9QXA4T"`
	Name       string     `json:"name" example:"shop"`
	State      string     `json:"state" enum:"active,disabled,merged"`
	MergedInto string     `json:"mergedInto,omitempty" doc:"The client that took over its keys and bookings."`
	DisabledAt *time.Time `json:"disabledAt,omitempty"`
	CreatedAt  time.Time  `json:"createdAt"`
	CreatedBy  string     `json:"createdBy"`
}

// ClientOf converts a client of the store.
func ClientOf(c store.Client) Client {
	return Client{
		ID: c.ClientID, Name: c.Name, State: c.State(), MergedInto: c.MergedInto, DisabledAt: c.DisabledAt, CreatedAt: c.CreatedAt,
		CreatedBy: c.CreatedBy,
	}
}

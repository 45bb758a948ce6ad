// Package clients shows clients, API keys and the audit log to people and programs: the same for the command line and the
// HTTP API. It reads what store/ returns and keeps nothing.
package clients

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"farebook/access"
	"farebook/booking"
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

// Of shows a client.
func Of(c store.Client) Client {
	return Client{
		ID: c.ClientID, Name: c.Name, State: c.State(), MergedInto: c.MergedInto, DisabledAt: c.DisabledAt, CreatedAt: c.CreatedAt, CreatedBy: c.CreatedBy,
	}
}

// Key is an API key, without its token.
type Key struct {
	ID         string     `json:"id" example:"ak_7K2M9QXA4T"`
	ClientID   string     `json:"clientId" example:"cl_7K2M9QXA4T"`
	Client     string     `json:"client" doc:"The client's name." example:"shop"`
	Prefix     string     `json:"prefix" doc:"The beginning of the token, by which people recognise it." example:"fbk_Zm9v"`
	Scopes     []string   `json:"scopes" nullable:"false" example:"[\"bookings:read\"]"`
	State      string     `json:"state" enum:"active,expired,revoked"`
	CreatedAt  time.Time  `json:"createdAt"`
	CreatedBy  string     `json:"createdBy"`
	ExpiresAt  *time.Time `json:"expiresAt,omitempty"`
	LastUsedAt *time.Time `json:"lastUsedAt,omitempty" doc:"To the minute."`
	RevokedAt  *time.Time `json:"revokedAt,omitempty"`
}

// KeyOf shows a key as it is at a time.
func KeyOf(k store.APIKey, now time.Time) Key {
	return Key{
		ID: k.KeyID, ClientID: k.ClientID, Client: k.ClientName, Prefix: k.Prefix, Scopes: k.Scopes.Names(), State: k.State(now),
		CreatedAt: k.CreatedAt, CreatedBy: k.CreatedBy, ExpiresAt: k.ExpiresAt, LastUsedAt: k.LastUsedAt, RevokedAt: k.RevokedAt,
	}
}

// Entry is one line of the audit log.
type Entry struct {
	ID            uint64    `json:"id"`
	At            time.Time `json:"at"`
	Actor         string    `json:"actor" doc:"A client and its key, or an operating-system user and host." example:"shop (ak_7K2M9QXA4T)"`
	Action        string    `json:"action" example:"refund.create"`
	Subject       string    `json:"subject" example:"RF-7K2M9QXA"`
	Detail        string    `json:"detail,omitempty"`
	CorrelationID string    `json:"correlationId" doc:"Of the request or command by which it was asked for."`
}

// EntryOf shows an entry.
func EntryOf(e store.AuditEntry) Entry {
	return Entry{
		ID: e.ID, At: e.At, Actor: e.Actor.Name, Action: string(e.Action), Subject: e.Subject, Detail: e.Detail, CorrelationID: e.Actor.CorrelationID,
	}
}

// maxName, in characters, leaves room for the suffix that starter migrate puts behind a name that stands twice.
const maxName = 100

// CheckName says what is wrong with the name of a new client.
func CheckName(name string) error {
	switch {
	case name == "" || utf8.RuneCountInString(name) > maxName:
		return fmt.Errorf("the name of a client has 1 to %d characters", maxName)
	case !utf8.ValidString(name) || strings.TrimSpace(name) != name || strings.ContainsFunc(name, invisible):
		return errors.New("the name of a client has no control or invisible characters, no direction marks, and no space at either end")
	case access.IsClientID(name):
		return errors.New("the name of a client does not look like a client's id")
	}
	return nil
}

// invisible are the characters by which one name could be taken for another in a list.
func invisible(r rune) bool {
	return !booking.Printable(r) || r == unicode.ReplacementChar || r == '\u200c' || r == '\u200d'
}

package view

import (
	"time"

	"farebook/store"
)

// Key is an API key, without its token.
type Key struct {
	ID         string     `json:"id" example:"ak_7K2M9QXA4T"`
	ClientID   string     `json:"clientId" example:"cl_7K2M9QXA4T"`
	Client     string     `json:"client" doc:"The client's name." example:"shop"`
	Prefix     string     `json:"prefix" doc:"The first characters of the token, which identify it for people." example:"fbk_Zm9v"`
	Scopes     []string   `json:"scopes" nullable:"false" example:"[\"bookings:read\"]"`
	State      string     `json:"state" enum:"active,expired,revoked"`
	CreatedAt  time.Time  `json:"createdAt"`
	CreatedBy  string     `json:"createdBy"`
	ExpiresAt  *time.Time `json:"expiresAt,omitempty"`
	LastUsedAt *time.Time `json:"lastUsedAt,omitempty" doc:"To the minute."`
	RevokedAt  *time.Time `json:"revokedAt,omitempty"`
}

// KeyOf converts a key of the store; now decides whether it has expired.
func KeyOf(k store.APIKey, now time.Time) Key {
	return Key{
		ID: k.KeyID, ClientID: k.ClientID, Client: k.ClientName, Prefix: k.Prefix, Scopes: k.Scopes.Names(), State: k.State(now),
		CreatedAt: k.CreatedAt, CreatedBy: k.CreatedBy, ExpiresAt: k.ExpiresAt, LastUsedAt: k.LastUsedAt, RevokedAt: k.RevokedAt,
	}
}

package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/store/internal/db"
)

// Owner is a client as the owner of bookings, refunds and idempotency keys.
type Owner struct {
	ClientID uint64
	// Merged are the clients that were merged into it: while a merge moves their rows, both are found.
	Merged []uint64
}

// Caller is who asks over HTTP: a client by one of its keys. Make it with Authenticate.
type Caller struct {
	Owner
	// KeyID is the key's row, KeyName what people call it (ak_...).
	KeyID      uint64
	KeyName    string
	ClientName string
	ClientCode string // what people call the client (cl_...): unlike its row's id, it is never given to another one
	Scopes     access.Scopes
	// Person is the name of who asks through the console; empty for a program with a key.
	Person string
	// Role is that of the person; empty for a program.
	Role access.Role
	// NoFenceAt is when the key was read, if no fence was up; zero otherwise.
	NoFenceAt time.Time
}

// Actor is the caller as the audit log keeps it.
func (c Caller) Actor(correlationID string) access.Actor {
	name := fmt.Sprintf("%s (%s)", c.ClientName, c.KeyName)
	if c.Person != "" {
		name = fmt.Sprintf("%s (console %s)", c.Person, c.KeyName)
	}
	return access.Actor{ClientID: c.ClientID, KeyID: c.KeyID, Name: name, CorrelationID: correlationID, Role: c.Role}
}

// usedPace is how often the use of a key is written at most.
const usedPace = time.Minute

// Authenticate finds the caller whose token it is. ErrNotFound covers a token that nobody has, a key that was revoked or has
// expired, and a client that is disabled: a stranger learns nothing from the difference. The token has 256 random bits, so a
// plain SHA-256 is enough, and the index lookup on the hash tells an attacker nothing about the token.
func (s *Store) Authenticate(ctx context.Context, token string) (Caller, error) {
	presented, err := s.keyByToken(ctx, token)
	if err == nil && presented.Key.ClientID == nil {
		// An older release made it after this schema was there.
		if err = s.adopt(ctx, presented.Key.ID); err == nil {
			presented, err = s.keyByToken(ctx, token)
		}
	}
	if err != nil {
		return Caller{}, err
	}
	key := presented.Key
	now := s.Now()
	switch {
	case key.RevokedAt != nil, key.ExpiresAt != nil && !key.ExpiresAt.After(now), presented.Client.DisabledAt != nil:
		return Caller{}, ErrNotFound
	}
	s.noteUse(ctx, key, now)
	caller := presented.caller(now)
	caller.Scopes = key.scopes()
	return caller, nil
}

// presentedKey is a key with its client, the clients that were merged into that one, and whether a fence is up.
type presentedKey struct {
	Key    apiKeyRow
	Client clientRow
	Merged []uint64
	Fenced bool
}

// caller is who asks with the key, without scopes.
func (p presentedKey) caller(now time.Time) Caller {
	return Caller{
		Owner: Owner{ClientID: *p.Key.ClientID, Merged: p.Merged},
		KeyID: p.Key.ID, KeyName: db.OrEmpty(p.Key.KeyID), ClientName: p.Client.Name, ClientCode: p.Client.ClientID,
		NoFenceAt: noFenceAt(p.Fenced, now),
	}
}

// keyByToken finds a key that was not revoked.
func (s *Store) keyByToken(ctx context.Context, token string) (presentedKey, error) {
	hash := sha256.Sum256([]byte(token))
	return s.presentedKey(ctx, "k.token_sha256 = ? AND k.revoked_at IS NULL", hash[:])
}

// presentedKey reads all of it by one statement, so that a merge in between cannot hide a client. A row each for the merged
// clients: MySQL cuts what GROUP_CONCAT returns at 1,024 bytes without an error, and a cut id is another client's.
func (s *Store) presentedKey(ctx context.Context, where string, args ...any) (presentedKey, error) {
	var rows []struct {
		Key    apiKeyRow `gorm:"embedded"`
		Client clientRow `gorm:"embedded;embeddedPrefix:c_"`
		Merged *uint64
		Fenced bool
	}
	err := s.db.WithContext(ctx).Table("api_keys k").
		Select("k.*, c.client_id AS c_client_id, c.name AS c_name, c.disabled_at AS c_disabled_at, m.id AS merged, "+
			fenceIsUp+" AS fenced").
		Joins("LEFT JOIN api_clients c ON c.id = k.client_id").
		Joins("LEFT JOIN api_clients m ON m.merged_into = c.id").
		Where(where, args...).Order("m.id").Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return presentedKey{}, err
	}
	found := presentedKey{Key: rows[0].Key, Client: rows[0].Client, Fenced: rows[0].Fenced}
	for _, row := range rows {
		if row.Merged != nil {
			found.Merged = append(found.Merged, *row.Merged)
		}
	}
	return found, nil
}

// noteUse writes when a key was last used, at most once a minute. A failure costs that figure and nothing else.
func (s *Store) noteUse(ctx context.Context, key apiKeyRow, now time.Time) {
	if key.LastUsedAt != nil && key.LastUsedAt.After(now.Add(-usedPace)) {
		return
	}
	err := s.db.WithContext(ctx).Model(&apiKeyRow{}).
		Where("id = ? AND (last_used_at IS NULL OR last_used_at <= ?)", key.ID, now.Add(-usedPace)).
		Update("last_used_at", now).Error
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "the use of an API key was not noted", "key", db.OrEmpty(key.KeyID), "error", err)
	}
}

// ids are the clients whose rows the owner sees.
func (o Owner) ids() []uint64 { return append([]uint64{o.ClientID}, slices.Clone(o.Merged)...) }

// owns narrows a query to the owner's rows of a table. A row without a client was written by an older release beside this one:
// the key that it names says whose it is.
func (o Owner) owns(table string) func(*gorm.DB) *gorm.DB {
	where := fmt.Sprintf("(%[1]s.client_id IN ? OR (%[1]s.client_id IS NULL AND %[1]s.api_key_id IN (SELECT id FROM api_keys WHERE "+
		"client_id IN ?)))", table)
	return func(tx *gorm.DB) *gorm.DB { return tx.Where(where, o.ids(), o.ids()) }
}

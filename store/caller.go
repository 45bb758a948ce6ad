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
	// NoFenceAt is when the key was read, if no fence was up; zero otherwise.
	NoFenceAt time.Time
}

// Actor is the caller as the audit log keeps it.
func (c Caller) Actor(correlationID string) access.Actor {
	return access.Actor{
		ClientID: c.ClientID, KeyID: c.KeyID, Name: fmt.Sprintf("%s (%s)", c.ClientName, c.KeyName), CorrelationID: correlationID,
	}
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
	return Caller{
		Owner: Owner{ClientID: *key.ClientID, Merged: presented.Merged},
		KeyID: key.ID, KeyName: db.OrEmpty(key.KeyID), ClientName: presented.Client.Name, ClientCode: presented.Client.ClientID,
		Scopes: key.scopes(), NoFenceAt: noFenceAt(presented.Fenced, now),
	}, nil
}

// presentedKey is a key with its client, the clients that were merged into that one, and whether a fence is up.
type presentedKey struct {
	Key    apiKeyRow
	Client clientRow
	Merged []uint64
	Fenced bool
}

// keyByToken reads all of it by one statement, so that a merge in between cannot hide a client. A row each for the merged
// clients: MySQL cuts what GROUP_CONCAT returns at 1,024 bytes without an error, and a cut id is another client's.
func (s *Store) keyByToken(ctx context.Context, token string) (presentedKey, error) {
	hash := sha256.Sum256([]byte(token))
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
		Where("k.token_sha256 = ? AND k.revoked_at IS NULL", hash[:]).Order("m.id").Find(&rows).Error
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

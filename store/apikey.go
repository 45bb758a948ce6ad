package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/store/internal/db"
)

// APIKey is a client's key. Its token is kept as a hash only.
type APIKey struct {
	ID         uint64
	KeyID      string // ak_...
	ClientID   string // cl_...
	ClientName string
	// Prefix is the beginning of the token, by which people recognise it; empty for a key of an older release.
	Prefix     string
	Scopes     access.Scopes
	CreatedBy  string
	CreatedAt  time.Time
	ExpiresAt  *time.Time
	LastUsedAt *time.Time // to the minute
	RevokedAt  *time.Time
}

type apiKeyRow struct {
	ID          uint64
	ClientID    *uint64
	KeyID       *string
	TokenPrefix string
	Scopes      *string
	Name        string // of its client when it was made: an older release shows it
	TokenSha256 []byte
	ReadOnly    bool // with Operator: what an older release reads in the place of scopes
	Operator    bool
	CreatedBy   string
	ExpiresAt   *time.Time
	LastUsedAt  *time.Time
	RevokedAt   *time.Time
	CreatedAt   time.Time
}

func (apiKeyRow) TableName() string { return "api_keys" }

// scopes reads those of a key of an older release from its flags.
func (r apiKeyRow) scopes() access.Scopes {
	if r.Scopes != nil {
		return access.StoredScopes(*r.Scopes)
	}
	scopes := access.Scopes{access.BookingsRead}
	if !r.ReadOnly {
		scopes = append(scopes, access.BookingsWrite, access.RefundsWrite)
	}
	if r.Operator {
		scopes = append(scopes, access.ReconciliationRead)
	}
	if r.Operator && !r.ReadOnly {
		scopes = append(scopes, access.ReconciliationWrite)
	}
	return scopes
}

// State is what a key is good for at a time: active, expired or revoked.
func (k APIKey) State(now time.Time) string {
	switch {
	case k.RevokedAt != nil:
		return "revoked"
	case k.ExpiresAt != nil && !k.ExpiresAt.After(now):
		return "expired"
	}
	return "active"
}

// NewAPIKey is a key to be made.
type NewAPIKey struct {
	ClientID uint64
	Scopes   access.Scopes
	// ExpiresAt is nil for a key without an end.
	ExpiresAt *time.Time
	// Token is one that is known already, for development; empty to draw one.
	Token string
	// KeyID is what the key will be called, ak_...; empty to draw one. It is UNIQUE: a repetition makes nothing.
	KeyID string
}

const (
	// tokenPrefix lets people and secret scanners recognise a token.
	tokenPrefix = "fbk_"
	// shownToken is how much of a token is kept to be shown: four of its 43 random letters.
	shownToken = len(tokenPrefix) + 4
)

// ClientDisabledError says that a client takes no new keys and no new webhook endpoints: it is disabled, or was merged into another.
type ClientDisabledError struct{ ClientID string }

func (e *ClientDisabledError) Error() string {
	return fmt.Sprintf("client %s is disabled or was merged into another: it takes no new keys or webhook endpoints", e.ClientID)
}

// CreateAPIKey makes a key and returns its token: the only time that it can be read. A KeyID or a token that is given and
// known already makes nothing, and the key comes back without a token. Errors: ErrNotFound for the client, *ClientDisabledError.
func (s *Store) CreateAPIKey(ctx context.Context, in NewAPIKey, by access.Actor) (key APIKey, token string, err error) {
	if token = in.Token; token == "" {
		token = newToken()
	}
	now := s.Now()
	var made apiKeyRow
	var client clientRow
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		var err error
		if client, err = lockClient(tx, in.ClientID); err != nil {
			return err
		}
		if client.DisabledAt != nil || client.MergedInto != nil {
			return &ClientDisabledError{client.ClientID}
		}
		made, err = insertAPIKey(tx, client, in, token, by, now)
		return err
	})
	switch {
	case db.DuplicateKey(err) && in.KeyID != "":
		key, readErr := s.APIKey(ctx, in.KeyID)
		return key, "", db.Unread(err, readErr)
	case db.DuplicateKey(err) && in.Token != "":
		return APIKey{}, "", nil
	case err != nil:
		return APIKey{}, "", err
	}
	return made.domain(client), token, nil
}

func insertAPIKey(tx *gorm.DB, client clientRow, in NewAPIKey, token string, by access.Actor, now time.Time) (apiKeyRow, error) {
	hash, keyID, scopes := sha256.Sum256([]byte(token)), cmp.Or(in.KeyID, access.NewKeyID()), in.Scopes.String()
	row := apiKeyRow{
		ClientID: &client.ID, KeyID: &keyID, TokenPrefix: token[:min(len(token), shownToken)], Scopes: &scopes,
		Name:        db.Truncate(client.Name, 100),
		TokenSha256: hash[:], CreatedBy: db.Truncate(by.Name, 200), ExpiresAt: in.ExpiresAt, CreatedAt: now,
		ReadOnly: !in.Scopes.Has(access.BookingsWrite) || !in.Scopes.Has(access.RefundsWrite),
		Operator: in.Scopes.Has(access.ReconciliationRead),
	}
	if err := tx.Create(&row).Error; err != nil {
		return row, err
	}
	return row, audit(tx, now, AuditEntry{
		Actor: by, Action: ActionKeyCreate, Subject: keyID,
		Detail: fmt.Sprintf("client %s, scopes %s, %s", client.ClientID, scopes, untilText(in.ExpiresAt)),
	})
}

func untilText(at *time.Time) string {
	if at == nil {
		return "no end"
	}
	return "until " + at.UTC().Format(time.RFC3339)
}

func newToken() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the program instead (crypto/rand)
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(random[:])
}

func (r apiKeyRow) domain(client clientRow) APIKey {
	return APIKey{
		ID: r.ID, KeyID: db.OrEmpty(r.KeyID), ClientID: client.ClientID, ClientName: client.Name, Prefix: r.TokenPrefix, Scopes: r.scopes(),
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, LastUsedAt: r.LastUsedAt, RevokedAt: r.RevokedAt,
	}
}

// APIKeyFilter narrows a list of keys; what is zero does not.
type APIKeyFilter struct {
	ClientID uint64
	KeyID    string // ak_...
	After    uint64 // keys with a higher row id
	Limit    int
}

// APIKeys lists keys, the oldest first; revoked and expired ones as well.
func (s *Store) APIKeys(ctx context.Context, f APIKeyFilter) ([]APIKey, error) {
	query := s.db.WithContext(ctx).Table("api_keys k").Select("k.*, c.client_id AS c_client_id, c.name AS c_name").
		Joins("LEFT JOIN api_clients c ON c.id = k.client_id").Where("k.id > ?", f.After).Order("k.id").Limit(f.Limit)
	if f.ClientID != 0 {
		query = query.Where("k.client_id = ?", f.ClientID)
	}
	if f.KeyID != "" {
		query = query.Where("k.key_id = ?", f.KeyID)
	}
	var rows []struct {
		Key    apiKeyRow `gorm:"embedded"`
		Client clientRow `gorm:"embedded;embeddedPrefix:c_"`
	}
	err := query.Find(&rows).Error
	keys := make([]APIKey, 0, len(rows))
	for _, row := range rows {
		keys = append(keys, row.Key.domain(row.Client))
	}
	return keys, err
}

// APIKey reads one key by its id (ak_...), or ErrNotFound.
func (s *Store) APIKey(ctx context.Context, keyID string) (APIKey, error) {
	keys, err := s.APIKeys(ctx, APIKeyFilter{KeyID: keyID, Limit: 1})
	if err == nil && len(keys) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return APIKey{}, err
	}
	return keys[0], nil
}

// KeyEndedError says that a key was revoked or has expired: it is not rotated.
type KeyEndedError struct{ KeyID string }

func (e *KeyEndedError) Error() string {
	return fmt.Sprintf("key %s was revoked or has expired: create a new key", e.KeyID)
}

// Rotation is a key that replaces another, which stays valid for Overlap.
type Rotation struct {
	KeyID   string // ak_..., the old one
	Overlap time.Duration
	// NewKeyID is what the new key will be called; empty to draw one. It is UNIQUE: a repetition makes nothing.
	NewKeyID string
	// ExpiresAt of the new key; nil for as long a life as the old one was made for.
	ExpiresAt *time.Time
	By        access.Actor
}

// RotateAPIKey makes a key of the same client and scopes and ends the old one after the overlap, in one transaction. It
// returns the new key with its token, and without it when NewKeyID was made before. Errors: ErrNotFound, *KeyEndedError,
// *ClientDisabledError.
func (s *Store) RotateAPIKey(ctx context.Context, in Rotation, now time.Time) (key APIKey, token string, err error) {
	token = newToken()
	var made apiKeyRow
	var client clientRow
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		old, err := lockAPIKey(tx, in.KeyID)
		if err != nil {
			return err
		}
		if old.RevokedAt != nil || old.ExpiresAt != nil && !old.ExpiresAt.After(now) {
			return &KeyEndedError{in.KeyID}
		}
		if client, err = lockClient(tx, *old.ClientID); err != nil {
			return err
		}
		if client.DisabledAt != nil {
			return &ClientDisabledError{client.ClientID}
		}
		made, err = insertAPIKey(tx, client, NewAPIKey{
			ClientID: client.ID, Scopes: old.scopes(), ExpiresAt: nextEnd(old, in, now), KeyID: in.NewKeyID,
		}, token, in.By, now)
		if err != nil {
			return err
		}
		return endAfterOverlap(tx, old, made, in, now)
	})
	switch {
	case db.DuplicateKey(err) && in.NewKeyID != "":
		key, readErr := s.APIKey(ctx, in.NewKeyID)
		return key, "", db.Unread(err, readErr)
	case err != nil:
		return APIKey{}, "", err
	}
	return made.domain(client), token, nil
}

// nextEnd gives the new key the life of the old one, unless another was asked for.
func nextEnd(old apiKeyRow, in Rotation, now time.Time) *time.Time {
	if in.ExpiresAt != nil || old.ExpiresAt == nil {
		return in.ExpiresAt
	}
	end := now.Add(old.ExpiresAt.Sub(old.CreatedAt))
	return &end
}

// endAfterOverlap never lets a key live longer than it would have.
func endAfterOverlap(tx *gorm.DB, old, made apiKeyRow, in Rotation, now time.Time) error {
	end := now.Add(in.Overlap)
	if old.ExpiresAt != nil && old.ExpiresAt.Before(end) {
		end = *old.ExpiresAt
	}
	old.ExpiresAt = &end
	if err := db.Save(tx, &old, "expires_at"); err != nil {
		return err
	}
	return audit(tx, now, AuditEntry{
		Actor: in.By, Action: ActionKeyRotate, Subject: in.KeyID,
		Detail: fmt.Sprintf("replaced by %s, valid %s", db.OrEmpty(made.KeyID), untilText(&end)),
	})
}

// RevokeAPIKey ends a key from the next request on. One that was revoked before stays as it is. ErrNotFound when there is
// none.
func (s *Store) RevokeAPIKey(ctx context.Context, keyID string, by access.Actor) error {
	now := s.Now()
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		row, err := lockAPIKey(tx, keyID)
		if err != nil || row.RevokedAt != nil {
			return err
		}
		row.RevokedAt = &now
		if err := db.Save(tx, &row, "revoked_at"); err != nil {
			return err
		}
		return audit(tx, now, AuditEntry{Actor: by, Action: ActionKeyRevoke, Subject: keyID})
	})
}

func lockAPIKey(tx *gorm.DB, keyID string) (apiKeyRow, error) {
	var row apiKeyRow
	err := tx.Clauses(db.ForUpdate).Where("key_id = ?", keyID).Take(&row).Error
	return row, db.NotFound(err)
}

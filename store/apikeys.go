package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// APIKey is a caller of the HTTP API. Its token is kept as a hash only.
type APIKey struct {
	ID   uint64
	Name string
	// ReadOnly callers see their bookings and change nothing.
	ReadOnly bool
	// Operators reconcile, and read what was found of every caller's bookings.
	Operator bool
}

// tokenPrefix lets people and secret scanners recognise a token.
const tokenPrefix = "fbk_"

// CreateAPIKey makes a caller, whose ID is drawn, and returns its token: the only time that it can be read.
func (s *Store) CreateAPIKey(ctx context.Context, key APIKey) (string, error) {
	token := newToken()
	return token, s.insertAPIKey(ctx, key, token)
}

// RevokeAPIKey ends every key of a name, from the next request on. ErrNotFound says that there is none that is valid. The
// name is compared byte by byte: the column's collation would end the keys of "Shop" and "shóp", too.
func (s *Store) RevokeAPIKey(ctx context.Context, name string) error {
	result := s.db.WithContext(ctx).Model(&apiKeyRow{}).Where("name = CAST(? AS BINARY) AND revoked_at IS NULL", name).
		Updates(map[string]any{"revoked_at": time.Now().UTC()})
	if result.Error == nil && result.RowsAffected == 0 {
		return ErrNotFound
	}
	return result.Error
}

func newToken() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the program instead (crypto/rand)
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(random[:])
}

// CreateAPIKeyWithToken makes a caller with a token that is known already, for development. Harmless when repeated.
func (s *Store) CreateAPIKeyWithToken(ctx context.Context, key APIKey, token string) error {
	err := s.insertAPIKey(ctx, key, token)
	if duplicateKey(err) {
		return nil
	}
	return err
}

func (s *Store) insertAPIKey(ctx context.Context, key APIKey, token string) error {
	hash := sha256.Sum256([]byte(token))
	return s.db.WithContext(ctx).Create(&apiKeyRow{
		Name: key.Name, TokenSha256: hash[:], ReadOnly: key.ReadOnly, Operator: key.Operator, CreatedAt: time.Now().UTC(),
	}).Error
}

// Authenticate finds the caller whose token it is, or ErrNotFound, also for a revoked one. The token has 256 random bits,
// so a plain SHA-256 is enough, and the index lookup on the hash tells an attacker nothing about the token.
func (s *Store) Authenticate(ctx context.Context, token string) (APIKey, error) {
	hash := sha256.Sum256([]byte(token))
	var row apiKeyRow
	if err := s.db.WithContext(ctx).Where("token_sha256 = ? AND revoked_at IS NULL", hash[:]).Take(&row).Error; err != nil {
		return APIKey{}, notFound(err)
	}
	return APIKey{ID: row.ID, Name: row.Name, ReadOnly: row.ReadOnly, Operator: row.Operator}, nil
}

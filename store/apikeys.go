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
}

// tokenPrefix lets people and secret scanners recognise a token.
const tokenPrefix = "fbk_"

// CreateAPIKey makes a caller and returns its token: the only time that it can be read.
func (s *Store) CreateAPIKey(ctx context.Context, name string) (string, error) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the program instead (crypto/rand)
	token := tokenPrefix + base64.RawURLEncoding.EncodeToString(random[:])
	return token, s.CreateAPIKeyWithToken(ctx, name, token)
}

// CreateAPIKeyWithToken makes a caller with a token that is known already, for development. Harmless when repeated.
func (s *Store) CreateAPIKeyWithToken(ctx context.Context, name, token string) error {
	hash := sha256.Sum256([]byte(token))
	err := s.db.WithContext(ctx).Create(&apiKeyRow{Name: name, TokenSha256: hash[:], CreatedAt: time.Now().UTC()}).Error
	if duplicateKey(err) {
		return nil
	}
	return err
}

// Authenticate finds the caller whose token it is, or ErrNotFound. The token has 256 random bits, so a plain SHA-256
// is enough, and the index lookup on the hash tells an attacker nothing about the token.
func (s *Store) Authenticate(ctx context.Context, token string) (APIKey, error) {
	hash := sha256.Sum256([]byte(token))
	var row apiKeyRow
	if err := s.db.WithContext(ctx).Where("token_sha256 = ?", hash[:]).Take(&row).Error; err != nil {
		return APIKey{}, notFound(err)
	}
	return APIKey{ID: row.ID, Name: row.Name}, nil
}

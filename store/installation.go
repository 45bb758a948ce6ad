package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Installation is one database of Farebook's, however often it is restored. Its id stands in the metadata of what it makes at
// Stripe; its secret stays in this package.
type Installation struct {
	ID     string // in_...
	secret []byte
}

type installationRow struct {
	ID             uint8
	InstallationID string
	Secret         []byte
}

func (installationRow) TableName() string { return "installation" }

// ErrNoInstallation says that the database was not migrated to this version.
var ErrNoInstallation = errors.New("the database has no installation id: run `starter migrate`")

// Installation reads the row once and keeps it. Error: ErrNoInstallation.
func (s *Store) Installation(ctx context.Context) (Installation, error) {
	if known := s.installation.Load(); known != nil {
		return *known, nil
	}
	var rows []installationRow
	if err := s.db.WithContext(ctx).Limit(1).Find(&rows).Error; err != nil {
		return Installation{}, err
	}
	if len(rows) == 0 {
		return Installation{}, ErrNoInstallation
	}
	known := &Installation{ID: rows[0].InstallationID, secret: rows[0].Secret}
	s.installation.Store(known)
	return *known, nil
}

// derivation yields ids from what asked for them, keyed with the installation's secret: the same again after a restore, and
// nothing that a stranger can guess.
type derivation struct {
	secret []byte
	parts  []string
}

func (i Installation) derive(parts ...string) derivation { return derivation{i.secret, parts} }

// sum is 256 bits for one use. Each part is preceded by its length, so that no two lists of parts are the same bytes.
func (d derivation) sum(use string) []byte {
	mac := hmac.New(sha256.New, d.secret)
	for _, part := range append([]string{use}, d.parts...) {
		_, _ = fmt.Fprintf(mac, "%d:%s", len(part), part) // a hash takes everything
	}
	return mac.Sum(nil)
}

// requestKeyBytes is half of the hash: 128 bits, which is 32 letters.
const requestKeyBytes = 16

// requestKey identifies a request in the books, in Stripe's idempotency keys and in its metadata.
func (d derivation) requestKey() string {
	return hex.EncodeToString(d.sum("request")[:requestKeyBytes])
}

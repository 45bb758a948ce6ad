package store

import (
	"context"
	"errors"
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

// ClientOf is what people call the client that a booking belongs to (cl_...); empty where an older release has not written it.
func (s *Store) ClientOf(ctx context.Context, bookingID uint64) (string, error) {
	var client clientRow
	err := s.db.WithContext(ctx).Table("bookings b").Joins("JOIN api_clients c ON c.id = b.client_id").Select("c.client_id").
		Where("b.id = ?", bookingID).Limit(1).Find(&client).Error
	return client.ClientID, err
}

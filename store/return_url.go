package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/store/internal/db"
)

// MaxReturnURLs is how many addresses a client can have registered.
const MaxReturnURLs = 20

// ReturnURL is an address of a client to which the payment page may lead back.
type ReturnURL struct {
	URL     string // booking.ReturnURL.Base
	AddedBy string
	AddedAt time.Time
}

type returnURLRow struct {
	ID        uint64
	ClientID  uint64
	URL       string `gorm:"column:url"`
	AddedBy   string
	AddedAt   time.Time
	RemovedAt *time.Time
}

func (returnURLRow) TableName() string { return "client_return_urls" }

func (r returnURLRow) domain() ReturnURL {
	return ReturnURL{URL: r.URL, AddedBy: r.AddedBy, AddedAt: r.AddedAt}
}

// TooManyReturnURLsError says that a client has as many addresses as it can have.
type TooManyReturnURLsError struct{ ClientID string }

func (e *TooManyReturnURLsError) Error() string {
	return fmt.Sprintf("client %s has %d return URLs: remove one first", e.ClientID, MaxReturnURLs)
}

// maxReturnURLRows bounds a client's list with addresses that were removed: a further address takes the row of the one that was removed
// longest ago.
const maxReturnURLRows = 200

// ReturnURLs lists the addresses of a client, in their order.
func (s *Store) ReturnURLs(ctx context.Context, clientID uint64) ([]ReturnURL, error) {
	rows, err := returnURLsOf(s.db.WithContext(ctx), clientID)
	urls := make([]ReturnURL, 0, len(rows))
	for _, row := range rows {
		if row.RemovedAt == nil {
			urls = append(urls, row.domain())
		}
	}
	return urls, err
}

func returnURLsOf(conn *gorm.DB, clientID uint64) ([]returnURLRow, error) {
	var rows []returnURLRow
	err := conn.Where("client_id = ?", clientID).Order("url").Limit(maxReturnURLRows).Find(&rows).Error
	return rows, err
}

// AddReturnURL registers an address, booking.ReturnURL.Base, with a client. One that is registered stays as it is: UNIQUE client and
// address make a repetition harmless. Errors: ErrNotFound, *ClientMergedError, *TooManyReturnURLsError.
func (s *Store) AddReturnURL(ctx context.Context, client Client, address string, by access.Actor) (ReturnURL, error) {
	now := s.Now()
	var row returnURLRow
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		locked, known, err := lockReturnURLs(tx, client)
		if err != nil {
			return err
		}
		if locked.MergedInto != nil {
			return &ClientMergedError{ClientID: client.ClientID, Into: client.MergedInto}
		}
		at := slices.IndexFunc(known, func(one returnURLRow) bool { return one.URL == address })
		if at < 0 && len(known) == maxReturnURLRows {
			at = removedFirst(known)
		}
		kept := 0
		for _, one := range known {
			if one.RemovedAt == nil {
				kept++
			}
		}
		row = returnURLRow{ClientID: client.ID, URL: address, AddedBy: db.Truncate(by.Name, 200), AddedAt: now}
		switch {
		case at >= 0 && known[at].RemovedAt == nil:
			row = known[at]
			return nil
		case kept == MaxReturnURLs:
			return &TooManyReturnURLsError{client.ClientID}
		case at >= 0:
			row.ID = known[at].ID
			err = db.Save(tx, &row, "url", "added_by", "added_at", "removed_at")
		default:
			err = tx.Create(&row).Error
		}
		if err != nil {
			return err
		}
		return auditReturnURL(tx, now, ActionReturnURLAdd, client, address, by)
	})
	return row.domain(), err
}

// removedFirst is the row that was removed longest ago. There is one: fewer rows can be kept than are read.
func removedFirst(known []returnURLRow) int {
	first := slices.IndexFunc(known, func(one returnURLRow) bool { return one.RemovedAt != nil })
	for i, one := range known {
		if one.RemovedAt != nil && one.RemovedAt.Before(*known[first].RemovedAt) {
			first = i
		}
	}
	return first
}

// RemoveReturnURL takes an address off a client's list, and keeps its row. A repetition changes nothing. Pages of bookings that named it
// lead there no more. Error: ErrNotFound for an address that was never registered.
func (s *Store) RemoveReturnURL(ctx context.Context, client Client, address string, by access.Actor) (ReturnURL, error) {
	now := s.Now()
	var row returnURLRow
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		_, known, err := lockReturnURLs(tx, client) // also of a merged client, whose addresses count
		if err != nil {
			return err
		}
		at := slices.IndexFunc(known, func(one returnURLRow) bool { return one.URL == address })
		if at < 0 {
			return ErrNotFound
		}
		row = known[at]
		if row.RemovedAt != nil {
			return nil
		}
		row.RemovedAt = &now
		if err := db.Save(tx, &row, "removed_at"); err != nil {
			return err
		}
		return auditReturnURL(tx, now, ActionReturnURLDrop, client, address, by)
	})
	return row.domain(), err
}

// lockReturnURLs locks a client and reads its addresses.
func lockReturnURLs(tx *gorm.DB, client Client) (clientRow, []returnURLRow, error) {
	locked, err := lockClient(tx, client.ID)
	if err != nil {
		return locked, nil, err
	}
	known, err := returnURLsOf(tx, client.ID)
	return locked, known, err
}

func auditReturnURL(tx *gorm.DB, now time.Time, action Action, client Client, address string, by access.Actor) error {
	return audit(tx, now, AuditEntry{Actor: by, Action: action, Subject: client.ClientID, Detail: address})
}

// HasReturnURL reports whether an owner has registered an address: the client, or one that was merged into it.
func (s *Store) HasReturnURL(ctx context.Context, owner Owner, address booking.ReturnURL) (bool, error) {
	var found []uint64
	err := s.db.WithContext(ctx).Model(&returnURLRow{}).
		Where("client_id IN ? AND url = ? AND removed_at IS NULL", owner.ids(), address.Base).Limit(1).Pluck("id", &found).Error
	return len(found) > 0, err
}

// ReturnURLOf is where the payment page of a booking leads back to: the address that its request named, while its client has that on its
// list; empty otherwise.
func (s *Store) ReturnURLOf(ctx context.Context, known Booking) (string, error) {
	if known.ReturnURL == "" {
		return "", nil
	}
	address, err := booking.ParseReturnURL(known.ReturnURL)
	if err != nil {
		return "", nil //nolint:nilerr // what an earlier release has accepted is led to no more
	}
	var found []uint64
	err = s.db.WithContext(ctx).Table("client_return_urls u").
		Joins("JOIN bookings b ON b.id = ?", known.ID).
		Joins("JOIN api_clients c ON c.id = u.client_id AND (c.id = b.client_id OR c.merged_into = b.client_id)").
		Where("u.url = ? AND u.removed_at IS NULL", address.Base).Limit(1).Pluck("u.id", &found).Error
	if err != nil || len(found) == 0 {
		return "", err
	}
	return address.Full, nil
}

package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/store/internal/db"
)

// Client is who integrates with the API: it owns bookings, refunds and idempotency keys, and has API keys.
type Client struct {
	ID         uint64
	ClientID   string // cl_...
	Name       string
	DisabledAt *time.Time
	// MergedInto is the client (cl_...) that took over its keys and bookings; empty for one that stands alone.
	MergedInto string
	CreatedBy  string
	CreatedAt  time.Time
}

// State is what a client may do: active, disabled or merged.
func (c Client) State() string {
	switch {
	case c.MergedInto != "":
		return "merged"
	case c.DisabledAt != nil:
		return "disabled"
	}
	return "active"
}

type clientRow struct {
	ID         uint64
	ClientID   string
	Name       string
	DisabledAt *time.Time
	MergedInto *uint64
	CreatedBy  string
	CreatedAt  time.Time
}

func (clientRow) TableName() string { return "api_clients" }

// ClientExistsError says that the name of a new client is taken.
type ClientExistsError struct{ Name string }

func (e *ClientExistsError) Error() string {
	return fmt.Sprintf("there is a client named %q already", e.Name)
}

// CreateClient makes a client. Its name is UNIQUE, byte by byte. Error: *ClientExistsError.
func (s *Store) CreateClient(ctx context.Context, name string, by access.Actor) (Client, error) {
	return s.CreateClientAs(ctx, access.NewClientID(), name, by)
}

// CreateClientAs makes a client under an id that was drawn before (access.NewClientID). A repetition under the same id makes
// nothing. Error: *ClientExistsError.
func (s *Store) CreateClientAs(ctx context.Context, clientID, name string, by access.Actor) (Client, error) {
	now := s.Now()
	row := clientRow{ClientID: clientID, Name: name, CreatedBy: db.Truncate(by.Name, 200), CreatedAt: now}
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		row.ID = 0
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return audit(tx, now, AuditEntry{Actor: by, Action: ActionClientCreate, Subject: row.ClientID, Detail: name})
	})
	if db.DuplicateKey(err) {
		known, knownErr := s.Client(ctx, clientID)
		if knownErr == nil && known.Name == name {
			return known, nil
		}
		return Client{}, &ClientExistsError{Name: name}
	}
	return row.domain(""), err
}

// Client finds a client by its id (cl_...) or its name, or ErrNotFound.
func (s *Store) Client(ctx context.Context, idOrName string) (Client, error) {
	found, err := s.clients(ctx, func(tx *gorm.DB) *gorm.DB {
		return tx.Where("c.client_id = ? OR c.name = ?", idOrName, idOrName)
	})
	switch {
	case err != nil:
		return Client{}, err
	case len(found) == 0:
		return Client{}, ErrNotFound
	}
	for _, client := range found {
		if client.ClientID == idOrName {
			return client, nil // an id goes before a name that looks like one
		}
	}
	return found[0], nil
}

// Clients lists up to limit clients with ids above after, the oldest first.
func (s *Store) Clients(ctx context.Context, after uint64, limit int) ([]Client, error) {
	return s.clients(ctx, func(tx *gorm.DB) *gorm.DB { return tx.Where("c.id > ?", after).Limit(limit) })
}

func (s *Store) clients(ctx context.Context, narrow func(*gorm.DB) *gorm.DB) ([]Client, error) {
	return clientsIn(s.db.WithContext(ctx), narrow)
}

func clientsIn(conn *gorm.DB, narrow func(*gorm.DB) *gorm.DB) ([]Client, error) {
	var rows []struct {
		Client clientRow `gorm:"embedded"`
		Into   *string
	}
	err := narrow(conn.Table("api_clients c")).Select("c.*, m.client_id AS `into`").
		Joins("LEFT JOIN api_clients m ON m.id = c.merged_into").Order("c.id").Find(&rows).Error
	clients := make([]Client, 0, len(rows))
	for _, row := range rows {
		clients = append(clients, row.Client.domain(db.OrEmpty(row.Into)))
	}
	return clients, err
}

func (r clientRow) domain(mergedInto string) Client {
	return Client{
		ID: r.ID, ClientID: r.ClientID, Name: r.Name, DisabledAt: r.DisabledAt, MergedInto: mergedInto, CreatedBy: r.CreatedBy,
		CreatedAt: r.CreatedAt,
	}
}

// ClientMergedError says that a client has no keys any more: they are those of the client that it was merged into.
type ClientMergedError struct{ ClientID, Into string }

func (e *ClientMergedError) Error() string {
	return fmt.Sprintf("client %s was merged into %s, which has its keys: name that client", e.ClientID, e.Into)
}

// DisableClient refuses all of a client's keys from the next request on, or lets them in again. What the client owns stays.
// Errors: ErrNotFound, *ClientMergedError.
func (s *Store) DisableClient(ctx context.Context, id uint64, disabled bool, by access.Actor) error {
	now, action := s.Now(), ActionClientEnable
	var at *time.Time
	if disabled {
		at, action = &now, ActionClientDisable
	}
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		row, err := lockClient(tx, id)
		if err != nil {
			return err
		}
		if row.MergedInto != nil {
			var into clientRow
			if err := tx.Where("id = ?", *row.MergedInto).Take(&into).Error; err != nil {
				return err
			}
			return &ClientMergedError{ClientID: row.ClientID, Into: into.ClientID}
		}
		if (row.DisabledAt != nil) == disabled {
			return nil
		}
		row.DisabledAt = at
		if err := db.Save(tx, &row, "disabled_at"); err != nil {
			return err
		}
		return audit(tx, now, AuditEntry{Actor: by, Action: action, Subject: row.ClientID})
	})
}

func lockClient(tx *gorm.DB, id uint64) (clientRow, error) {
	var row clientRow
	err := tx.Clauses(db.ForUpdate).Where("id = ?", id).Take(&row).Error
	return row, db.NotFound(err)
}

// adopt gives a key of an older release a client, an id and its scopes. Harmless when repeated: the key's row is locked.
func (s *Store) adopt(ctx context.Context, keyID uint64) error {
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		var key apiKeyRow
		err := tx.Clauses(db.ForUpdate).Where("id = ?", keyID).Take(&key).Error
		if err != nil || key.ClientID != nil {
			return db.NotFound(err)
		}
		client := clientRow{ClientID: access.NewClientID(), Name: key.Name, CreatedBy: "starter migrate", CreatedAt: key.CreatedAt}
		var taken clientRow
		err = tx.Select("id").Where("name = ?", key.Name).Take(&taken).Error
		switch {
		case err == nil: // keys of one name become one client only when an operator says so
			client.Name = db.Truncate(key.Name, 100) + " #" + strconv.FormatUint(key.ID, 10)
		case !errors.Is(err, gorm.ErrRecordNotFound):
			return err
		}
		if err := tx.Create(&client).Error; err != nil {
			return err
		}
		keyID, scopes := access.NewKeyID(), key.scopes().String()
		key.ClientID, key.KeyID, key.Scopes = &client.ID, &keyID, &scopes
		return db.Save(tx, &key, "client_id", "key_id", "scopes")
	})
}

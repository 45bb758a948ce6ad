package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/store/internal/db"
	"farebook/webhook"
)

// MaxEndpoints is how many webhook endpoints one client can have at a time.
const MaxEndpoints = 10

// DisabledReason says why a webhook endpoint is disabled.
type DisabledReason string

// The reasons.
const (
	DisabledByOwner DisabledReason = "owner"
	DisabledFailing DisabledReason = "failing" // its receiver took no event for three days
	DisabledGone    DisabledReason = "gone"    // its receiver answered 410
)

// keptWhileDisabled is for how long events are kept for an endpoint after it was disabled: what happened meanwhile is sent when it is
// enabled again.
const keptWhileDisabled = 30 * 24 * time.Hour

// Endpoint is an address of a client to which events are sent.
type Endpoint struct {
	Row          uint64
	ID           string // we_...
	ClientCode   string // cl_...
	URL          string
	Description  string
	ContactEmail string
	Types        []webhook.Type
	// Secret signs; Previous signs as well until PreviousUntil, and is nil unless a rotation is under way.
	Secret        webhook.SecretVersion
	Previous      *webhook.SecretVersion
	PreviousUntil time.Time
	DisabledAt    *time.Time
	Reason        DisabledReason
	RemovedAt     *time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Enabled reports whether events are delivered.
func (e Endpoint) Enabled() bool { return e.DisabledAt == nil && e.RemovedAt == nil }

// Secrets are the versions that sign at a time, the newest first.
func (e Endpoint) Secrets(now time.Time) []webhook.SecretVersion {
	if e.Previous != nil && e.PreviousUntil.After(now) {
		return []webhook.SecretVersion{e.Secret, *e.Previous}
	}
	return []webhook.SecretVersion{e.Secret}
}

type endpointRow struct {
	ID             uint64
	EndpointID     string
	ClientID       uint64
	URL            string `gorm:"column:url"`
	Description    string
	ContactEmail   string
	EventTypes     string
	SecretNumber   int
	SecretKeyID    string
	PreviousNumber *int
	PreviousKeyID  *string
	PreviousUntil  *time.Time
	DisabledAt     *time.Time
	DisabledReason *DisabledReason
	RemovedAt      *time.Time
	CreatedAt      time.Time
	UpdatedAt      time.Time
	// Client is only set by Joins.
	Client *clientCode `gorm:"foreignKey:ClientID;references:Row"`
}

func (endpointRow) TableName() string { return "webhook_endpoints" }

func (r endpointRow) domain() Endpoint {
	e := Endpoint{
		Row: r.ID, ID: r.EndpointID, URL: r.URL, Description: r.Description, ContactEmail: r.ContactEmail, Types: typesOf(r.EventTypes),
		Secret: webhook.SecretVersion{KeyID: r.SecretKeyID, Number: r.SecretNumber}, DisabledAt: r.DisabledAt,
		Reason: db.OrEmpty(r.DisabledReason), RemovedAt: r.RemovedAt, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.PreviousNumber != nil && r.PreviousUntil != nil {
		e.Previous = &webhook.SecretVersion{KeyID: db.OrEmpty(r.PreviousKeyID), Number: *r.PreviousNumber}
		e.PreviousUntil = *r.PreviousUntil
	}
	if r.Client != nil {
		e.ClientCode = r.Client.Code
	}
	return e
}

func typesOf(text string) []webhook.Type {
	var types []webhook.Type
	for name := range strings.SplitSeq(text, ",") {
		types = append(types, webhook.Type(name))
	}
	return types
}

func textOf(types []webhook.Type) string {
	names := webhook.Names(types)
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ",")
}

// NewEndpoint is what an endpoint is made of. ID was drawn before (access.NewEndpointID), so that a repetition makes no second one.
type NewEndpoint struct {
	ID           string
	ClientID     uint64
	URL          string
	Description  string
	ContactEmail string
	Types        []webhook.Type
	KeyID        string
}

// TooManyEndpointsError says that a client has as many endpoints as it can have.
type TooManyEndpointsError struct{}

func (*TooManyEndpointsError) Error() string {
	return fmt.Sprintf("a client has %d webhook endpoints at most: remove one first", MaxEndpoints)
}

// CreateEndpoint makes an endpoint, which gets the events of all changes that begin after it. Harmless when repeated: UNIQUE id. Errors:
// ErrNotFound for the client, *ClientDisabledError, *TooManyEndpointsError.
func (s *Store) CreateEndpoint(ctx context.Context, in NewEndpoint, by access.Actor) (Endpoint, error) {
	now := s.Now()
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		client, err := lockClient(tx, in.ClientID)
		if err != nil {
			return err
		}
		var kept []endpointRow
		if err := tx.Select("id, endpoint_id").Where("client_id = ? AND is_kept = 1", in.ClientID).Find(&kept).Error; err != nil {
			return err
		}
		if slices.ContainsFunc(kept, func(one endpointRow) bool { return one.EndpointID == in.ID }) {
			return nil
		}
		switch {
		case client.DisabledAt != nil || client.MergedInto != nil:
			return &ClientDisabledError{client.ClientID}
		case len(kept) >= MaxEndpoints:
			return &TooManyEndpointsError{}
		}
		row := endpointRow{
			EndpointID: in.ID, ClientID: in.ClientID, URL: in.URL, Description: in.Description, ContactEmail: in.ContactEmail,
			EventTypes: textOf(in.Types), SecretNumber: 1, SecretKeyID: in.KeyID, CreatedAt: now, UpdatedAt: now,
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return auditEndpoint(tx, now, ActionEndpointCreate, row, by, row.EventTypes)
	})
	if err != nil && !db.DuplicateKey(err) {
		return Endpoint{}, err
	}
	made, readErr := s.endpointWhere(ctx, "webhook_endpoints.endpoint_id = ?", in.ID)
	return made, db.Unread(err, readErr)
}

func auditEndpoint(tx *gorm.DB, now time.Time, action Action, row endpointRow, by access.Actor, detail string) error {
	return audit(tx, now, AuditEntry{Actor: by, Action: action, Subject: row.EndpointID, Detail: detail})
}

func (s *Store) endpointWhere(ctx context.Context, where string, args ...any) (Endpoint, error) {
	var row endpointRow
	err := s.db.WithContext(ctx).Joins("Client").Where(where, args...).Take(&row).Error
	return row.domain(), db.NotFound(err)
}

// Endpoint reads an endpoint by its id, also one that was removed. Error: ErrNotFound.
func (s *Store) Endpoint(ctx context.Context, id string) (Endpoint, error) {
	return s.endpointWhere(ctx, "webhook_endpoints.endpoint_id = ?", id)
}

// EndpointOf reads an owner's endpoint that was not removed. Another client's is ErrNotFound.
func (s *Store) EndpointOf(ctx context.Context, owner Owner, id string) (Endpoint, error) {
	return s.endpointWhere(ctx, "webhook_endpoints.endpoint_id = ? AND webhook_endpoints.client_id IN ? AND webhook_endpoints.is_kept = 1", id,
		owner.ids())
}

// OwnEndpoint is EndpointOf that also finds an endpoint that was removed.
func (s *Store) OwnEndpoint(ctx context.Context, owner Owner, id string) (Endpoint, error) {
	return s.endpointWhere(ctx, "webhook_endpoints.endpoint_id = ? AND webhook_endpoints.client_id IN ?", id, owner.ids())
}

// EndpointsOf lists an owner's endpoints that were not removed, the oldest first.
func (s *Store) EndpointsOf(ctx context.Context, owner Owner) ([]Endpoint, error) {
	return endpointsIn(s.db.WithContext(ctx).Where("webhook_endpoints.client_id IN ? AND webhook_endpoints.is_kept = 1", owner.ids()).
		Limit(MaxEndpoints * (1 + len(owner.Merged))))
}

// Endpoints lists up to limit endpoints of all clients with rows above after, the oldest first, with those that were removed.
func (s *Store) Endpoints(ctx context.Context, after uint64, limit int) ([]Endpoint, error) {
	return endpointsIn(s.db.WithContext(ctx).Where("webhook_endpoints.id > ?", after).Limit(limit))
}

func endpointsIn(query *gorm.DB) ([]Endpoint, error) {
	var rows []endpointRow
	err := query.Joins("Client").Order("webhook_endpoints.id").Find(&rows).Error
	endpoints := make([]Endpoint, 0, len(rows))
	for _, row := range rows {
		endpoints = append(endpoints, row.domain())
	}
	return endpoints, err
}

// EndpointContact is the address of whoever maintains an endpoint. Error: ErrNotFound.
func (s *Store) EndpointContact(ctx context.Context, id string) (string, error) {
	found, err := s.Endpoint(ctx, id)
	return found.ContactEmail, err
}

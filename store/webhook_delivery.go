package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/store/internal/db"
	"farebook/webhook"
)

const (
	// excerptLength is how many characters of an answer are kept.
	excerptLength = 500
	// errorLength is how many of the reason why there was no answer.
	errorLength = 200
	// maxReplay bounds the events of one replay of a range.
	maxReplay = 1000
	// maxOwed bounds the endpoints that one announcement begins to deliver to: those that are left, the sweeper finds.
	maxOwed = 1000
)

// Delivery is an event for an endpoint, with the last attempt to deliver it.
type Delivery struct {
	Row         uint64
	Endpoint    Endpoint
	MessageID   string // webhook-id: the same however often it is sent
	Type        webhook.Type
	Payload     string
	OccurredAt  time.Time
	DeliveredAt *time.Time
	Attempts    int // since it was written or replayed
	NextAt      *time.Time
	Last        *Attempt // nil before the first attempt
}

// Attempt is one attempt to deliver an event. Status is zero where the receiver gave no answer, and Error says why.
type Attempt struct {
	At      time.Time
	Status  int
	Excerpt string // of the answer's body, without card numbers and addresses
	Took    time.Duration
	Error   string
}

// Taken reports whether the receiver took the event: any 2xx.
func (a Attempt) Taken() bool { return a.Status >= 200 && a.Status < 300 }

// statusGone is the answer of a receiver that wants no further events (Standard Webhooks).
const statusGone = 410

type deliveryRow struct {
	ID            uint64
	EndpointID    uint64
	MessageID     string
	EventKey      string
	EventType     webhook.Type
	Payload       string
	OccurredAt    time.Time
	DeliveredAt   *time.Time
	Attempts      int
	NextAttemptAt *time.Time
	AttemptedAt   *time.Time
	AnswerStatus  *int
	AnswerExcerpt string
	AnswerMs      *int64
	Error         string
	// Endpoint is only set by Joins.
	Endpoint *endpointRow `gorm:"foreignKey:EndpointID"`
}

func (deliveryRow) TableName() string { return "webhook_deliveries" }

func (r deliveryRow) domain() Delivery {
	d := Delivery{
		Row: r.ID, MessageID: r.MessageID, Type: r.EventType, Payload: r.Payload, OccurredAt: r.OccurredAt, DeliveredAt: r.DeliveredAt,
		Attempts: r.Attempts, NextAt: r.NextAttemptAt,
	}
	if r.AttemptedAt != nil {
		d.Last = &Attempt{At: *r.AttemptedAt, Excerpt: r.AnswerExcerpt, Error: r.Error}
		if r.AnswerStatus != nil {
			d.Last.Status = *r.AnswerStatus
		}
		if r.AnswerMs != nil {
			d.Last.Took = time.Duration(*r.AnswerMs) * time.Millisecond
		}
	}
	if r.Endpoint != nil {
		d.Endpoint = r.Endpoint.domain()
	}
	return d
}

// outgoingEvent is an event that a transaction writes. Its key is its type and its object, so that each state of an object is sent once.
type outgoingEvent struct {
	kind   webhook.Type
	object string
	data   func() any // read at the end of the transaction
}

func (e outgoingEvent) key() string { return string(e.kind) + "/" + e.object }

// insertDeliveries writes an event for the endpoints that match, by one statement. Endpoints are read without a lock: one that is disabled
// or removed meanwhile may get a row, which is not sent while it is not enabled. UNIQUE endpoint and event key make a repetition harmless.
func insertDeliveries(tx *gorm.DB, now time.Time, e outgoingEvent, where string, args ...any) error {
	event := webhook.Event{Type: e.kind, Version: webhook.Version, Timestamp: now.UTC().Truncate(time.Microsecond), Data: e.data()}
	payload, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode the event %s: %w", e.key(), err)
	}
	values := []any{e.key(), e.key(), e.kind, string(payload), now}
	return tx.Exec("INSERT INTO webhook_deliveries (endpoint_id, message_id, event_key, event_type, payload, occurred_at) "+
		"SELECT e.id, CONCAT('msg_', LEFT(SHA2(CONCAT(e.endpoint_id, '/', ?), 256), 32)), ?, ?, ?, ? FROM webhook_endpoints e WHERE "+where+
		" ON DUPLICATE KEY UPDATE webhook_deliveries.id = webhook_deliveries.id", append(values, args...)...).Error
}

// subscribed is the condition that an endpoint gets an event of a type now: it is kept, subscribes to it, and is not disabled for long.
const subscribed = "e.is_kept = 1 AND FIND_IN_SET(?, e.event_types) > 0 AND (e.disabled_at IS NULL OR e.disabled_at > ?)"

// endpointOwner is the client that has the endpoints of a client: a client that was merged into another one has none. Where client is a
// question mark, it stands there twice.
func endpointOwner(client string) string {
	return "COALESCE((SELECT c.merged_into FROM api_clients c WHERE c.id = " + client + "), " + client + ")"
}

// PendingDeliveries are the events of an endpoint that were not delivered, the oldest first; none for an endpoint that is not enabled.
func (s *Store) PendingDeliveries(ctx context.Context, endpointID string, limit int) ([]Delivery, error) {
	endpoint, err := s.Endpoint(ctx, endpointID)
	if err != nil || !endpoint.Enabled() {
		return nil, err
	}
	var rows []deliveryRow
	err = s.db.WithContext(ctx).Where("endpoint_id = ? AND is_pending = 1", endpoint.Row).Order("id").Limit(limit).Find(&rows).Error
	deliveries := make([]Delivery, 0, len(rows))
	for _, row := range rows {
		delivery := row.domain()
		delivery.Endpoint = endpoint
		deliveries = append(deliveries, delivery)
	}
	return deliveries, err
}

// AttemptRecorded is what follows from an attempt.
type AttemptRecorded struct {
	// RetryIn is how long to wait before the event is tried again; zero after one that was taken.
	RetryIn time.Duration
	// Disabled: the endpoint is given up.
	Disabled bool
	// EmailIDs are emails to its owner that are queued and not sent yet.
	EmailIDs []uint64
}

// RecordAttempt writes what came of an attempt, and disables the endpoint where no further one is made. A repetition of an attempt that was
// recorded changes nothing, because the number of attempts before it is a condition; it returns the emails that are not sent yet.
func (s *Store) RecordAttempt(ctx context.Context, d Delivery, a Attempt) (AttemptRecorded, error) {
	var recorded AttemptRecorded
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		recorded = AttemptRecorded{}
		now, attempts, took := s.Now(), d.Attempts+1, a.Took.Milliseconds()
		values := map[string]any{
			"attempts": attempts, "attempted_at": a.At, "answer_status": nil, "answer_excerpt": db.Truncate(a.Excerpt, excerptLength),
			"answer_ms": took, "error": db.Truncate(a.Error, errorLength), "next_attempt_at": nil,
		}
		if a.Status != 0 {
			values["answer_status"] = a.Status
		}
		wait, again := webhook.RetryAfter(attempts)
		again = again && a.Status != statusGone
		switch {
		case a.Taken():
			values["delivered_at"] = now
		case again:
			values["next_attempt_at"] = now.Add(wait)
			recorded.RetryIn = wait
		}
		last := !a.Taken() && !again
		var endpoint endpointRow
		if last { // the endpoint is locked before the delivery, as a replay does
			if err := tx.Clauses(db.ForUpdate).Where("id = ?", d.Endpoint.Row).Take(&endpoint).Error; err != nil {
				return err
			}
		}
		changed := tx.Model(&deliveryRow{}).Where("id = ? AND is_pending = 1 AND attempts = ?", d.Row, d.Attempts).Updates(values)
		if changed.Error != nil || !last {
			return changed.Error
		}
		if recorded.Disabled = changed.RowsAffected > 0; recorded.Disabled {
			if err := giveUp(tx, now, endpoint, reasonOf(a)); err != nil {
				return err
			}
		}
		var err error
		recorded.EmailIDs, err = queuedEmails(tx, d.Endpoint.ID)
		return err
	})
	return recorded, err
}

// reasonOf is why the endpoint is given up after its last attempt.
func reasonOf(a Attempt) DisabledReason {
	if a.Status == statusGone {
		return DisabledGone
	}
	return DisabledFailing
}

// Deliveries lists up to limit events of an endpoint with rows below before, the newest first; zero begins with the newest.
func (s *Store) Deliveries(ctx context.Context, endpoint Endpoint, before uint64, limit int) ([]Delivery, error) {
	conn := s.db.WithContext(ctx)
	var reads []*gorm.DB
	for _, pending := range []string{"is_pending = 1", "is_pending IS NULL"} { // the index is in the order of these, then of ids
		query := conn.Table("webhook_deliveries FORCE INDEX (idx_deliveries_pending)").Where("endpoint_id = ?", endpoint.Row).Where(pending)
		if before != 0 {
			query = query.Where("id < ?", before)
		}
		reads = append(reads, query)
	}
	var rows []deliveryRow
	err := db.Merge(conn, "id DESC", limit, reads).Scan(&rows).Error
	deliveries := make([]Delivery, 0, len(rows))
	for _, row := range rows {
		deliveries = append(deliveries, row.domain())
	}
	return deliveries, err
}

// Delivery reads an event of an endpoint by its webhook-id. Error: ErrNotFound.
func (s *Store) Delivery(ctx context.Context, endpoint Endpoint, messageID string) (Delivery, error) {
	var row deliveryRow
	err := s.db.WithContext(ctx).Where("endpoint_id = ? AND message_id = ?", endpoint.Row, messageID).Take(&row).Error
	return row.domain(), db.NotFound(err)
}

// ReplayDelivery sends an event again, under the same webhook-id. One that was not delivered yet is tried at once. Error: ErrNotFound.
func (s *Store) ReplayDelivery(ctx context.Context, endpoint Endpoint, messageID string, by access.Actor) error {
	return s.changeEndpoint(ctx, endpoint.ID, func(tx *gorm.DB, row *endpointRow, now time.Time) error {
		var delivery deliveryRow
		err := tx.Clauses(db.ForUpdate).Where("endpoint_id = ? AND message_id = ?", row.ID, messageID).Take(&delivery).Error
		if err != nil {
			return db.NotFound(err)
		}
		if err := replay(tx, []uint64{delivery.ID}); err != nil {
			return err
		}
		if err := beginAnew(tx, row.ID); err != nil {
			return err
		}
		return auditEndpoint(tx, now, ActionEndpointReplay, *row, by, messageID)
	})
}

// Replayed is what a replay of a range has done. Next is where to continue; nil when nothing is left.
type Replayed struct {
	Events int
	Next   *time.Time
}

// ReplayDeliveries sends the delivered events of an endpoint again that happened from a time on and before another one, in the order in
// which they were written, at most 1,000 of them at a time. Error: ErrNotFound.
func (s *Store) ReplayDeliveries(ctx context.Context, endpoint Endpoint, from, until time.Time, by access.Actor) (Replayed, error) {
	var replayed Replayed
	err := s.changeEndpoint(ctx, endpoint.ID, func(tx *gorm.DB, row *endpointRow, now time.Time) error {
		replayed = Replayed{}
		var found []deliveryRow
		err := tx.Select("id, occurred_at").Where("endpoint_id = ? AND occurred_at >= ? AND occurred_at < ? AND delivered_at IS NOT NULL", row.ID,
			from.UTC(), until.UTC()).Order("occurred_at, id").Limit(maxReplay + 1).Find(&found).Error
		if err != nil {
			return err
		}
		if len(found) > maxReplay {
			replayed.Next = &found[maxReplay].OccurredAt
			found = found[:maxReplay]
		}
		replayed.Events = len(found)
		ids := make([]uint64, 0, len(found))
		for _, one := range found {
			ids = append(ids, one.ID)
		}
		if err := replay(tx, ids); err != nil {
			return err
		}
		return auditEndpoint(tx, now, ActionEndpointReplay, *row, by, fmt.Sprintf("%d events from %s until %s", replayed.Events,
			from.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339)))
	})
	return replayed, err
}

func replay(tx *gorm.DB, ids []uint64) error {
	if len(ids) == 0 {
		return nil
	}
	return tx.Model(&deliveryRow{}).Where("id IN ?", ids).
		Updates(map[string]any{"delivered_at": nil, "attempts": 0, "next_attempt_at": nil}).Error
}

// SendTestEvent writes a test event for one endpoint. request identifies who asks for it, so that a repetition sends no second one. Error:
// ErrNotFound.
func (s *Store) SendTestEvent(ctx context.Context, endpoint Endpoint, request string, by access.Actor) (Delivery, error) {
	e := outgoingEvent{webhook.Test, request, func() any { return webhook.TestData{EndpointID: endpoint.ID} }}
	err := s.changeEndpoint(ctx, endpoint.ID, func(tx *gorm.DB, row *endpointRow, now time.Time) error {
		if err := insertDeliveries(tx, now, e, "e.id = ?", row.ID); err != nil {
			return err
		}
		return auditEndpoint(tx, now, ActionEndpointTest, *row, by, "")
	})
	if err != nil {
		return Delivery{}, err
	}
	var row deliveryRow
	err = s.db.WithContext(ctx).Where("endpoint_id = ? AND event_key = ?", endpoint.Row, e.key()).Take(&row).Error
	return row.domain(), db.NotFound(err)
}

// OwedEndpoint is an enabled endpoint with events that were not delivered.
type OwedEndpoint struct {
	Row uint64 `gorm:"column:row_id"`
	ID  string `gorm:"column:endpoint_id"`
	// Due is when its oldest event is to be tried.
	Due time.Time
}

// OwedEndpoints are enabled endpoints, with rows above after, whose oldest event that was not delivered was due before a time.
func (s *Store) OwedEndpoints(ctx context.Context, before time.Time, after uint64, limit int) ([]OwedEndpoint, error) {
	return s.owedEndpoints(ctx, before, "e.id > ?", limit, after)
}

// OwedEndpointsOf are those of one client; of all clients for the zero client.
func (s *Store) OwedEndpointsOf(ctx context.Context, clientID uint64) ([]OwedEndpoint, error) {
	before := s.Now().Add(time.Second)
	if clientID != 0 {
		return s.owedEndpoints(ctx, before, "e.client_id = "+endpointOwner("?"), maxOwed, clientID, clientID)
	}
	var subscribes []string
	var types []any
	for _, one := range webhook.OperationsTypes() {
		subscribes, types = append(subscribes, "FIND_IN_SET(?, e.event_types) > 0"), append(types, one)
	}
	return s.owedEndpoints(ctx, before, strings.Join(subscribes, " OR "), maxOwed, types...)
}

const (
	// OldestPending joins to an endpoint e its oldest event that was not delivered as d, by the index idx_deliveries_pending.
	OldestPending = "webhook_deliveries d ON d.id = " +
		"(SELECT MIN(p.id) FROM webhook_deliveries p WHERE p.endpoint_id = e.id AND p.is_pending = 1)"
	// PendingDue is when that event is to be tried.
	PendingDue = "COALESCE(d.next_attempt_at, d.occurred_at)"
)

func (s *Store) owedEndpoints(ctx context.Context, before time.Time, where string, limit int, args ...any) ([]OwedEndpoint, error) {
	var owed []OwedEndpoint
	err := s.db.WithContext(ctx).Raw("SELECT e.id AS row_id, e.endpoint_id, "+PendingDue+" AS due FROM webhook_endpoints e JOIN "+
		OldestPending+" WHERE e.is_enabled = 1 AND ("+where+") AND "+PendingDue+" < ? ORDER BY e.id LIMIT ?",
		append(args, before.UTC(), limit)...).Scan(&owed).Error
	return owed, err
}

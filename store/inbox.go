package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"farebook/access"
	"farebook/store/internal/db"
)

type eventRow struct {
	ID               uint64
	StripeEventID    string
	Type             string
	APIVersion       string `gorm:"column:api_version"`
	ObjectID         string
	Livemode         bool
	BookingReference string
	Account          string
	Payload          string
	PayloadForm      PayloadForm
	Processed        bool
	ProcessedAt      *time.Time
	State            EventState
	Attempts         int
	LastError        string
	NextAttemptAt    *time.Time
	Note             string
	StripeCreatedAt  time.Time
	ReceivedAt       time.Time
}

func (eventRow) TableName() string { return "stripe_events" }

// EventState is where the processing of an event is.
type EventState string

// The states of an event in the inbox.
const (
	EventReceived   EventState = "received"   // stored and acknowledged
	EventProcessing EventState = "processing" // dispatched to its workflow
	EventProcessed  EventState = "processed"
	// EventFailed: it could not be handed on, or its workflow reported that it could not record the event, or has not recorded it in
	// MaxEventAttempts attempts. LastError says which.
	EventFailed EventState = "failed"
	// EventNotOurs is about an object that is not ours, or about none: Note says why. Nothing is done about it.
	EventNotOurs EventState = "not_ours"
	// EventUnknownBooking is about a payment of ours whose booking the books do not know, as after a restore. It stays open, and is handed
	// on once the booking is there.
	EventUnknownBooking EventState = "unknown_booking"
	// EventIgnored was set aside by an operator; Note has the reason.
	EventIgnored EventState = "ignored"
)

// EventStates are all of them, in the order of an event's life.
var EventStates = []EventState{EventReceived, EventProcessing, EventProcessed, EventFailed, EventUnknownBooking, EventNotOurs, EventIgnored}

// MaxEventAttempts is how often an event is handed on to a workflow that does not record it; then it waits for an operator (`starter
// events retry`). An event that cannot be handed on, because Temporal, Stripe or the database is away, is never given up.
const MaxEventAttempts = 12

// PayloadForm is how much of an event's body its row has.
type PayloadForm uint8

// The forms. The first is the column's default: what a release writes that does not know the column.
const (
	PayloadAsDelivered PayloadForm = 0
	PayloadReduced     PayloadForm = 1
)

// Event is one of Stripe's, with what is kept of its body.
type Event struct {
	ID         string // evt_...
	Type       string
	APIVersion string
	ObjectID   string
	Livemode   bool
	Account    string // acct_... of the connected account that it is about; empty for our own
	Reference  string // the booking's, from the object's metadata; empty without one
	Created    time.Time
	Payload    []byte // empty for a type that nobody acts on

	// What follows is the inbox's own, read and never given but for the state: of one that is not ours, or that is dispatched at once.
	State         EventState
	Processed     bool
	Attempts      int
	LastError     string
	Note          string
	ReceivedAt    time.Time
	ProcessedAt   *time.Time
	NextAttemptAt *time.Time
}

func (r eventRow) domain() Event {
	return Event{
		ID: r.StripeEventID, Type: r.Type, APIVersion: r.APIVersion, Account: r.Account, ObjectID: r.ObjectID, Livemode: r.Livemode,
		Reference: r.BookingReference,
		Created:   r.StripeCreatedAt, Payload: []byte(r.Payload), State: r.State, Processed: r.Processed, Attempts: r.Attempts,
		LastError: r.LastError, Note: r.Note, ReceivedAt: r.ReceivedAt, ProcessedAt: r.ProcessedAt, NextAttemptAt: r.NextAttemptAt,
	}
}

// Receipt is what a delivery of an event has met.
type Receipt struct {
	// Processed: the event was dealt with before, or nothing is to be done about it, so that this delivery may be acknowledged and forgotten.
	Processed bool
	// Known: an earlier delivery has stored it.
	Known bool
	// Attempts is how many attempts a known event has counted.
	Attempts int
}

// ReceiveEvent keeps an event before anything is done about it. note is not empty for one that nothing is to be done
// about: it is processed then, or not ours where e.State says so. One whose e.State is EventProcessing is stored with the first attempt
// counted, which follows at once. patience is after how long the sweeper dispatches it again. The UNIQUE event id makes a second
// delivery harmless.
func (s *Store) ReceiveEvent(ctx context.Context, e Event, note string, patience time.Duration) (Receipt, error) {
	conn, now := s.db.WithContext(ctx), s.Now()
	row := eventRow{
		StripeEventID: e.ID, Type: e.Type, APIVersion: e.APIVersion, ObjectID: e.ObjectID, Livemode: e.Livemode,
		Account: e.Account, BookingReference: e.Reference, Payload: string(e.Payload), PayloadForm: PayloadReduced, StripeCreatedAt: e.Created,
		ReceivedAt: now,
		State:      EventReceived, NextAttemptAt: db.TimeOrNil(now.Add(patience)),
	}
	switch {
	case note != "":
		row.State, row.Processed, row.ProcessedAt, row.Note, row.NextAttemptAt = EventProcessed, true, &now, db.Truncate(note, 200), nil
		if e.State == EventNotOurs {
			row.State = EventNotOurs
		}
	case e.State == EventProcessing:
		row.State, row.Attempts = EventProcessing, 1
	}
	insertErr := conn.Create(&row).Error
	if insertErr == nil {
		return Receipt{Processed: row.Processed}, nil
	}
	if !db.DuplicateKey(insertErr) {
		return Receipt{}, insertErr
	}
	var known eventRow
	if err := conn.Select("processed", "attempts").Where("stripe_event_id = ?", e.ID).Take(&known).Error; err != nil {
		return Receipt{}, db.Unread(insertErr, err)
	}
	return Receipt{Processed: known.Processed, Known: true, Attempts: known.Attempts}, nil
}

// BeginEvent counts an attempt at an event, says when it is looked at again should nothing come of it, and reports whether the attempt is
// the caller's. It is not where the event is processed, or has another number of attempts than the caller has read: several processes
// sweep, and whoever counts the attempt makes it.
func (s *Store) BeginEvent(ctx context.Context, id string, attempts int, again time.Time) (bool, error) {
	begun := s.db.WithContext(ctx).Model(&eventRow{}).Where("stripe_event_id = ? AND processed = FALSE AND attempts = ?", id, attempts).
		Updates(map[string]any{"state": EventProcessing, "attempts": attempt, "next_attempt_at": again})
	return begun.RowsAffected > 0, begun.Error
}

// LeaveEvent records why an event could not be handed on. It uses up none of the event's attempts, because a server was away and nothing is
// wrong with the event: the pauses grow no further than after half of them. reason has no secret in it. Harmless when repeated; an event
// that is processed is left as it is.
func (s *Store) LeaveEvent(ctx context.Context, id, reason string) error {
	return s.db.WithContext(ctx).Model(&eventRow{}).Where("stripe_event_id = ? AND processed = FALSE", id).
		Updates(map[string]any{"state": EventFailed, "last_error": db.Truncate(reason, 500), "attempts": keptOpen}).Error
}

// FailEvent records why an attempt failed. reason has no secret in it.
func (s *Store) FailEvent(ctx context.Context, id, reason string) error {
	return s.FailEvents(ctx, []string{id}, reason)
}

// FailEvents records why a workflow could not record the events that it received. They are dispatched again at the time in their row.
func (s *Store) FailEvents(ctx context.Context, ids []string, reason string) error {
	if len(ids) == 0 {
		return nil
	}
	return s.db.WithContext(ctx).Model(&eventRow{}).Where("stripe_event_id IN ? AND processed = FALSE", ids).
		Updates(map[string]any{"state": EventFailed, "last_error": db.Truncate(reason, 500)}).Error
}

// SpentEvents are those that have used up their attempts, and whose last pause is over.
func (s *Store) SpentEvents(ctx context.Context, now time.Time, limit int) ([]Event, error) {
	var rows []eventRow
	err := s.db.WithContext(ctx).Where("processed = FALSE AND next_attempt_at <= ? AND attempts >= ?", now, MaxEventAttempts).
		Order("next_attempt_at, id").Limit(limit).Find(&rows).Error
	return eventsOf(rows), err
}

// GiveUpEvent leaves an event that has used up its attempts to an operator, and reports whether this call did so.
func (s *Store) GiveUpEvent(ctx context.Context, id, reason string) (bool, error) {
	given := s.db.WithContext(ctx).Model(&eventRow{}).
		Where("stripe_event_id = ? AND processed = FALSE AND attempts >= ? AND next_attempt_at IS NOT NULL", id, MaxEventAttempts).
		Updates(map[string]any{"state": EventFailed, "last_error": db.Truncate(reason, 500), "next_attempt_at": nil})
	return given.RowsAffected > 0, given.Error
}

// EventsReceived is when the last of some events was received; zero when none of them is in the inbox.
func (s *Store) EventsReceived(ctx context.Context, ids []string) (time.Time, error) {
	var row eventRow
	err := s.db.WithContext(ctx).Select("received_at").Where("stripe_event_id IN ?", ids).Order("received_at DESC").Limit(1).Find(&row).Error
	return row.ReceivedAt, err
}

// ErrEventProcessed says that an event was dealt with, so that there is nothing to ignore.
var ErrEventProcessed = errors.New("the event is processed")

// IgnoreEvent sets an event aside that an operator has decided about; note says why, and stays out of the audit log. Harmless when
// repeated. What the event tells of keeps being compared with the books. Errors: ErrNotFound, ErrEventProcessed.
func (s *Store) IgnoreEvent(ctx context.Context, id, note string, by access.Actor, now time.Time) error {
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		var row eventRow
		if err := db.NotFound(tx.Clauses(db.ForUpdate).Omit("payload").Where("stripe_event_id = ?", id).Take(&row).Error); err != nil {
			return err
		}
		if row.State == EventProcessed {
			return ErrEventProcessed
		}
		values := processedValues(now)
		values["state"], values["note"] = EventIgnored, db.Truncate(note, 200)
		if err := tx.Model(&eventRow{}).Where("id = ?", row.ID).Updates(values).Error; err != nil {
			return err
		}
		return audit(tx, now, AuditEntry{Actor: by, Action: ActionEventIgnore, Subject: id, Detail: "was " + string(row.State)})
	})
}

// The notes that both the inbox and the activities write on events that need no recording.
const (
	// NoteForeign is the note of an event about a payment of another integration on the same Stripe account.
	NoteForeign = "not about a booking of ours"
	// NoteReleased is the note of a refund, or of a charge that Stripe reports as refunded, which returns no money.
	NoteReleased = "releases an authorisation of which nothing was captured"
)

// MarkEventProcessed is for events that are kept and not acted upon; note says why.
func (s *Store) MarkEventProcessed(ctx context.Context, id, note string) error {
	return markNoted(s.db.WithContext(ctx), []string{id}, note, s.Now())
}

// SetAside marks events that are about nothing of ours; note says why. Nothing more is done about them. Harmless when repeated; an
// event that was processed keeps its state.
func (s *Store) SetAside(ctx context.Context, ids []string, note string) error {
	return setAside(s.db.WithContext(ctx), ids, note, s.Now())
}

func markNoted(tx *gorm.DB, ids []string, note string, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	values := processedValues(now)
	values["note"] = db.Truncate(note, 200)
	return tx.Model(&eventRow{}).Where("stripe_event_id IN ?", ids).Updates(values).Error
}

func setAside(tx *gorm.DB, ids []string, note string, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	values := processedValues(now)
	values["state"], values["note"] = EventNotOurs, db.Truncate(note, 200)
	return tx.Model(&eventRow{}).Where("stripe_event_id IN ? AND processed = FALSE", ids).Updates(values).Error
}

// RetryEvent makes an event due now, with its attempts counted anew. ErrNotFound without one. It comes back as it was, without attempts.
func (s *Store) RetryEvent(ctx context.Context, id string, by access.Actor, now time.Time) (Event, error) {
	known, err := s.Event(ctx, id)
	if err != nil {
		return Event{}, err
	}
	known.Attempts = 0
	return known, s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		err := tx.Model(&eventRow{}).Where("stripe_event_id = ?", id).Updates(map[string]any{
			"processed": false, "processed_at": nil, "state": EventReceived, "attempts": 0, "last_error": "", "note": "", "next_attempt_at": now,
		}).Error
		if err != nil {
			return err
		}
		return audit(tx, now, AuditEntry{Actor: by, Action: ActionEventRetry, Subject: id, Detail: "was " + string(known.State)})
	})
}

// Event reads an event, or ErrNotFound.
func (s *Store) Event(ctx context.Context, id string) (Event, error) {
	var row eventRow
	err := s.db.WithContext(ctx).Where("stripe_event_id = ?", id).Take(&row).Error
	return row.domain(), db.NotFound(err)
}

// DueEvents are those that were stored and not processed, and whose time to be looked at has come, oldest first.
func (s *Store) DueEvents(ctx context.Context, now time.Time, limit int) ([]Event, error) {
	var rows []eventRow
	err := s.db.WithContext(ctx).Where("processed = FALSE AND next_attempt_at <= ? AND attempts < ?", now, MaxEventAttempts).
		Order("next_attempt_at, id").Limit(limit).Find(&rows).Error
	return eventsOf(rows), err
}

// EventFilter narrows a list of events; what is empty does not.
type EventFilter struct {
	ID        string // evt_...
	ObjectID  string // what it is about: pi_..., ch_..., re_..., dp_..., po_...
	State     EventState
	Type      string
	Reference string
	Times            // when it was received
	Before    uint64 // a cursor: events with a smaller number
	Limit     int
}

// ListedEvent is an event of a list, with the cursor of the page after it.
type ListedEvent struct {
	Event
	Cursor uint64
}

// Events lists events, the newest first, without their payloads.
func (s *Store) Events(ctx context.Context, f EventFilter) ([]ListedEvent, error) {
	if db.Code(f.Type) != f.Type { // the column is ASCII, and the server compares it with nothing else
		return nil, nil
	}
	conn := s.db.WithContext(ctx)
	within, err := eventTimes.between(conn, f.Times)
	if err != nil {
		return nil, err
	}
	reads := f.reads(conn)
	for i, read := range reads {
		reads[i] = within(read)
	}
	var rows []eventRow
	err = db.Merge(conn, "id DESC", f.Limit, reads).Find(&rows).Error
	listed := make([]ListedEvent, 0, len(rows))
	for _, row := range rows {
		listed = append(listed, ListedEvent{Event: row.domain(), Cursor: row.ID})
	}
	return listed, err
}

// eventTimes are the times at which events were received.
var eventTimes = timedTable{"stripe_events", "stripe_events", "received_at"}

// reads returns the reads whose merged rows the filter selects. The index on types is in the order of states, so a list of one type merges
// a page of each state.
func (f EventFilter) reads(conn *gorm.DB) []*gorm.DB {
	states := []EventState{f.State}
	if f.State == "" && f.index() == "idx_events_type" {
		states = EventStates
	}
	reads := make([]*gorm.DB, len(states))
	for i, state := range states {
		reads[i] = f.read(conn, state)
	}
	return reads
}

// index names the index that has the filter's events in the order of their ids. The server would rather intersect two indexes and sort
// what is left, which reads all events of a common type or state.
func (f EventFilter) index() string {
	switch {
	case f.ID != "":
		return "idx_events_stripe_id"
	case f.ObjectID != "":
		return "idx_events_object"
	case f.Reference != "":
		return "idx_events_reference"
	case f.Type != "":
		return "idx_events_type"
	case f.State != "":
		return "idx_events_state"
	}
	return "PRIMARY"
}

func (f EventFilter) read(conn *gorm.DB, state EventState) *gorm.DB {
	query := conn.Model(&eventRow{}).Table("stripe_events FORCE INDEX (" + f.index() + ")").Omit("payload")
	for column, value := range map[string]string{
		"stripe_event_id": f.ID, "object_id": f.ObjectID, "state": string(state), "type": f.Type, "booking_reference": f.Reference,
	} {
		if value != "" {
			query = query.Where(column+" = ?", value)
		}
	}
	if f.Before > 0 {
		query = query.Where("id < ?", f.Before)
	}
	return query
}

// EventsOf are the events about a booking's Stripe objects, oldest first, without their payloads.
func (s *Store) EventsOf(ctx context.Context, objectIDs []string, reference string) ([]Event, error) {
	var rows []eventRow
	err := s.db.WithContext(ctx).Omit("payload").Where("booking_reference = ? OR object_id IN ?", reference,
		objectIDs).Order("id").Find(&rows).Error
	return eventsOf(rows), err
}

func eventsOf(rows []eventRow) []Event {
	events := make([]Event, 0, len(rows))
	for _, row := range rows {
		events = append(events, row.domain())
	}
	return events
}

func processedValues(now time.Time) map[string]any {
	return map[string]any{"processed": true, "state": EventProcessed, "processed_at": firstTime(now), "next_attempt_at": nil, "last_error": ""}
}

// firstTime keeps the time of the first of several.
func firstTime(now time.Time) clause.Expr { return gorm.Expr("COALESCE(processed_at, ?)", now) }

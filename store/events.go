package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Event is one of Stripe's, as it was delivered.
type Event struct {
	ID         string // evt_...
	Type       string
	APIVersion string
	ObjectID   string
	Livemode   bool
	Reference  string // the booking's, from the object's metadata; empty when there is none
	Created    time.Time
	Payload    []byte
}

// ReceiveEvent keeps an event before anything is done about it. processed is true when it was dealt with before, so that
// this delivery may be acknowledged and forgotten. The UNIQUE event id makes a twin harmless.
func (s *Store) ReceiveEvent(ctx context.Context, e Event) (processed bool, err error) {
	db := s.db.WithContext(ctx)
	err = db.Create(&eventRow{
		StripeEventID: e.ID, Type: e.Type, APIVersion: e.APIVersion, ObjectID: e.ObjectID, Livemode: e.Livemode,
		BookingReference: e.Reference, Payload: string(e.Payload), StripeCreatedAt: e.Created, ReceivedAt: time.Now().UTC(),
	}).Error
	if err == nil {
		return false, nil
	}
	if !duplicateKey(err) {
		return false, err
	}
	var row eventRow
	if err := db.Select("processed").Where("stripe_event_id = ?", e.ID).Take(&row).Error; err != nil {
		return false, notFound(err)
	}
	return row.Processed, nil
}

// MarkEventProcessed is for events that are kept and not acted upon; note says why.
func (s *Store) MarkEventProcessed(ctx context.Context, id, note string) error {
	return s.db.WithContext(ctx).Model(&eventRow{}).Where("stripe_event_id = ?", id).
		Updates(map[string]any{"processed": true, "processed_at": firstTime(time.Now().UTC()), "note": short(note, 200)}).Error
}

// firstTime keeps the time of the first of several.
func firstTime(now time.Time) clause.Expr { return gorm.Expr("COALESCE(processed_at, ?)", now) }

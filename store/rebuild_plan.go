package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/access"
	"farebook/booking"
	"farebook/money"
	"farebook/store/internal/db"
)

// RebuildKind is what an item of a rebuild brings back.
type RebuildKind string

// The kinds, in the order in which they are applied: a refund needs its booking.
const (
	RebuildBooking RebuildKind = "booking"
	RebuildRefund  RebuildKind = "refund"
	RebuildDispute RebuildKind = "dispute"
	RebuildPayout  RebuildKind = "payout"
)

// Rebuild is a plan of what the books have lost, as Stripe has it.
type Rebuild struct {
	ID        uint64
	Since     time.Time // what Stripe made before was in the books
	MadeAt    time.Time
	MadeBy    string
	AppliedAt *time.Time // when its last item was done
}

// RebuildItem is one object that Stripe has and the books do not.
type RebuildItem struct {
	ID              uint64
	Kind            RebuildKind
	StripeID        string
	PaymentIntentID string
	Reference       booking.Reference // empty for a payout
	Amount          money.Money       // of a booking
	StripeStatus    string
	Created         time.Time
	Booking         LostBooking // of a booking
	// Revenue is how a booking is posted from now on: Stripe does not have it, and no plan keeps it.
	Revenue booking.Revenue
	DoneAt  *time.Time
}

// LostBooking is what a PaymentIntent says of its booking beside reference and amount. Customer and flight are not at Stripe.
type LostBooking struct {
	ClientID      string                 `json:"clientId"`               // cl_...
	LostClientID  string                 `json:"lostClientId,omitempty"` // whom the PaymentIntent names, where an operator named another
	RequestKey    string                 `json:"requestKey,omitempty"`
	CorrelationID string                 `json:"correlationId"`
	Capture       booking.CaptureMethod  `json:"capture"`
	Methods       booking.PaymentMethods `json:"methods"`
	// SupplementOf is the booking that it is a further payment of; empty for a booking.
	SupplementOf booking.Reference `json:"supplementOf,omitempty"`
}

type rebuildRow struct {
	ID        uint64
	Since     time.Time
	MadeAt    time.Time
	MadeBy    string
	AppliedAt *time.Time
}

func (rebuildRow) TableName() string { return "rebuilds" }

type rebuildItemRow struct {
	ID               uint64
	RebuildID        uint64
	Kind             RebuildKind
	StripeID         string
	PaymentIntentID  string
	BookingReference booking.Reference
	Amount           int64
	Currency         money.Currency
	StripeStatus     string
	StripeCreatedAt  time.Time
	BookingJSON      *string `gorm:"column:booking_json"`
	DoneAt           *time.Time
}

func (rebuildItemRow) TableName() string { return "rebuild_items" }

// rebuildBatch bounds one INSERT.
const rebuildBatch = 500

// PlanRebuild writes a plan.
func (s *Store) PlanRebuild(ctx context.Context, since time.Time, items []RebuildItem, by access.Actor, now time.Time) (Rebuild, error) {
	row := rebuildRow{Since: since, MadeAt: now, MadeBy: db.Truncate(by.Name, 200)}
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		row.ID = 0
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		rows := make([]rebuildItemRow, len(items))
		for i, item := range items {
			var err error
			if rows[i], err = item.row(row.ID); err != nil {
				return err
			}
		}
		if len(rows) > 0 {
			if err := tx.CreateInBatches(rows, rebuildBatch).Error; err != nil {
				return err
			}
		}
		return audit(tx, now, AuditEntry{
			Actor: by, Action: ActionRebuildPlan, Subject: rebuildSubject(row.ID),
			Detail: fmt.Sprintf("%d items", len(items)),
		})
	})
	return Rebuild(row), err
}

func rebuildSubject(id uint64) string { return fmt.Sprintf("rebuild/%d", id) }

func (i RebuildItem) row(rebuildID uint64) (rebuildItemRow, error) {
	row := rebuildItemRow{
		RebuildID: rebuildID, Kind: i.Kind, StripeID: i.StripeID, PaymentIntentID: i.PaymentIntentID, BookingReference: i.Reference,
		Amount: i.Amount.Value, Currency: i.Amount.Currency, StripeStatus: db.Truncate(i.StripeStatus, 32), StripeCreatedAt: i.Created,
	}
	if i.Kind != RebuildBooking {
		return row, nil
	}
	text, err := json.Marshal(i.Booking)
	row.BookingJSON = db.OrNil(string(text))
	return row, err
}

func (r rebuildItemRow) domain() (RebuildItem, error) {
	item := RebuildItem{
		ID: r.ID, Kind: r.Kind, StripeID: r.StripeID, PaymentIntentID: r.PaymentIntentID, Reference: r.BookingReference,
		Amount: money.Money{Value: r.Amount, Currency: r.Currency}, StripeStatus: r.StripeStatus, Created: r.StripeCreatedAt, DoneAt: r.DoneAt,
	}
	if r.BookingJSON == nil {
		return item, nil
	}
	err := json.Unmarshal([]byte(*r.BookingJSON), &item.Booking)
	return item, err
}

// Rebuild reads a plan with its items, in the order in which they are applied, or ErrNotFound.
func (s *Store) Rebuild(ctx context.Context, id uint64) (Rebuild, []RebuildItem, error) {
	var row rebuildRow
	if err := s.db.WithContext(ctx).Where("id = ?", id).Take(&row).Error; err != nil {
		return Rebuild{}, nil, db.NotFound(err)
	}
	var rows []rebuildItemRow
	if err := s.db.WithContext(ctx).Where("rebuild_id = ?", id).Order("id").Find(&rows).Error; err != nil {
		return Rebuild{}, nil, err
	}
	items := make([]RebuildItem, len(rows))
	for i, row := range rows {
		var err error
		if items[i], err = row.domain(); err != nil {
			return Rebuild{}, nil, fmt.Errorf("item %d of rebuild %d in the database: %w", row.ID, id, err)
		}
	}
	return Rebuild(row), items, nil
}

// BeginRebuild records who applies a plan. Harmless when repeated: one line of the audit log for a plan and a request.
func (s *Store) BeginRebuild(ctx context.Context, id uint64, by access.Actor) error {
	return s.Audit(ctx, AuditEntry{Actor: by, Action: ActionRebuildApply, Subject: rebuildSubject(id)})
}

// RebuildItemDone records that the books have an item; with its last one, the plan is applied.
func (s *Store) RebuildItemDone(ctx context.Context, itemID uint64, now time.Time) error {
	return s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		var item rebuildItemRow
		if err := tx.Clauses(db.ForUpdate).Where("id = ?", itemID).Take(&item).Error; err != nil {
			return db.NotFound(err)
		}
		if item.DoneAt == nil {
			if err := tx.Model(&item).Update("done_at", now).Error; err != nil {
				return err
			}
		}
		return tx.Model(&rebuildRow{}).Where("id = ? AND applied_at IS NULL", item.RebuildID).
			Where("NOT EXISTS (SELECT 1 FROM rebuild_items WHERE rebuild_id = ? AND done_at IS NULL)", item.RebuildID).Update("applied_at",
			now).Error
	})
}

package recon

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/reconciliation"
	"farebook/store/internal/db"
	"farebook/store/internal/journal"
)

// PostingsOf reads the postings of lines, by balance transaction.
func (r *Runs) PostingsOf(ctx context.Context, lines []reconciliation.Line) (map[string][]reconciliation.Posting, error) {
	return journal.Postings(r.db.WithContext(ctx), lines)
}

// OpenPayment is a payment that is not final, with its booking.
type OpenPayment struct {
	ID              uint64
	PaymentIntentID string
	Status          booking.PaymentStatus
	Reference       booking.Reference
	CreatedAt       time.Time
}

// OpenPayments reads a page of payments that are not final and were created within a span, by ascending id: after one id, up to another.
func (r *Runs) OpenPayments(ctx context.Context, from, to time.Time, after, last uint64, limit int) ([]OpenPayment, error) {
	var rows []OpenPayment
	conn := r.db.WithContext(ctx)
	reads := make([]*gorm.DB, len(booking.OpenPayments))
	for i, status := range booking.OpenPayments {
		reads[i] = conn.Table("payments p FORCE INDEX (idx_payments_status)").
			Select("p.id, p.stripe_payment_intent_id AS payment_intent_id, p.status, b.reference, p.created_at").
			Joins("JOIN bookings b ON b.id = p.booking_id").
			Where("p.status = ? AND p.id > ? AND p.id <= ? AND p.created_at >= ? AND p.created_at < ?", status, after, last, from, to)
	}
	err := db.Merge(conn, "id", limit, reads).Scan(&rows).Error
	return rows, err
}

// NoteOpenStopped records the open payment at which a run's limit stopped it.
func (r *Runs) NoteOpenStopped(ctx context.Context, runID, paymentID uint64) error {
	return r.db.WithContext(ctx).Model(&runRow{}).Where("id = ?", runID).Update("open_stopped_at", paymentID).Error
}

// OpenStoppedBefore is the payment at which the last completed run before this one was stopped by its limit; 0 when it read them all. Dry
// runs do not count, because they change nothing.
func (r *Runs) OpenStoppedBefore(ctx context.Context, runID uint64) (uint64, error) {
	var row runRow
	err := r.db.WithContext(ctx).Select("open_stopped_at").
		Where("id < ? AND status = ? AND dry_run = FALSE AND applies IS NULL AND scope IN ?", runID, RunCompleted,
			[]reconciliation.Scope{reconciliation.ScopeAll, reconciliation.ScopePayments}).
		Order("id DESC").Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return 0, nil
	}
	return row.OpenStoppedAt, err
}

// OverduePayments counts the open payments that are older than the look-back.
func (r *Runs) OverduePayments(ctx context.Context, before time.Time) (int64, error) {
	var count int64
	err := r.db.WithContext(ctx).Table("payments").Where("status IN ? AND created_at < ?", booking.OpenPayments, before).Count(&count).Error
	return count, err
}

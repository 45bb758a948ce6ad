package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/store/internal/db"
)

// HoldRefund postpones a refund until an operator closes the matter. text says how the payment's refunds at Stripe differ from the books.
// Harmless when repeated: one open matter per refund. A refund that is settled or that Stripe has made is left as it is.
func (s *Store) HoldRefund(ctx context.Context, refund Refund, text string, now time.Time) error {
	return s.underLock(ctx, refund.Reference, now, func(b *lockedBooking) error {
		var row refundRow
		err := b.tx.Clauses(db.ForUpdate).Where("refund_id = ?", refund.ID).Take(&row).Error
		if err != nil {
			return db.NotFound(err)
		}
		if row.Status != booking.RefundRequested || row.StripeRefundID != nil {
			return nil
		}
		return b.markForAttention(AttentionRefundHeld, string(row.RefundID), "refund "+string(row.RefundID)+" is not made: "+text+
			". Close this matter and it is made, if it fits what is left")
	})
}

// RefundHeld reports whether the refund waits for an operator.
func (s *Store) RefundHeld(ctx context.Context, refund Refund) (bool, error) {
	var open int64
	err := s.db.WithContext(ctx).Table("attention_items a").Joins("JOIN bookings b ON b.id = a.booking_id").
		Where("b.reference = ? AND a.kind = ? AND a.subject = ? AND a.is_open = 1", refund.Reference, AttentionRefundHeld, refund.ID).
		Count(&open).Error
	return open > 0, err
}

// refundHeld is RefundHeld within a transaction.
func refundHeld(tx *gorm.DB, bookingID uint64, id booking.RefundID) (bool, error) {
	var open int64
	err := tx.Model(&attentionRow{}).
		Where("booking_id = ? AND kind = ? AND subject = ? AND closed_at IS NULL", bookingID, AttentionRefundHeld, id).Count(&open).Error
	return open > 0, err
}

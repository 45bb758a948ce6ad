package store

import (
	"cmp"
	"context"
	"time"

	"farebook/access"
	"farebook/booking"
	"farebook/money"
	"farebook/store/internal/db"
)

// AbandonRefund is an operator's decision that a refund which Stripe refuses for now is no longer requested.
type AbandonRefund struct {
	ID   booking.RefundID
	Note string // why, and how the customer gets the money instead
	By   access.Actor
	Now  time.Time
}

// NotAbandonableError says why a refund cannot be abandoned.
type NotAbandonableError struct{ Why string }

func (e *NotAbandonableError) Error() string { return e.Why }

// AbandonRefund records the decision and its audit entry in one transaction. The refund stays requested until its workflow has verified
// that
// Stripe has not made it; from now on it is not requested again (see BeginRefund). Harmless when repeated with the same note. Errors:
// ErrNotFound, *NotAbandonableError.
func (s *Store) AbandonRefund(ctx context.Context, in AbandonRefund) error {
	known, err := s.Refund(ctx, in.ID)
	if err != nil {
		return err
	}
	return s.underLock(ctx, known.Reference, in.Now, func(b *lockedBooking) error {
		var row refundRow
		if err := b.tx.Clauses(db.ForUpdate).Where("refund_id = ?", in.ID).Take(&row).Error; err != nil {
			return db.NotFound(err)
		}
		if row.AbandonedAt != nil && row.AbandonNote == in.Note {
			return nil
		}
		held, err := refundHeld(b.tx, b.booking.ID, in.ID)
		if err != nil {
			return err
		}
		if why := notAbandonable(row, held); why != "" {
			return &NotAbandonableError{why}
		}
		row.AbandonedAt, row.AbandonNote = &in.Now, in.Note
		if err := b.saveRefund(&row, "abandoned_at", "abandon_note"); err != nil {
			return err
		}
		amount := money.Money{Value: row.Amount, Currency: row.Currency}
		return audit(b.tx, in.Now, AuditEntry{
			Actor: in.By, Action: ActionRefundAbandon, Subject: string(row.RefundID), BookingID: &b.booking.ID,
			Detail: amount.Format(money.LocaleEN) + " of " + string(b.booking.Reference) + ", waited for " + cmp.Or(row.FailureReason,
				"an operator"),
		})
	})
}

// notAbandonable says why a refund cannot be abandoned. It is empty for a refund that Stripe refuses for now, or that is held for an
// operator.
func notAbandonable(row refundRow, held bool) string {
	switch {
	case row.AbandonedAt != nil:
		return "the refund was abandoned before, with another note"
	case row.StripeRefundID != nil:
		return "Stripe has made the refund: it is " + string(row.Status)
	case row.Status != booking.RefundRequested:
		return "the refund is " + string(row.Status)
	case row.FailureReason == "" && !held:
		return "Stripe is being asked for the refund, and has not refused it"
	}
	return ""
}

// BeginRefund records that a refund is about to be requested from Stripe. It returns false when the refund is abandoned, made or settled:
// then it must not be requested.
func (s *Store) BeginRefund(ctx context.Context, id booking.RefundID, now time.Time) (bool, error) {
	begun := s.db.WithContext(ctx).Model(&refundRow{}).
		Where("refund_id = ? AND status = ? AND stripe_refund_id IS NULL AND abandoned_at IS NULL", id, booking.RefundRequested).
		Update("asked_at", now)
	return begun.RowsAffected > 0, begun.Error
}

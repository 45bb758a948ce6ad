package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/money"
	"farebook/notice"
	"farebook/store/internal/db"
)

// notifyFinance queues an email when a dispute is opened, when an inquiry becomes formal, and when the dispute is closed.
func (r *disputeRecorder) notifyFinance(before booking.DisputeStatus) error {
	now := r.dispute.Status
	formal := now.Open() && !before.Open() && !before.Closed()
	switch {
	case now.Closed() && (r.inserted || before != now):
		return r.queueForFinance(notice.DisputeClosed, "closed-"+string(now))
	case formal && !r.inserted:
		return r.queueForFinance(notice.DisputeOpened, "formal")
	case r.inserted:
		return r.queueForFinance(notice.DisputeOpened, "opened")
	}
	return nil
}

// queueForFinance queues an email about the dispute, once an occasion: UNIQUE email key.
func (r *disputeRecorder) queueForFinance(kind notice.Kind, occasion string) error {
	exceeds, err := r.exceeds()
	if err != nil {
		return err
	}
	about := &notice.DisputeContent{
		ID: r.dispute.StripeDisputeID, Status: r.dispute.Status, Reason: r.dispute.Reason,
		Amount:   money.Money{Value: r.dispute.Amount, Currency: r.dispute.Currency},
		Withheld: money.Money{Value: r.dispute.Withheld, Currency: r.dispute.SettlementCurrency},
		Captured: money.Money{Value: r.payment.AmountCaptured, Currency: r.payment.Currency},
		Refunded: money.Money{Value: r.payment.AmountRefunded, Currency: r.payment.Currency},
		Exceeds:  exceeds,
	}
	if about.Withheld.Currency == "" {
		about.Withheld.Currency = r.dispute.Currency
	}
	if r.dispute.DueBy != nil {
		about.DueBy = *r.dispute.DueBy
	}
	return r.write(outgoingEmail{
		kind: kind, owner: r.dispute.StripeDisputeID, occasion: occasion, bookingID: &r.booking.ID,
		content: &notice.Content{Dispute: about},
	})
}

// exceeds reports whether refunds, this dispute and the booking's other disputes take more than was captured. This dispute counts even
// while it is an inquiry, because the bank may still dispute the payment; of the others, those that hold money count.
func (r *disputeRecorder) exceeds() (bool, error) {
	var disputed int64
	err := r.tx.Model(&disputeRow{}).Select("COALESCE(SUM(amount), 0)").
		Where("booking_id = ? AND id <> ? AND status IN ?", r.booking.ID, r.dispute.ID, holding).Scan(&disputed).Error
	if !r.dispute.Status.Closed() || r.dispute.Status == booking.DisputeLost {
		disputed += r.dispute.Amount
	}
	return r.payment.AmountRefunded+disputed > r.payment.AmountCaptured, err
}

// RemindOfDispute queues an email to the finance department that evidence is due soon, once a dispute, and returns the dispute's emails
// that are not sent yet. A dispute that no longer awaits evidence gets no email. Errors: ErrNotFound.
func (s *Store) RemindOfDispute(ctx context.Context, disputeID string, now time.Time) ([]uint64, error) {
	var emails []uint64
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		r := &disputeRecorder{lockedBooking: s.newLockedBooking(tx, now)}
		if err := db.NotFound(tx.Where("stripe_dispute_id = ?", disputeID).Take(&r.dispute).Error); err != nil {
			return err
		}
		var owner bookingRow
		if err := tx.Select("reference").Where("id = ?", r.dispute.BookingID).Take(&owner).Error; err != nil {
			return err
		}
		if err := r.lock(owner.Reference, false); err != nil {
			return err
		}
		if r.dispute.Status.NeedsResponse() {
			if err := r.queueForFinance(notice.DisputeDue, "due"); err != nil {
				return err
			}
		}
		var err error
		emails, err = queuedEmails(tx, disputeID)
		return err
	})
	return emails, err
}

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

// notifyFinance writes when a dispute is there, when an inquiry becomes formal, and how it ended.
func (d *disputeRecorder) notifyFinance(before booking.DisputeStatus) error {
	now := booking.DisputeStatus(d.dispute.Status)
	formal := now.Open() && !before.Open() && !before.Closed()
	switch {
	case now.Closed() && (d.fresh || before != now):
		return d.queueForFinance(notice.DisputeClosed, "closed-"+string(now))
	case formal && !d.fresh:
		return d.queueForFinance(notice.DisputeOpened, "formal")
	case d.fresh:
		return d.queueForFinance(notice.DisputeOpened, "opened")
	}
	return nil
}

func (d *disputeRecorder) queueForFinance(kind notice.Kind, occasion string) error {
	exceeds, err := d.exceeds()
	if err != nil {
		return err
	}
	currency := money.Currency(d.dispute.Currency)
	about := &notice.DisputeContent{
		ID: d.dispute.StripeDisputeID, Status: booking.DisputeStatus(d.dispute.Status), Reason: d.dispute.Reason,
		Amount:   money.Money{Value: d.dispute.Amount, Currency: currency},
		Withheld: money.Money{Value: d.dispute.Withheld, Currency: money.Currency(d.dispute.SettlementCurrency)},
		Captured: money.Money{Value: d.payment.AmountCaptured, Currency: money.Currency(d.payment.Currency)},
		Refunded: money.Money{Value: d.payment.AmountRefunded, Currency: money.Currency(d.payment.Currency)},
		Exceeds:  exceeds,
	}
	if about.Withheld.Currency == "" {
		about.Withheld.Currency = currency
	}
	if d.dispute.DueBy != nil {
		about.DueBy = *d.dispute.DueBy
	}
	return d.write(letter{
		kind: kind, owner: d.dispute.StripeDisputeID, occasion: occasion, bookingID: &d.booking.ID,
		content: &notice.Content{Dispute: about},
	})
}

// exceeds tells whether refunds, this dispute and the booking's others take more than was captured. An inquiry counts when
// it is what finance is told of, as the bank may dispute the payment yet; of the others those that hold money count.
func (d *disputeRecorder) exceeds() (bool, error) {
	var disputed int64
	err := d.tx.Model(&disputeRow{}).Select("COALESCE(SUM(amount), 0)").
		Where("booking_id = ? AND id <> ? AND status IN ?", d.booking.ID, d.dispute.ID, holding).Scan(&disputed).Error
	if status := booking.DisputeStatus(d.dispute.Status); !status.Closed() || status == booking.DisputeLost {
		disputed += d.dispute.Amount
	}
	return d.payment.AmountRefunded+disputed > d.payment.AmountCaptured, err
}

// RemindOfDispute queues a mail to the finance department that evidence is due soon, once a dispute, and returns the
// dispute's mails that are not sent yet. A dispute that awaits none any more is left alone.
func (s *Store) RemindOfDispute(ctx context.Context, disputeID string, now time.Time) ([]uint64, error) {
	var mails []uint64
	err := s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		var row disputeRow
		if err := db.NotFound(tx.Where("stripe_dispute_id = ?", disputeID).Take(&row).Error); err != nil {
			return err
		}
		d := &disputeRecorder{lockedBooking: s.newLockedBooking(tx, now), dispute: row}
		var owner bookingRow
		if err := tx.Select("reference").Where("id = ?", row.BookingID).Take(&owner).Error; err != nil {
			return err
		}
		if err := d.lock(booking.Reference(owner.Reference)); err != nil {
			return err
		}
		if booking.DisputeStatus(row.Status).NeedsResponse() {
			if err := d.queueForFinance(notice.DisputeDue, "due"); err != nil {
				return err
			}
		}
		var err error
		mails, err = queuedMails(tx, disputeID)
		return err
	})
	return mails, err
}

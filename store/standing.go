package store

import (
	"farebook/booking"
)

// applyStanding derives payment and booking from where the money is, under their locks: after a refund, a dispute or a cancellation, in
// whatever order these arrived. A booking that was closed before it was paid keeps its status: its late money is due until all of it is
// returned, and is refunded as soon as nothing prevents it.
func (b *lockedBooking) applyStanding() error {
	standing, err := b.standing()
	if err != nil {
		return err
	}
	b.payment.AmountRefunded, b.payment.AmountChargedBack = standing.Refunded, standing.ChargedBack
	if err := b.savePayment("amount_refunded", "amount_charged_back"); err != nil {
		return err
	}
	if standing.Captured > 0 && standing.Refunded+standing.ChargedBack >= standing.Captured { // nothing is owed
		if err := b.settleAttentionWhere("kind = ? AND opened_at < ?", AttentionRefundFailed, b.now); err != nil {
			return err
		}
	}
	if b.late() {
		return b.returnLateMoney()
	}
	current, next := b.booking.Status, standing.Status()
	if current == booking.StatusPendingPayment || current == next {
		return nil // its payment's recording step confirms it first
	}
	return b.transitionBooking(next)
}

func (b *lockedBooking) standing() (booking.Standing, error) {
	refunded, err := b.sumRefunds("status = ?", booking.RefundSucceeded)
	if err != nil {
		return booking.Standing{}, err
	}
	var disputes []disputeRow
	if err := b.tx.Where("booking_id = ?", b.booking.ID).Find(&disputes).Error; err != nil {
		return booking.Standing{}, err
	}
	standing := booking.Standing{Captured: b.payment.AmountCaptured, Refunded: refunded, Cancelled: b.booking.CancelledAt != nil}
	for _, dispute := range disputes {
		status := dispute.Status
		standing.Disputed = standing.Disputed || status.Open()
		if status == booking.DisputeLost {
			standing.ChargedBack += dispute.Amount
		}
	}
	return standing, nil
}

package store

import (
	"errors"
	"fmt"
	"slices"

	"farebook/booking"
)

// late reports whether the booking was closed before its money arrived.
func (b *lockedBooking) late() bool {
	switch b.booking.Status {
	case booking.StatusExpired, booking.StatusPaymentFailed:
		return true
	case booking.StatusCancelled:
		return b.booking.CancelledAt == nil
	}
	return false
}

// returnLateMoney reserves a refund of money that arrived for a closed booking. The transaction that records the money reserves the refund,
// so that a process that dies next does not lose it.
func (b *lockedBooking) returnLateMoney() error {
	if !b.late() {
		return nil
	}
	b.booking.RefundDue = b.payment.AmountRefunded+b.payment.AmountChargedBack < b.payment.AmountCaptured
	if err := b.saveBooking("refund_due"); err != nil {
		return err
	}
	if !b.booking.RefundDue {
		return b.settleAttention(AttentionLateMoney, "")
	}
	err := b.reserveLateMoney()
	var refused *NotRefundableError
	var exceeds *RefundExceedsCapturedError
	switch {
	case errors.As(err, &refused) && b.payment.AmountChargedBack > 0:
		// The bank has returned a part, and Stripe refunds nothing of a payment that was charged back.
		return b.markForAttention(AttentionLateMoney, "",
			"the rest of money that came too late is owed to the customer in another way: a part was charged back")
	case errors.As(err, &refused), errors.As(err, &exceeds):
		return nil // a refund from the dashboard returns it already, or the bank decides first, and its decision leads here again
	}
	return err
}

func (b *lockedBooking) reserveLateMoney() error {
	if err := b.refundable(); err != nil {
		return err
	}
	key, err := b.lateMoneyKey()
	if err != nil {
		return err
	}
	reserved, err := b.reserveOnce(refundRow{
		Origin: booking.RefundFromLateMoney, OriginKey: &key, Reason: string(booking.ReasonRequestedByCustomer),
		CorrelationID: b.booking.CorrelationID,
	})
	if err != nil || reserved.Posted || slices.Contains(failedRefund, reserved.Status) {
		return err
	}
	return b.promise(&reserved, nil)
}

// lateMoneyKey is the UNIQUE key of the refund of late money. A dispute that prevented the refund and is won leads to another key, at most
// one per dispute, so that a refund that Stripe refuses for an unknown reason is not requested for ever.
func (b *lockedBooking) lateMoneyKey() (string, error) {
	var earlier []refundRow
	err := b.tx.Where("booking_id = ? AND origin = ?", b.booking.ID, booking.RefundFromLateMoney).Order("id").Find(&earlier).Error
	if err != nil {
		return "", err
	}
	var won int64
	err = b.tx.Model(&disputeRow{}).Where("booking_id = ? AND status = ?", b.booking.ID, booking.DisputeWon).Count(&won).Error
	if err != nil {
		return "", err
	}
	generation := max(len(earlier), 1)
	if len(earlier) > 0 && len(earlier) <= int(won) {
		last := earlier[len(earlier)-1]
		if last.Status == booking.RefundFailed && booking.RefundRefusedForDispute(last.FailureReason) {
			generation++
		}
	}
	key := "late_money/" + b.payment.StripePaymentIntentID
	if generation > 1 {
		key = fmt.Sprintf("%s/%d", key, generation)
	}
	return key, nil
}

// unaskedRefunds are the refunds that the books have reserved automatically and that were not requested from Stripe yet.
func (b *lockedBooking) unaskedRefunds() (ids []booking.RefundID, err error) {
	err = b.tx.Model(&refundRow{}).Where("booking_id = ? AND status = ? AND origin_key IS NOT NULL", b.booking.ID, booking.RefundRequested).
		Order("id").Pluck("refund_id", &ids).Error
	return ids, err
}

package store

import (
	"errors"
	"fmt"

	"farebook/booking"
)

// late tells whether the booking was closed before its money came.
func (r *recording) late() bool {
	switch booking.Status(r.booking.Status) {
	case booking.StatusExpired, booking.StatusPaymentFailed:
		return true
	case booking.StatusCancelled:
		return r.booking.CancelledAt == nil
	}
	return false
}

// returnLateMoney sends money back that came for a booking that was closed without it: the refund is reserved in the
// transaction that learns of the money, so that it is not forgotten whatever dies next.
func (r *recording) returnLateMoney() error {
	if !r.late() {
		return nil
	}
	r.booking.RefundDue = r.payment.AmountRefunded+r.payment.AmountChargedBack < r.payment.AmountCaptured
	err := r.tx.Model(&r.booking).Updates(map[string]any{"refund_due": r.booking.RefundDue, "updated_at": r.now}).Error
	if err != nil {
		return err
	}
	if !r.booking.RefundDue {
		return r.settleAttention(AttentionLateMoney, "")
	}
	err = r.reserveLateMoney()
	var refused *NotRefundable
	var exceeds *RefundExceedsCaptured
	switch {
	case errors.As(err, &refused) && r.payment.AmountChargedBack > 0:
		// The bank gave back a part, and Stripe refunds nothing of a payment that was charged back.
		return r.markForAttention(AttentionLateMoney, "", "the rest of money that came too late is owed to the customer in another way: a part was charged back")
	case errors.As(err, &refused), errors.As(err, &exceeds):
		return nil // it is going back already by hand, or the bank decides first, and its decision leads here again
	}
	return err
}

func (r *recording) reserveLateMoney() error {
	if err := r.refundable(); err != nil {
		return err
	}
	key, err := r.lateMoneyKey()
	if err != nil {
		return err
	}
	_, err = r.reserveOnce(refundRow{
		Origin: string(booking.RefundFromLateMoney), OriginKey: &key, Reason: string(booking.ReasonRequestedByCustomer),
		CorrelationID: r.booking.CorrelationID,
	})
	return err
}

// lateMoneyKey makes the refund of late money one. A dispute that stood in its way and is won leads to another: at most one
// a dispute, so that a refusal for whatever else the books do not know is not asked for again for ever.
func (r *recording) lateMoneyKey() (string, error) {
	var earlier []refundRow
	err := r.tx.Where("booking_id = ? AND origin = ?", r.booking.ID, string(booking.RefundFromLateMoney)).Order("id").Find(&earlier).Error
	if err != nil {
		return "", err
	}
	var won int64
	err = r.tx.Model(&disputeRow{}).Where("booking_id = ? AND status = ?", r.booking.ID, string(booking.DisputeWon)).Count(&won).Error
	if err != nil {
		return "", err
	}
	generation := max(len(earlier), 1)
	if len(earlier) > 0 && len(earlier) <= int(won) {
		last := earlier[len(earlier)-1]
		if booking.RefundStatus(last.Status) == booking.RefundFailed && booking.RefundRefusedForDispute(last.FailureReason) {
			generation++
		}
	}
	key := "late_money/" + r.payment.StripePaymentIntentID
	if generation > 1 {
		key = fmt.Sprintf("%s/%d", key, generation)
	}
	return key, nil
}

// unaskedRefunds are those that the books ask for by themselves and that Stripe has not been asked for yet.
func (r *recording) unaskedRefunds() (ids []booking.RefundID, err error) {
	err = r.tx.Model(&refundRow{}).Where("booking_id = ? AND status = ? AND origin_key IS NOT NULL", r.booking.ID, string(booking.RefundRequested)).
		Order("id").Pluck("refund_id", &ids).Error
	return ids, err
}

package store

import (
	"errors"
	"fmt"

	"farebook/booking"
	"farebook/money"
	"farebook/notice"
	"farebook/store/internal/db"
)

// obstacles are told to the operator, what is owed to the customer among them.
var obstacles = map[booking.RefundObstacle]string{
	"":                          "the money is owed to the customer in another way",
	booking.ObstacleDisputed:    "the customer's bank decides about the money",
	booking.ObstacleChargedBack: "the customer's bank has given the money back",
	booking.ObstacleReturned:    "all of it had gone back already",
	booking.ObstaclePart:        "a part had gone back already, the rest is owed to the customer in another way",
}

// notifyFailed shows a refund that failed or was canceled to an operator, and tells the customer where the money is.
func (f *refundRecorder) notifyFailed() error {
	letter, err := f.letter()
	if err != nil {
		return err
	}
	failed, err := f.failed()
	if err != nil {
		return err
	}
	var owed int64
	if letter.Obstacle, owed = failed.Obstacle(); letter.Obstacle == booking.ObstaclePart {
		letter.Owed = money.Money{Value: owed, Currency: letter.Amount.Currency}
	}
	err = f.settleAttentionWhere("kind IN ? AND subject = ?", []string{string(AttentionRefundPostponed), string(AttentionRefundHeld)}, f.refund.RefundID)
	if err != nil {
		return err
	}
	reason := f.refund.FailureReason
	if reason == booking.CodeAbandoned {
		reason += ": " + f.refund.AbandonNote
	}
	why := fmt.Sprintf("refund %s is %s: %s; %s", f.refund.RefundID, f.refund.Status, reason, obstacles[letter.Obstacle])
	return errors.Join(f.markForAttention(AttentionRefundFailed, f.refund.RefundID, why), f.queue(notice.RefundFailed, letter))
}

// settleFailureBefore settles the attention of one refund that failed before, of what this one has brought back in its place.
func (f *refundRecorder) settleFailureBefore() error {
	if db.OrEmpty(f.booking.Attention) == "" {
		return nil
	}
	var failed []string
	err := f.tx.Table("refunds r").Joins("JOIN attention_items a ON a.booking_id = r.booking_id AND a.subject = r.refund_id").
		Where("r.booking_id = ? AND r.id < ? AND r.amount = ?", f.booking.ID, f.refund.ID, f.refund.Amount).
		Where("a.kind = ? AND a.closed_at IS NULL", string(AttentionRefundFailed)).
		Order("r.id").Limit(1).Pluck("r.refund_id", &failed).Error
	if err != nil || len(failed) == 0 {
		return err
	}
	return f.settleAttention(AttentionRefundFailed, failed[0])
}

// failed is where the money of the payment is, now that this refund takes nothing of it.
func (f *refundRecorder) failed() (booking.FailedRefund, error) {
	failed := booking.FailedRefund{Code: f.refund.FailureReason, Amount: f.refund.Amount, Captured: f.payment.AmountCaptured}
	var err error
	if failed.Refunded, err = f.reserved(); err != nil {
		return failed, err
	}
	var disputes []disputeRow
	if err := f.tx.Where("booking_id = ?", f.booking.ID).Find(&disputes).Error; err != nil {
		return failed, err
	}
	won := false
	for _, dispute := range disputes {
		switch status := booking.DisputeStatus(dispute.Status); {
		case status.Open():
			failed.Withheld += dispute.Amount
		case status == booking.DisputeLost:
			failed.ChargedBack += dispute.Amount
		case status == booking.DisputeWon:
			won = true
		}
	}
	failed.Won = won && failed.Withheld == 0 && failed.ChargedBack == 0
	return failed, nil
}

func (f *refundRecorder) notifyCustomer(kind notice.Kind) error {
	letter, err := f.letter()
	if err != nil {
		return err
	}
	return f.queue(kind, letter)
}

func (f *refundRecorder) letter() (*notice.RefundContent, error) {
	refunded, err := f.sumRefunds("status = ?", string(booking.RefundSucceeded))
	currency := money.Currency(f.refund.Currency)
	return &notice.RefundContent{
		ID: booking.RefundID(f.refund.RefundID), Amount: money.Money{Value: f.refund.Amount, Currency: currency},
		Status: booking.RefundStatus(f.refund.Status), Origin: booking.RefundOrigin(f.refund.Origin),
		Paid:     money.Money{Value: f.payment.AmountCaptured, Currency: currency},
		Refunded: money.Money{Value: refunded, Currency: currency},
		Code:     f.refund.FailureReason,
	}, err
}

func (f *refundRecorder) queue(kind notice.Kind, about *notice.RefundContent) error {
	return f.write(letter{
		kind: kind, owner: f.refund.RefundID, occasion: string(kind), bookingID: &f.booking.ID, content: &notice.Content{Refund: about},
	})
}

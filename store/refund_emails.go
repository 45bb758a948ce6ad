package store

import (
	"context"
	"encoding/json"
	"fmt"

	"farebook/booking"
	"farebook/money"
	"farebook/notice"
	"farebook/store/internal/db"
)

// obstacles are why the money of a failed refund is not refunded again, as an operator reads it.
var obstacles = map[booking.RefundObstacle]string{
	"":                          "the money is owed to the customer in another way",
	booking.ObstacleDisputed:    "the customer's bank decides about the money",
	booking.ObstacleChargedBack: "the customer's bank has given the money back",
	booking.ObstacleReturned:    "all of it had gone back already",
	booking.ObstaclePart:        "a part had gone back already, the rest is owed to the customer in another way",
}

// waitingKinds are the matters of a refund that Stripe has not made yet.
var waitingKinds = []AttentionKind{AttentionRefundPostponed, AttentionRefundHeld}

func (r *refundRecorder) settleWaiting() error {
	return r.settleAttentionWhere("kind IN ? AND subject = ?", waitingKinds, r.refund.RefundID)
}

// showFailure shows a refund that failed or was canceled to an operator. It keeps the obstacle for the customer's email, because
// settleBooking may reserve another refund in its place.
func (r *refundRecorder) showFailure() error {
	failed, err := r.failed()
	if err != nil {
		return err
	}
	r.obstacle, r.owed = failed.Obstacle()
	if err := r.settleWaiting(); err != nil {
		return err
	}
	reason := r.refund.FailureReason
	if reason == booking.CodeAbandoned {
		reason += ": " + r.refund.AbandonNote
	}
	why := fmt.Sprintf("refund %s is %s: %s; %s", r.refund.RefundID, r.refund.Status, reason, obstacles[r.obstacle])
	return r.markForAttention(AttentionRefundFailed, string(r.refund.RefundID), why)
}

// settleFailureBefore settles the matter of one earlier refund that failed: this refund has returned its amount.
func (r *refundRecorder) settleFailureBefore() error {
	if db.OrEmpty(r.booking.Attention) == "" {
		return nil
	}
	var failed []string
	err := r.tx.Table("refunds r").Joins("JOIN attention_items a ON a.booking_id = r.booking_id AND a.subject = r.refund_id").
		Where("r.booking_id = ? AND r.id < ? AND r.amount = ?", r.booking.ID, r.refund.ID, r.refund.Amount).
		Where("a.kind = ? AND a.closed_at IS NULL", AttentionRefundFailed).
		Order("r.id").Limit(1).Pluck("r.refund_id", &failed).Error
	if err != nil || len(failed) == 0 {
		return err
	}
	return r.settleAttention(AttentionRefundFailed, failed[0])
}

// failed says where the payment's money is without this refund.
func (r *refundRecorder) failed() (booking.FailedRefund, error) {
	failed := booking.FailedRefund{Code: r.refund.FailureReason, Amount: r.refund.Amount, Captured: r.payment.AmountCaptured}
	var err error
	if failed.Refunded, err = r.reserved(); err != nil {
		return failed, err
	}
	var disputes []disputeRow
	if err := r.tx.Where("booking_id = ?", r.booking.ID).Find(&disputes).Error; err != nil {
		return failed, err
	}
	won := false
	for _, dispute := range disputes {
		switch {
		case dispute.Status.Open():
			failed.Withheld += dispute.Amount
		case dispute.Status == booking.DisputeLost:
			failed.ChargedBack += dispute.Amount
		case dispute.Status == booking.DisputeWon:
			won = true
		}
	}
	failed.Won = won && failed.Withheld == 0 && failed.ChargedBack == 0
	return failed, nil
}

// queueRefundEmail queues an email about the refund, once a kind: UNIQUE email key.
func (r *refundRecorder) queueRefundEmail(kind notice.Kind) error {
	content, err := r.emailContent()
	if err != nil {
		return err
	}
	return r.write(outgoingEmail{
		kind: kind, owner: string(r.refund.RefundID), occasion: string(kind), bookingID: &r.booking.ID, content: &notice.Content{Refund: content},
	})
}

func (r *refundRecorder) emailContent() (*notice.RefundContent, error) {
	refunded, err := r.sumRefunds("status = ?", booking.RefundSucceeded)
	amount := func(value int64) money.Money { return money.Money{Value: value, Currency: r.refund.Currency} }
	content := &notice.RefundContent{
		ID: r.refund.RefundID, Amount: amount(r.refund.Amount), Status: r.refund.Status, Origin: r.refund.Origin,
		Paid: amount(r.payment.AmountCaptured), Refunded: amount(refunded), Code: r.refund.FailureReason, Obstacle: r.obstacle,
	}
	if r.obstacle == booking.ObstaclePart {
		content.Owed = amount(r.owed)
	}
	return content, err
}

// RefundToldOf is the id (re_...) in an event about a refund that the books do not have as made yet; empty without such an event. An event
// is a pointer: the caller reads the refund at Stripe before it counts.
func (s *Store) RefundToldOf(ctx context.Context, refund Refund) (string, error) {
	var rows []eventRow
	err := s.db.WithContext(ctx).Select("object_id, payload").
		Where("booking_reference = ? AND (type LIKE 'refund.%' OR type = 'charge.refund.updated')", refund.Reference).
		Order("id DESC").Find(&rows).Error
	for _, row := range rows {
		if refundIDIn(row.Payload) == refund.ID {
			return row.ObjectID, nil
		}
	}
	return "", err
}

// refundIDIn reads Farebook's id of a refund from the payload of an event; empty without one.
func refundIDIn(payload string) booking.RefundID {
	var event struct {
		Data struct {
			Object struct {
				Metadata struct {
					RefundID booking.RefundID `json:"refund_id"`
				} `json:"metadata"`
			} `json:"object"`
		} `json:"data"`
	}
	if json.Unmarshal([]byte(payload), &event) != nil {
		return ""
	}
	return event.Data.Object.Metadata.RefundID
}

package store

import (
	"errors"
	"fmt"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/money"
	"farebook/store/internal/db"
)

// load locks the refund's row: by Stripe's id, else by Farebook's id where the row has no Stripe id yet. A refund that the books do not
// have gets a row: it was made in the dashboard, or before a backup was restored. Farebook's id comes from metadata, which can be edited
// and copied: it never leads to another booking's refund.
func (r *refundRecorder) load() (*ContradictionError, error) {
	snapshot := r.reading.Snapshot
	err := r.findRow(snapshot)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, r.adopt(snapshot)
	}
	if err != nil {
		return nil, err
	}
	problem := ""
	switch {
	case r.madeBefore(snapshot):
		return nil, r.takeAmount(snapshot)
	case r.refund.BookingID != r.booking.ID:
		problem = fmt.Sprintf("refund %s is another booking's refund %s", snapshot.StripeRefundID, r.refund.RefundID)
	case r.refund.Amount != snapshot.Amount || r.refund.Currency != snapshot.Currency:
		problem = fmt.Sprintf("refund %s is about %s, and at Stripe about %s", r.refund.RefundID, money.Text(r.refund.Amount, r.refund.Currency),
			money.Text(snapshot.Amount, snapshot.Currency))
	}
	if problem == "" {
		return nil, r.settleAttention(AttentionRefundMismatch, snapshot.StripeRefundID)
	}
	return r.contradiction(AttentionRefundMismatch, snapshot.StripeRefundID, problem)
}

// findRow reads the refund's row under a lock: by Stripe's id, then by Farebook's id or by the key of its request.
func (r *refundRecorder) findRow(s booking.RefundSnapshot) error {
	err := r.tx.Clauses(db.ForUpdate).Where("stripe_refund_id = ?", s.StripeRefundID).Take(&r.refund).Error
	if errors.Is(err, gorm.ErrRecordNotFound) && s.RefundID != "" {
		err = r.tx.Clauses(db.ForUpdate).Where("booking_id = ? AND stripe_refund_id IS NULL", r.booking.ID).
			Where("refund_id = ? OR request_key = ?", s.RefundID, s.RequestKey).Order("id").Take(&r.refund).Error
	}
	return err
}

// madeBefore reports whether Stripe made this refund of the same request before the books forgot it, and with another amount: the
// request asked for all that was left, which was another amount then.
func (r *refundRecorder) madeBefore(s booking.RefundSnapshot) bool {
	sameRequest := s.RequestKey != "" && db.OrEmpty(r.refund.RequestKey) == s.RequestKey
	return r.refund.StripeRefundID == nil && r.refund.BookingID == r.booking.ID && sameRequest &&
		r.refund.Currency == s.Currency && r.refund.Amount != s.Amount
}

// takeAmount saves the amount that Stripe has refunded, and shows an operator that the request was understood in two ways.
func (r *refundRecorder) takeAmount(s booking.RefundSnapshot) error {
	asked, less := money.Text(r.refund.Amount, s.Currency), r.refund.Amount-s.Amount
	r.refund.Amount = s.Amount
	if err := r.saveRefund(&r.refund, "amount"); err != nil {
		return err
	}
	if err := r.withdraw(&r.refund, less); err != nil {
		return err
	}
	return r.markForAttention(AttentionRefundMismatch, s.StripeRefundID, fmt.Sprintf(
		"refund %s was asked for again, about %s: Stripe had made %s of the same request as %s",
		r.refund.RefundID, asked, money.Text(s.Amount, s.Currency), s.StripeRefundID))
}

// ErrUncaptured means that a refund only releases an authorisation: nothing was captured that could be returned.
var ErrUncaptured = errors.New("the refund releases an authorisation that was never captured")

// adopt inserts the row of a refund that the books do not have. A refund whose metadata names this installation keeps its id and the key
// of its request, so that the request finds it when it is repeated.
func (r *refundRecorder) adopt(s booking.RefundSnapshot) error {
	if s.Uncaptured {
		return ErrUncaptured
	}
	installation, err := r.installation(r.tx.Statement.Context)
	if err != nil {
		return err
	}
	copied, err := r.isCopied(s)
	if err != nil {
		return err
	}
	r.refund = refundRow{
		RefundID: s.RefundID, BookingID: r.booking.ID, ClientID: r.booking.ClientID, StripePaymentIntentID: s.PaymentIntentID,
		StripeRefundID: &s.StripeRefundID, Origin: booking.RefundFromDashboard, Amount: s.Amount, Currency: s.Currency,
		Reason: db.Code(s.Reason), Status: booking.RefundRequested, CorrelationID: r.booking.CorrelationID,
		TraceParent: r.booking.TraceParent, CreatedAt: r.now, UpdatedAt: r.now,
	}
	switch {
	case s.RefundID == "" || copied:
		r.refund, err = r.insertRefund(r.refund, installation.refundAtStripe(s.StripeRefundID))
	default:
		if s.InstallationID == installation.ID {
			r.refund.RequestKey = db.OrNil(s.RequestKey)
		}
		err = r.tx.Create(&r.refund).Error
	}
	if err != nil || !copied {
		return err
	}
	return r.markForAttention(AttentionRefundCopied, s.StripeRefundID, fmt.Sprintf(
		"refund %s at Stripe bears the id of %s, which it is not: it is recorded as made in the dashboard", s.StripeRefundID, s.RefundID))
}

// isCopied reports whether the metadata has the id or the request key of another refund.
func (r *refundRecorder) isCopied(s booking.RefundSnapshot) (bool, error) {
	if s.RefundID == "" {
		return false, nil
	}
	var known int64
	err := r.tx.Model(&refundRow{}).Where("refund_id = ? OR request_key = ?", s.RefundID, s.RequestKey).Count(&known).Error
	return known > 0, err
}

package store

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/notice"
	"farebook/store/internal/db"
)

// Rows that owe future work: a workflow carries each of them on until it is settled. Each function pages through one kind by the
// row's id, so that rows that cannot be helped never starve the rest. The statements read by an index on the state, so that
// rows that are settled cost nothing.

// EndedHolds are bookings, oldest first and after an id, that are payable although their hold ended before a time. UnsettledPayments
// has those whose payment is in the bank's hands, or authorised.
func (s *Store) EndedHolds(ctx context.Context, before time.Time, after uint64, limit int) ([]Booking, error) {
	var rows []bookingRow
	err := s.db.WithContext(ctx).Joins("Payment").
		Where("bookings.status = ? AND bookings.id > ? AND bookings.hold_expires_at < ?", booking.StatusPendingPayment, after, before.UTC()).
		Where("Payment.id IS NULL OR Payment.status NOT IN ?", unsettledPayments).
		Order("bookings.id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return bookingsOf(rows)
}

// unsettledPayments are the states that a payment may be in for days after the hold.
var unsettledPayments = []booking.PaymentStatus{booking.PaymentProcessing, booking.PaymentAuthorized, booking.PaymentUnknown}

// UnsettledPayments are bookings, by id and after one, whose payment is authorised or in the bank's hands: a capture's deadline or a
// reading at Stripe is due for each.
func (s *Store) UnsettledPayments(ctx context.Context, after uint64, limit int) ([]Booking, error) {
	var rows []bookingRow
	err := s.db.WithContext(ctx).Joins("JOIN payments p ON p.booking_id = bookings.id").
		Where("p.status IN ? AND bookings.status = ? AND bookings.id > ?", unsettledPayments, booking.StatusPendingPayment, after).
		Order("bookings.id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return bookingsOf(rows)
}

// UnknownFees are bookings, by id and after one, that were paid before a time and whose payment's fee Stripe has not told.
func (s *Store) UnknownFees(ctx context.Context, before time.Time, after uint64, limit int) ([]Booking, error) {
	var rows []bookingRow
	err := s.db.WithContext(ctx).Joins("Payment").
		Where("Payment.status = ? AND Payment.fee_posted = FALSE AND Payment.booking_id > ? AND Payment.updated_at < ?",
			booking.PaymentSucceeded, after, before.UTC()).
		Order("Payment.booking_id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return bookingsOf(rows)
}

// OpenRefund is a refund that is reserved, or on its way to the customer. RowID orders them.
type OpenRefund struct {
	Refund

	RowID uint64
}

// OpenRefunds are refunds, oldest first and after a row's id, that were made before a time and have not settled, or whose money the
// ledger has not as Stripe's balance had it: succeeded and not posted, or failed and not posted back.
func (s *Store) OpenRefunds(ctx context.Context, before time.Time, after uint64, limit int) ([]OpenRefund, error) {
	var rows []struct {
		Refund    refundRow `gorm:"embedded"`
		Reference booking.Reference
	}
	conn := s.db.WithContext(ctx)
	read := func(index, where string, args ...any) *gorm.DB {
		return conn.Table("refunds r FORCE INDEX ("+index+")").Select("r.*, b.reference").Joins("JOIN bookings b ON b.id = r.booking_id").
			Where("r.id > ? AND r.created_at < ?", after, before.UTC()).Where(where, args...)
	}
	var reads []*gorm.DB
	for _, status := range booking.OpenRefunds {
		reads = append(reads, read("idx_refunds_status", "r.status = ?", status))
	}
	reads = append(reads, read("idx_refunds_unposted", "r.status = ? AND r.posted = FALSE", booking.RefundSucceeded))
	for _, status := range failedRefund {
		reads = append(reads, read("idx_refunds_unposted", "r.status = ? AND r.posted = TRUE AND r.failure_posted = FALSE", status))
	}
	err := db.Merge(conn, "id", limit, reads).Scan(&rows).Error
	refunds := make([]OpenRefund, len(rows))
	for i, row := range rows {
		refunds[i] = OpenRefund{row.Refund.domain(row.Reference), row.Refund.ID}
	}
	return refunds, err
}

// OpenDispute names a dispute that is undecided, or whose money is not where the decision puts it. RowID orders them.
type OpenDispute struct {
	RowID         uint64
	ID            string // dp_...
	Reference     booking.Reference
	CorrelationID string
}

// OpenDisputes are disputes, oldest first and after a row's id, that were recorded before a time and are not settled.
func (s *Store) OpenDisputes(ctx context.Context, before time.Time, after uint64, limit int) (disputes []OpenDispute, err error) {
	conn := s.db.WithContext(ctx)
	read := func(index, where string, args ...any) *gorm.DB {
		return conn.Table("disputes d FORCE INDEX ("+index+")").
			Select("d.id AS row_id, d.stripe_dispute_id AS id, b.reference, b.correlation_id").Joins("JOIN bookings b ON b.id = d.booking_id").
			Where("d.id > ? AND d.created_at < ?", after, before.UTC()).Where(where, args...)
	}
	reads := []*gorm.DB{read("idx_disputes_unreturned", "d.is_unreturned = 1")}
	for _, status := range booking.OpenDisputes {
		reads = append(reads, read("idx_disputes_status", "d.status = ?", status))
	}
	err = db.Merge(conn, "row_id", limit, reads).Scan(&disputes).Error
	return disputes, err
}

// OpenPayout names a payout that is not held against the ledger yet, or whose money has not come back yet. RowID orders them.
type OpenPayout struct {
	RowID uint64
	ID    string // po_...
}

// OpenPayouts are payouts, oldest first and after a row's id, that were recorded before a time and are not settled. One that is
// unproven after its last reading is a finding: an operator and the next reconciliation deal with it.
func (s *Store) OpenPayouts(ctx context.Context, before time.Time, after uint64, limit int) (payouts []OpenPayout, err error) {
	conn := s.db.WithContext(ctx)
	read := func(index, where string, args ...any) *gorm.DB {
		return conn.Table("payouts p FORCE INDEX ("+index+")").Select("p.id AS row_id, p.stripe_payout_id AS id").
			Where("p.id > ? AND p.created_at < ?", after, before.UTC()).Where(where, args...)
	}
	reads := []*gorm.DB{read("idx_payouts_proof", "p.proof = ?", ProofPending)}
	for _, status := range []booking.PayoutStatus{booking.PayoutFailed, booking.PayoutCanceled} {
		reads = append(reads, read("idx_payouts_unposted", "p.status = ? AND p.posted = TRUE AND p.failure_posted = FALSE AND p.proof <> ?",
			status, ProofPending))
	}
	err = db.Merge(conn, "row_id", limit, reads).Scan(&payouts).Error
	return payouts, err
}

// QueuedEmail names an email that waits to be sent, and whose workflow sends it.
type QueuedEmail struct {
	ID   uint64
	Kind notice.Kind
	// Owner is the reference or id of what the email is about; empty for a copy that somebody asked for.
	Owner string
	// StripeRefundID is set for an email about a refund that was made in Stripe's dashboard.
	StripeRefundID string
	CorrelationID  string
}

// QueuedEmails are emails, by id and after one, that were queued before a time and are not sent.
func (s *Store) QueuedEmails(ctx context.Context, before time.Time, after uint64, limit int) ([]QueuedEmail, error) {
	var rows []struct {
		ID             uint64
		Kind           notice.Kind
		DedupeKey      string
		ResentOf       *uint64
		StripeRefundID *string
		CorrelationID  *string
	}
	err := s.db.WithContext(ctx).Table("emails e").
		Select("e.id, e.kind, e.dedupe_key, e.resent_of, r.stripe_refund_id, b.correlation_id").
		Joins("LEFT JOIN bookings b ON b.id = e.booking_id").
		Joins("LEFT JOIN refunds r ON r.refund_id = SUBSTRING_INDEX(e.dedupe_key, '/', 1) AND r.origin = ?", booking.RefundFromDashboard).
		Where("e.status = ? AND e.id > ? AND e.created_at < ?", EmailQueued, after, before.UTC()).
		Order("e.id").Limit(limit).Scan(&rows).Error
	queued := make([]QueuedEmail, len(rows))
	for i, row := range rows {
		queued[i] = QueuedEmail{
			ID: row.ID, Kind: row.Kind, StripeRefundID: db.OrEmpty(row.StripeRefundID), CorrelationID: db.OrEmpty(row.CorrelationID),
		}
		if row.ResentOf == nil {
			queued[i].Owner, _, _ = strings.Cut(row.DedupeKey, "/")
		}
		if queued[i].Kind == notice.Reconciliation {
			queued[i].CorrelationID = queued[i].Owner
		}
	}
	return queued, err
}

// QueuedEmailsOf are the ids of a booking's emails of these kinds that are not sent yet. Copies that somebody asked for are left out:
// each has its own workflow.
func (s *Store) QueuedEmailsOf(ctx context.Context, reference booking.Reference, kinds []notice.Kind) (ids []uint64, err error) {
	err = s.db.WithContext(ctx).Model(&emailRow{}).
		Where("booking_id = (SELECT id FROM bookings WHERE reference = ?)", reference).
		Where("status = ? AND kind IN ? AND resent_of IS NULL", EmailQueued, kinds).Order("id").Pluck("id", &ids).Error
	return ids, err
}

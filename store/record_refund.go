package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/notice"
	"farebook/store/internal/db"
)

// RefundReading is what Stripe says of a refund now, and the events that made us look.
type RefundReading struct {
	Snapshot booking.RefundSnapshot
	EventIDs []string
	Now      time.Time
}

// RefundRecorded is where refund and booking stand afterwards.
type RefundRecorded struct {
	RefundID      booking.RefundID
	Reference     booking.Reference
	Status        booking.RefundStatus
	BookingStatus booking.Status
	EmailIDs      []uint64 // every mail of the refund that is queued and not sent yet
	Unposted      bool     // succeeded or came back, and Stripe has no balance transaction of that yet
}

// RecordRefund is the recording step of a refund: one transaction that locks booking, payment and refund, makes the
// guarded transition, posts what Stripe's balance has paid or got back, brings the booking where its money is, marks the
// events processed and queues the mails. A refund that was made in Stripe's dashboard gets its row here. Repetition is
// harmless. Errors: ErrNotFound (its PaymentIntent is no booking's), ErrUncaptured, *AmountMismatch, *booking.IllegalTransition.
func (s *Store) RecordRefund(ctx context.Context, o RefundReading) (RefundRecorded, error) {
	reference, err := s.referenceOfPayment(ctx, o.Snapshot.PaymentIntentID)
	if err != nil {
		return RefundRecorded{}, err
	}
	var recorded RefundRecorded
	var mismatch *AmountMismatch
	err = s.underLock(ctx, reference, o.Now, func(b *lockedBooking) (err error) {
		f := &refundRecorder{lockedBooking: b}
		if mismatch, err = f.load(o.Snapshot); err != nil || mismatch != nil {
			return err
		}
		recorded, err = f.record(o)
		return err
	})
	if err == nil && mismatch != nil {
		return RefundRecorded{}, mismatch
	}
	return recorded, err
}

// RecordRefundRefused closes a refund that Stripe refuses for good; refusal is its code. What it reserved is free again,
// customer and operator are told. Harmless when repeated; a refund that exists at Stripe is left as it is.
func (s *Store) RecordRefundRefused(ctx context.Context, id booking.RefundID, refusal string, now time.Time) (RefundRecorded, error) {
	known, err := s.Refund(ctx, id)
	if err != nil {
		return RefundRecorded{}, err
	}
	var recorded RefundRecorded
	err = s.underLock(ctx, known.Reference, now, func(b *lockedBooking) (err error) {
		f := &refundRecorder{lockedBooking: b}
		if err := b.tx.Clauses(db.ForUpdate).Where("refund_id = ?", string(id)).Take(&f.refund).Error; err != nil {
			return err
		}
		if booking.RefundStatus(f.refund.Status) == booking.RefundRequested {
			f.refund.FailureReason = db.Code(refusal)
			if err := f.transition(booking.RefundFailed); err != nil {
				return err
			}
		}
		if err := b.applyStanding(); err != nil {
			return err
		}
		recorded, err = f.result()
		return err
	})
	return recorded, err
}

// RefundPostponement says why Stripe has not made a refund yet.
type RefundPostponement struct {
	ID booking.RefundID
	// Code is Stripe's, or one of booking's where Stripe gives none.
	Code string
	// NeedsOperator: nothing but an operator's decision is known to change it.
	NeedsOperator bool
	Now           time.Time
}

// PostponeRefund keeps why a refund is not made yet, and tells the finance department once. The customer hears nothing: the
// refund may still be made. Harmless when repeated; a refund that is settled or exists at Stripe is left as it is.
func (s *Store) PostponeRefund(ctx context.Context, in RefundPostponement) (RefundRecorded, error) {
	known, err := s.Refund(ctx, in.ID)
	if err != nil {
		return RefundRecorded{}, err
	}
	var recorded RefundRecorded
	err = s.underLock(ctx, known.Reference, in.Now, func(b *lockedBooking) error {
		f := &refundRecorder{lockedBooking: b}
		err := b.tx.Clauses(db.ForUpdate).Where("refund_id = ?", string(in.ID)).Take(&f.refund).Error
		if err == nil && booking.RefundStatus(f.refund.Status) == booking.RefundRequested && f.refund.StripeRefundID == nil {
			err = f.postpone(in)
		}
		if err != nil {
			return err
		}
		recorded, err = f.result()
		return err
	})
	return recorded, err
}

func (f *refundRecorder) postpone(in RefundPostponement) error {
	f.refund.FailureReason = db.Code(in.Code)
	err := f.tx.Model(&f.refund).Updates(map[string]any{"failure_reason": f.refund.FailureReason, "refused_at": f.now, "updated_at": f.now}).Error
	if err != nil {
		return err
	}
	if in.NeedsOperator {
		if err := f.markForAttention(AttentionRefundPostponed, f.refund.RefundID, f.postponed()); err != nil {
			return err
		}
	}
	return f.notifyCustomer(notice.RefundWaiting)
}

// postponed is the attention that a refund gets which waits for an operator.
func (f *refundRecorder) postponed() string {
	return fmt.Sprintf("refund %s is not made: Stripe answers %s; a person has to look", f.refund.RefundID, f.refund.FailureReason)
}

// refundRecorder is one run of a refund's recording step.
type refundRecorder struct {
	*lockedBooking
	refund refundRow
}

// load finds the refund's row: by Stripe's id, by our id where no refund of Stripe's is known for it yet, or makes it for one
// that the books do not have: from the dashboard, or from before a backup was restored. Our id comes from metadata, which can be
// edited and copied: it never leads to another booking's refund.
func (f *refundRecorder) load(s booking.RefundSnapshot) (*AmountMismatch, error) {
	err := f.findRow(s)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, f.adopt(s)
	}
	if err != nil {
		return nil, err
	}
	problem := ""
	switch {
	case f.madeBefore(s):
		return nil, f.takeAmount(s)
	case f.refund.BookingID != f.booking.ID:
		problem = fmt.Sprintf("refund %s is another booking's refund %s", s.StripeRefundID, f.refund.RefundID)
	case f.refund.Amount != s.Amount || f.refund.Currency != string(s.Currency):
		problem = fmt.Sprintf("refund %s is about %s, and at Stripe about %s", f.refund.RefundID, priced(f.refund.Amount, f.refund.Currency),
			priced(s.Amount, string(s.Currency)))
	}
	if problem == "" {
		return nil, f.settleAttention(AttentionRefundMismatch, s.StripeRefundID)
	}
	return &AmountMismatch{Reference: booking.Reference(f.booking.Reference), Problem: problem},
		f.markForAttention(AttentionRefundMismatch, s.StripeRefundID, problem)
}

// findRow reads the row that the refund belongs to, under a lock: by Stripe's id, then by ours or by the key of its request.
func (f *refundRecorder) findRow(s booking.RefundSnapshot) error {
	err := f.tx.Clauses(db.ForUpdate).Where("stripe_refund_id = ?", s.StripeRefundID).Take(&f.refund).Error
	if errors.Is(err, gorm.ErrRecordNotFound) && s.RefundID != "" {
		err = f.tx.Clauses(db.ForUpdate).Where("booking_id = ? AND stripe_refund_id IS NULL", f.booking.ID).
			Where("refund_id = ? OR request_key = ?", string(s.RefundID), s.RequestKey).Order("id").Take(&f.refund).Error
	}
	return err
}

// madeBefore tells a refund that Stripe has made of the same request with another amount: before the books forgot it, all that was
// left was something else.
func (f *refundRecorder) madeBefore(s booking.RefundSnapshot) bool {
	return f.refund.StripeRefundID == nil && f.refund.BookingID == f.booking.ID && s.RequestKey != "" && db.OrEmpty(f.refund.RequestKey) == s.RequestKey &&
		f.refund.Currency == string(s.Currency) && f.refund.Amount != s.Amount
}

// takeAmount makes the row say what Stripe has made, and shows an operator that the request was understood in two ways.
func (f *refundRecorder) takeAmount(s booking.RefundSnapshot) error {
	asked := money.Money{Value: f.refund.Amount, Currency: s.Currency}
	f.refund.Amount = s.Amount
	if err := f.tx.Model(&f.refund).Updates(map[string]any{"amount": s.Amount, "updated_at": f.now}).Error; err != nil {
		return err
	}
	return f.markForAttention(AttentionRefundMismatch, s.StripeRefundID, fmt.Sprintf("refund %s was asked for again, about %s: Stripe had made %s of the same request as %s",
		f.refund.RefundID, asked.Format(money.LocaleEN), money.Money{Value: s.Amount, Currency: s.Currency}.Format(money.LocaleEN), s.StripeRefundID))
}

// ErrUncaptured says that a refund only lets go of what was authorised: nothing was taken that could go back.
var ErrUncaptured = errors.New("the refund is of what was authorised and never captured")

// adopt writes the row of a refund that the books do not have. One whose metadata says that this installation has asked for it keeps
// its id and the key of its request, so that the request finds it when it is repeated.
func (f *refundRecorder) adopt(s booking.RefundSnapshot) error {
	if s.Uncaptured {
		return ErrUncaptured
	}
	installation, err := f.installation(f.tx.Statement.Context)
	if err != nil {
		return err
	}
	copied, err := f.isAnothers(s)
	if err != nil {
		return err
	}
	f.refund = refundRow{
		RefundID: string(s.RefundID), BookingID: f.booking.ID, StripePaymentIntentID: s.PaymentIntentID,
		StripeRefundID: &s.StripeRefundID, Origin: string(booking.RefundFromDashboard), Amount: s.Amount, Currency: string(s.Currency),
		Reason: db.Code(s.Reason), Status: string(booking.RefundRequested), CorrelationID: f.booking.CorrelationID,
		CreatedAt: f.now, UpdatedAt: f.now,
	}
	switch {
	case s.RefundID == "" || copied:
		f.refund, err = f.insertRefund(f.refund, installation.refundAtStripe(s.StripeRefundID))
	default:
		if s.InstallationID == installation.ID {
			f.refund.RequestKey = db.OrNil(s.RequestKey)
		}
		err = f.tx.Create(&f.refund).Error
	}
	if err != nil || !copied {
		return err
	}
	return f.markForAttention(AttentionRefundCopied, s.StripeRefundID, fmt.Sprintf("refund %s at Stripe bears the id of %s, which it is not: it is recorded as made in the dashboard",
		s.StripeRefundID, s.RefundID))
}

// isAnothers tells whether the id or the request key in the metadata is that of another refund: metadata can be copied.
func (f *refundRecorder) isAnothers(s booking.RefundSnapshot) (bool, error) {
	if s.RefundID == "" {
		return false, nil
	}
	var known int64
	err := f.tx.Model(&refundRow{}).Where("refund_id = ? OR request_key = ?", string(s.RefundID), s.RequestKey).Count(&known).Error
	return known > 0, err
}

func (f *refundRecorder) record(o RefundReading) (RefundRecorded, error) {
	if err := f.reopen(o.Snapshot); err != nil {
		return RefundRecorded{}, err
	}
	current, next := booking.RefundStatus(f.refund.Status), o.Snapshot.Status()
	f.refund.StripeRefundID = &o.Snapshot.StripeRefundID
	if err := f.showUnknown("refund", o.Snapshot.StripeRefundID, "status", next == booking.RefundUnknown, o.Snapshot.StripeStatus); err != nil {
		return RefundRecorded{}, err
	}
	if current.To(next) == nil { // anything else is older than what is recorded
		f.refund.FailureReason = db.Code(o.Snapshot.FailureReason)
		f.refund.StripeStatus = wordOf(next == booking.RefundUnknown, o.Snapshot.StripeStatus)
		if err := f.transition(next); err != nil {
			return RefundRecorded{}, err
		}
	}
	if err := f.post(o.Snapshot); err != nil {
		return RefundRecorded{}, err
	}
	if err := f.applyStanding(); err != nil {
		return RefundRecorded{}, err
	}
	if err := f.markProcessed(o.EventIDs); err != nil {
		return RefundRecorded{}, err
	}
	return f.result()
}

// reopen takes back that a refund was refused when Stripe has made it after all. The customer was told that the money is owed
// in another way, so an operator is shown it. What was postponed needs no person any more.
func (f *refundRecorder) reopen(s booking.RefundSnapshot) error {
	if f.refund.StripeRefundID != nil {
		return nil
	}
	switch booking.RefundStatus(f.refund.Status) {
	case booking.RefundRequested:
		return f.settleAttentionWhere("kind IN ? AND subject = ?", []string{string(AttentionRefundPostponed), string(AttentionRefundHeld)}, f.refund.RefundID)
	case booking.RefundFailed:
		f.refund.Status = string(booking.RefundRequested)
		if err := f.settleAttention(AttentionRefundFailed, f.refund.RefundID); err != nil {
			return err
		}
		return f.markForAttention(AttentionRefundMade, f.refund.RefundID, fmt.Sprintf("refund %s was recorded as refused and Stripe has made it after all, as %s: do not pay it in another way as well",
			f.refund.RefundID, s.StripeRefundID))
	}
	return nil
}

// transition takes the refund to its next state and tells the customer, once for each that matters to one.
func (f *refundRecorder) transition(next booking.RefundStatus) error {
	current := booking.RefundStatus(f.refund.Status)
	if err := current.To(next); err != nil {
		return err
	}
	f.refund.Status = string(next)
	err := f.tx.Model(&f.refund).Updates(map[string]any{
		"status": f.refund.Status, "stripe_status": f.refund.StripeStatus, "stripe_refund_id": f.refund.StripeRefundID, "failure_reason": f.refund.FailureReason, "updated_at": f.now,
	}).Error
	if err != nil || current == next {
		return err
	}
	switch next {
	case booking.RefundPending, booking.RefundRequiresAction:
		return f.notifyCustomer(notice.RefundStarted)
	case booking.RefundSucceeded:
		if err := f.settleFailureBefore(); err != nil {
			return err
		}
		return f.notifyCustomer(notice.Refunded)
	case booking.RefundFailed, booking.RefundCanceled:
		return f.notifyFailed()
	}
	return nil
}

// post writes what Stripe's balance has paid for the refund, and what came back of it, each once. Both go by their
// balance transactions and not by the state, so that the clearing account equals Stripe's balance in between, too.
func (f *refundRecorder) post(s booking.RefundSnapshot) error {
	reference := booking.Reference(f.booking.Reference)
	if s.Balance != nil && !f.refund.Posted {
		transaction, err := ledger.Refund(reference, s)
		if err != nil {
			return err
		}
		if err := f.insert(transaction); err != nil {
			return err
		}
		f.refund.Posted = true
	}
	if s.FailureBalance != nil && !f.refund.FailurePosted {
		transaction, err := ledger.RefundFailure(reference, s)
		if err != nil {
			return err
		}
		if err := f.insert(transaction); err != nil {
			return err
		}
		f.refund.FailurePosted = true
	}
	return f.tx.Model(&f.refund).Updates(map[string]any{"posted": f.refund.Posted, "failure_posted": f.refund.FailurePosted}).Error
}

func (f *refundRecorder) result() (RefundRecorded, error) {
	mails, err := queuedMails(f.tx, f.refund.RefundID)
	status := booking.RefundStatus(f.refund.Status)
	return RefundRecorded{
		RefundID: booking.RefundID(f.refund.RefundID), Reference: booking.Reference(f.booking.Reference), Status: status,
		BookingStatus: booking.Status(f.booking.Status), EmailIDs: mails,
		Unposted: status == booking.RefundSucceeded && !f.refund.Posted ||
			(status == booking.RefundFailed || status == booking.RefundCanceled) && f.refund.Posted && !f.refund.FailurePosted,
	}, err
}

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/ledger"
)

// RefundOutcome is what Stripe says of a refund now, and the events that made us look.
type RefundOutcome struct {
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
func (s *Store) RecordRefund(ctx context.Context, o RefundOutcome) (RefundRecorded, error) {
	reference, err := s.referenceOfPayment(ctx, o.Snapshot.PaymentIntentID)
	if err != nil {
		return RefundRecorded{}, err
	}
	var recorded RefundRecorded
	var mismatch *AmountMismatch
	err = s.underLock(ctx, reference, o.Now, func(r *recording) (err error) {
		f := &refunding{recording: r}
		if mismatch, err = f.own(o.Snapshot); err != nil || mismatch != nil {
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
	err = s.underLock(ctx, known.Reference, now, func(r *recording) (err error) {
		f := &refunding{recording: r}
		if err := r.tx.Clauses(forUpdate).Where("refund_id = ?", string(id)).Take(&f.refund).Error; err != nil {
			return err
		}
		if booking.RefundStatus(f.refund.Status) == booking.RefundRequested {
			f.refund.FailureReason = code(refusal)
			if err := f.move(booking.RefundFailed); err != nil {
				return err
			}
		}
		if err := r.followMoney(); err != nil {
			return err
		}
		recorded, err = f.result()
		return err
	})
	return recorded, err
}

// refunding is one run of a refund's recording step.
type refunding struct {
	*recording
	refund refundRow
}

// own finds the refund's row: by Stripe's id, by our id where no refund of Stripe's is known for it yet, or makes it for one from
// the dashboard. Our id comes from metadata, which can be edited and copied: it never leads to another booking's refund.
func (f *refunding) own(s booking.RefundSnapshot) (*AmountMismatch, error) {
	err := f.tx.Clauses(forUpdate).Where("stripe_refund_id = ?", s.StripeRefundID).Take(&f.refund).Error
	if errors.Is(err, gorm.ErrRecordNotFound) && s.RefundID != "" {
		err = f.tx.Clauses(forUpdate).Where("refund_id = ? AND booking_id = ? AND stripe_refund_id IS NULL", string(s.RefundID), f.booking.ID).
			Take(&f.refund).Error
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, f.adopt(s)
	}
	if err != nil {
		return nil, err
	}
	problem := ""
	switch {
	case f.refund.BookingID != f.booking.ID:
		problem = fmt.Sprintf("refund %s is another booking's refund %s", s.StripeRefundID, f.refund.RefundID)
	case f.refund.Amount != s.Amount || f.refund.Currency != string(s.Currency):
		problem = fmt.Sprintf("refund %s is about %d %s, and at Stripe about %d %s", f.refund.RefundID, f.refund.Amount, f.refund.Currency, s.Amount, s.Currency)
	}
	if problem == "" {
		return nil, nil
	}
	return &AmountMismatch{Reference: booking.Reference(f.booking.Reference), Problem: problem}, f.markForAttention(problem)
}

// ErrUncaptured says that a refund only lets go of what was authorised: nothing was taken that could go back.
var ErrUncaptured = errors.New("the refund is of what was authorised and never captured")

func (f *refunding) adopt(s booking.RefundSnapshot) error {
	if s.Uncaptured {
		return ErrUncaptured
	}
	f.refund = refundRow{
		RefundID: string(booking.NewRefundID()), BookingID: f.booking.ID, StripePaymentIntentID: s.PaymentIntentID,
		StripeRefundID: &s.StripeRefundID, Origin: string(booking.RefundFromDashboard), Amount: s.Amount, Currency: string(s.Currency),
		Reason: code(s.Reason), Status: string(booking.RefundRequested), CorrelationID: f.booking.CorrelationID,
		CreatedAt: f.now, UpdatedAt: f.now,
	}
	if err := f.tx.Create(&f.refund).Error; err != nil || s.RefundID == "" {
		return err
	}
	return f.markForAttention(fmt.Sprintf("refund %s at Stripe bears the id of %s, which it is not: it is recorded as made in the dashboard",
		s.StripeRefundID, s.RefundID))
}

func (f *refunding) record(o RefundOutcome) (RefundRecorded, error) {
	current, next := booking.RefundStatus(f.refund.Status), o.Snapshot.Status()
	f.refund.StripeRefundID = &o.Snapshot.StripeRefundID
	if current.To(next) == nil { // anything else is older news than what is recorded
		f.refund.FailureReason = code(o.Snapshot.FailureReason)
		if err := f.move(next); err != nil {
			return RefundRecorded{}, err
		}
	}
	if err := f.post(o.Snapshot); err != nil {
		return RefundRecorded{}, err
	}
	if err := f.followMoney(); err != nil {
		return RefundRecorded{}, err
	}
	if err := f.markProcessed(o.EventIDs); err != nil {
		return RefundRecorded{}, err
	}
	return f.result()
}

// move takes the refund to its next state and tells the customer, once for each that matters to one.
func (f *refunding) move(next booking.RefundStatus) error {
	current := booking.RefundStatus(f.refund.Status)
	if err := current.To(next); err != nil {
		return err
	}
	f.refund.Status = string(next)
	err := f.tx.Model(&f.refund).Updates(map[string]any{
		"status": f.refund.Status, "stripe_refund_id": f.refund.StripeRefundID, "failure_reason": f.refund.FailureReason, "updated_at": f.now,
	}).Error
	if err != nil || current == next {
		return err
	}
	switch next {
	case booking.RefundPending, booking.RefundRequiresAction:
		return f.tell(booking.EmailRefundStarted)
	case booking.RefundSucceeded:
		return f.tell(booking.EmailRefunded)
	case booking.RefundFailed, booking.RefundCanceled:
		return f.didNotArrive()
	}
	return nil
}

// post writes what Stripe's balance has paid for the refund, and what came back of it, each once. Both go by their
// balance transactions and not by the state, so that the clearing account equals Stripe's balance in between, too.
func (f *refunding) post(s booking.RefundSnapshot) error {
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

func (f *refunding) result() (RefundRecorded, error) {
	mails, err := queuedMails(f.tx, f.refund.RefundID)
	status := booking.RefundStatus(f.refund.Status)
	return RefundRecorded{
		RefundID: booking.RefundID(f.refund.RefundID), Reference: booking.Reference(f.booking.Reference), Status: status,
		BookingStatus: booking.Status(f.booking.Status), EmailIDs: mails,
		Unposted: status == booking.RefundSucceeded && !f.refund.Posted ||
			(status == booking.RefundFailed || status == booking.RefundCanceled) && f.refund.Posted && !f.refund.FailurePosted,
	}, err
}

package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"farebook/booking"
	"farebook/ledger"
	"farebook/notice"
	"farebook/store/internal/db"
	"farebook/webhook"
)

// RefundReading is what Stripe reports of a refund now. EventIDs are the events that caused the reading.
type RefundReading struct {
	Snapshot booking.RefundSnapshot
	EventIDs []string
	Now      time.Time
}

// RefundRecorded is the state of refund and booking after a recording step. It is the result of an activity: Temporal's histories hold
// its JSON.
type RefundRecorded struct {
	RefundID booking.RefundID `json:"refundId,omitempty"`
	// StripeRefundID is set by RecordRefund alone.
	StripeRefundID string               `json:"stripeRefundId,omitempty"`
	Reference      booking.Reference    `json:"reference,omitempty"`
	Status         booking.RefundStatus `json:"status"`
	BookingStatus  booking.Status       `json:"bookingStatus,omitempty"`
	// EmailIDs are the refund's emails that are queued and not sent yet.
	EmailIDs []uint64 `json:"emailIds,omitempty"`
	// Unposted: the refund succeeded or was returned, and Stripe has no balance transaction of that yet.
	Unposted bool `json:"unposted,omitempty"`
	// Foreign: the refunded payment belongs to no booking, or was never captured. Nothing was recorded.
	Foreign bool `json:"foreign,omitempty"`
	// Postponed: Stripe has not made the refund yet and may make it later. Refusals belongs into the next activities.RefundRef.
	Postponed bool `json:"postponed,omitempty"`
	Refusals  int  `json:"refusals,omitempty"`
}

// RecordRefund is the recording step of a refund. One transaction locks booking, payment and refund, makes the guarded transition, posts
// what Stripe's balance has paid or got back, moves the booking to the state that follows from its money, queues the emails and marks
// the events processed. A refund that was made in Stripe's dashboard gets its row here. Repetition is harmless. Errors: ErrNotFound (its
// PaymentIntent belongs to no booking), ErrUncaptured, *ContradictionError, *booking.IllegalTransitionError.
func (s *Store) RecordRefund(ctx context.Context, reading RefundReading) (RefundRecorded, error) {
	reference, err := s.referenceOfPayment(ctx, reading.Snapshot.PaymentIntentID)
	if err != nil {
		return RefundRecorded{}, err
	}
	var recorded RefundRecorded
	var contradiction *ContradictionError
	err = s.underLock(ctx, reference, reading.Now, func(b *lockedBooking) (err error) {
		recorded, contradiction, err = record(&refundRecorder{lockedBooking: b, reading: reading}, b.events(reading.EventIDs))
		recorded.StripeRefundID = reading.Snapshot.StripeRefundID
		return err
	})
	return unlessContradiction(recorded, contradiction, err)
}

// RecordRefundRefused closes a refund that Stripe refuses for good; refusal is Stripe's code. What it had reserved is free again, and
// customer and operator are notified. Harmless when repeated: a refund that Stripe has made is left as it is.
func (s *Store) RecordRefundRefused(ctx context.Context, id booking.RefundID, refusal string, now time.Time) (RefundRecorded, error) {
	return s.recordUnmade(ctx, id, now, func(r *refundRecorder) error {
		if r.refund.Status == booking.RefundRequested {
			r.refund.FailureReason = db.Code(refusal)
			if err := r.moveTo(booking.RefundFailed); err != nil {
				return err
			}
		}
		if err := r.settleBooking(); err != nil {
			return err
		}
		return r.notify()
	})
}

// RefundPostponement says why Stripe has not made a refund yet.
type RefundPostponement struct {
	ID booking.RefundID
	// Code is Stripe's, or one of booking's where Stripe gives none.
	Code string
	// NeedsOperator: only an operator's decision is known to change it.
	NeedsOperator bool
	Now           time.Time
}

// PostponeRefund records why a refund is not made yet, and notifies the finance department once. The customer gets no email: the refund
// may still be made. Harmless when repeated: a refund that is settled or that Stripe has made is left as it is.
func (s *Store) PostponeRefund(ctx context.Context, in RefundPostponement) (RefundRecorded, error) {
	recorded, err := s.recordUnmade(ctx, in.ID, in.Now, func(r *refundRecorder) error {
		if r.refund.Status != booking.RefundRequested || r.refund.StripeRefundID != nil {
			return nil
		}
		return r.postpone(in)
	})
	recorded.Postponed = recorded.Status == booking.RefundRequested
	return recorded, err
}

// recordUnmade runs work on a refund that Stripe has not made, under the locks of booking, payment and refund.
func (s *Store) recordUnmade(ctx context.Context, id booking.RefundID, now time.Time,
	work func(*refundRecorder) error,
) (RefundRecorded, error) {
	known, err := s.Refund(ctx, id)
	if err != nil {
		return RefundRecorded{}, err
	}
	var recorded RefundRecorded
	err = s.underLock(ctx, known.Reference, now, func(b *lockedBooking) error {
		r := &refundRecorder{lockedBooking: b}
		if err := r.tx.Clauses(db.ForUpdate).Where("refund_id = ?", id).Take(&r.refund).Error; err != nil {
			return err
		}
		if err := work(r); err != nil {
			return err
		}
		recorded, err = r.result()
		return err
	})
	return recorded, err
}

func (r *refundRecorder) postpone(in RefundPostponement) error {
	r.refund.FailureReason, r.refund.RefusedAt = db.Code(in.Code), &r.now
	if err := r.saveRefund(&r.refund, "failure_reason", "refused_at"); err != nil {
		return err
	}
	if in.NeedsOperator {
		if err := r.markForAttention(AttentionRefundPostponed, string(r.refund.RefundID), r.postponed()); err != nil {
			return err
		}
	}
	return r.queueRefundEmail(notice.RefundWaiting)
}

// postponed is the text for the operator who decides about a refund that waits.
func (r *refundRecorder) postponed() string {
	return fmt.Sprintf("refund %s is not made: Stripe answers %s; an operator has to decide", r.refund.RefundID, r.refund.FailureReason)
}

// refundRecorder is one run of a refund's recording step.
type refundRecorder struct {
	*lockedBooking
	reading RefundReading
	refund  refundRow
	// moved: this run has moved the refund to its state, so that its emails are due.
	moved bool
	// obstacle is why the money of a refund that failed is not refunded again; see showFailure.
	obstacle booking.RefundObstacle
	owed     int64
}

// transition moves the refund to the state that Stripe reports, unless that is older than what is recorded.
func (r *refundRecorder) transition() error {
	snapshot := r.reading.Snapshot
	if err := r.reopen(snapshot); err != nil {
		return err
	}
	next := snapshot.Status()
	unknown := next == booking.RefundUnknown
	r.refund.StripeRefundID = &snapshot.StripeRefundID
	if err := r.showUnknown("refund", snapshot.StripeRefundID, "status", unknown, snapshot.StripeStatus); err != nil {
		return err
	}
	if r.refund.Status.To(next) == nil { // anything else is older than what is recorded
		r.refund.FailureReason = db.Code(snapshot.FailureReason)
		r.refund.StripeStatus = wordOf(unknown, snapshot.StripeStatus)
		return r.moveTo(next)
	}
	return nil
}

// reopen takes back that a refund was refused, when Stripe has made it after all. An email told the customer that the money is paid in
// another way, so an operator is shown the refund. One that was postponed no longer needs an operator.
func (r *refundRecorder) reopen(s booking.RefundSnapshot) error {
	if r.refund.StripeRefundID != nil {
		return nil
	}
	id := string(r.refund.RefundID)
	switch r.refund.Status {
	case booking.RefundRequested:
		return r.settleWaiting()
	case booking.RefundFailed:
		r.refund.Status = booking.RefundRequested
		if err := r.settleAttention(AttentionRefundFailed, id); err != nil {
			return err
		}
		return r.markForAttention(AttentionRefundMade, id, fmt.Sprintf(
			"refund %s was recorded as refused and Stripe has made it after all, as %s: do not pay it in another way as well", id, s.StripeRefundID))
	}
	return nil
}

// moveTo saves the refund's next state, and settles or opens the matters for operators that follow from it.
func (r *refundRecorder) moveTo(next booking.RefundStatus) error {
	if err := r.refund.Status.To(next); err != nil {
		return err
	}
	r.moved = r.refund.Status != next
	r.refund.Status = next
	err := r.saveRefund(&r.refund, "status", "stripe_status", "stripe_refund_id", "failure_reason")
	if err != nil || !r.moved {
		return err
	}
	switch next {
	case booking.RefundSucceeded:
		r.emit(webhook.RefundSucceeded, string(r.refund.RefundID), r.refundData)
		return r.settleFailureBefore()
	case booking.RefundFailed, booking.RefundCanceled:
		r.emit(webhook.RefundFailed, string(r.refund.RefundID), r.refundData)
		return r.showFailure()
	}
	return nil
}

// post writes that the refund is payable, what Stripe's balance has paid for it, and what was returned of it, each once. The last two
// follow the balance transactions and not the refund's state, so that the clearing account equals Stripe's balance at any time.
func (r *refundRecorder) post() error {
	snapshot := r.reading.Snapshot
	if !r.refund.Posted && (snapshot.Balance != nil || !slices.Contains(failedRefund, r.refund.Status)) {
		if err := r.promise(&r.refund, snapshot.Balance); err != nil {
			return err
		}
	}
	if snapshot.Balance != nil && !r.refund.Posted {
		transaction, err := ledger.Refund(r.booking.Reference, snapshot)
		if err != nil {
			return err
		}
		if err := r.insert(transaction); err != nil {
			return err
		}
		r.refund.Posted = true
	}
	if snapshot.FailureBalance != nil && !r.refund.FailurePosted {
		transaction, err := ledger.RefundFailure(r.booking.Reference, snapshot)
		if err != nil {
			return err
		}
		if err := r.insert(transaction); err != nil {
			return err
		}
		r.refund.FailurePosted = true
	}
	r.noteBank(snapshot.Bank)
	return r.saveRefund(&r.refund, "posted", "failure_posted", "bank_reference", "bank_reference_status", "bank_reference_type", "bank_way")
}

// noteBank keeps what Stripe reports of the bank's reference. A reading without it, such as an older one, takes nothing back.
func (r *refundRecorder) noteBank(bank booking.BankReference) {
	if bank == (booking.BankReference{}) || bank.Reference == "" && r.refund.BankReference != nil {
		return
	}
	r.refund.BankReference = db.OrNil(db.Truncate(bank.Reference, bankReferenceLength))
	r.refund.BankReferenceStatus = db.OrNil(db.Code(bank.Status))
	r.refund.BankReferenceType, r.refund.BankWay = db.OrNil(db.Code(bank.Type)), db.OrNil(db.Code(bank.Way))
}

// bankReferenceLength is how many characters of a reference its column holds.
const bankReferenceLength = 128

// settleBooking moves the booking to the state that follows from its money. What a failed refund has left payable may have gone back by a
// lost dispute.
func (r *refundRecorder) settleBooking() error {
	if slices.Contains(failedRefund, r.refund.Status) {
		if err := r.relieveLost(); err != nil {
			return err
		}
	}
	return r.applyStanding()
}

// notify queues an email to the customer when the refund is on its way, when it has succeeded, and when it has failed.
func (r *refundRecorder) notify() error {
	if !r.moved {
		return nil
	}
	switch r.refund.Status {
	case booking.RefundPending, booking.RefundRequiresAction:
		return r.queueRefundEmail(notice.RefundStarted)
	case booking.RefundSucceeded:
		return r.queueRefundEmail(notice.Refunded)
	case booking.RefundFailed, booking.RefundCanceled:
		return r.queueRefundEmail(notice.RefundFailed)
	}
	return nil
}

func (r *refundRecorder) result() (RefundRecorded, error) {
	emails, err := queuedEmails(r.tx, string(r.refund.RefundID))
	status := r.refund.Status
	returned := status == booking.RefundFailed || status == booking.RefundCanceled
	return RefundRecorded{
		RefundID: r.refund.RefundID, Reference: r.booking.Reference, Status: status, BookingStatus: r.booking.Status, EmailIDs: emails,
		Unposted: status == booking.RefundSucceeded && !r.refund.Posted || returned && r.refund.Posted && !r.refund.FailurePosted,
	}, err
}

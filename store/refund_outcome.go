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
	err = s.inTransaction(ctx, func(tx *gorm.DB) error {
		r := recording{tx: tx, now: o.Now}
		if err := r.lock(reference); err != nil {
			return err
		}
		f := &refunding{recording: &r}
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
	err = s.inTransaction(ctx, func(tx *gorm.DB) error {
		r := recording{tx: tx, now: now}
		if err := r.lock(known.Reference); err != nil {
			return err
		}
		f := &refunding{recording: &r}
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

// own finds the refund's row: by our id in its metadata, by Stripe's id, or makes it for one from the dashboard.
func (f *refunding) own(s booking.RefundSnapshot) (*AmountMismatch, error) {
	query := f.tx.Clauses(forUpdate).Where("stripe_refund_id = ?", s.StripeRefundID)
	if s.RefundID != "" {
		query = f.tx.Clauses(forUpdate).Where("refund_id = ?", string(s.RefundID))
	}
	err := query.Take(&f.refund).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, f.adopt(s)
	}
	if err != nil {
		return nil, err
	}
	problem := ""
	switch {
	case f.refund.BookingID != f.booking.ID:
		problem = fmt.Sprintf("refund %s bears the id of another booking's refund", s.StripeRefundID)
	case f.refund.StripeRefundID != nil && *f.refund.StripeRefundID != s.StripeRefundID:
		problem = fmt.Sprintf("refund %s is %s at Stripe, and this is %s", f.refund.RefundID, *f.refund.StripeRefundID, s.StripeRefundID)
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
	return f.tx.Create(&f.refund).Error
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

// obstacles are told to the operator, what is owed to the customer among them.
var obstacles = map[booking.RefundObstacle]string{
	"":                          "the money is owed to the customer in another way",
	booking.ObstacleDisputed:    "the customer's bank decides about the money",
	booking.ObstacleChargedBack: "the customer's bank has given the money back",
	booking.ObstacleReturned:    "all of it had gone back already",
	booking.ObstaclePart:        "a part had gone back already, the rest is owed to the customer in another way",
}

// didNotArrive shows a refund that failed or was canceled to a person, and tells the customer where the money is.
func (f *refunding) didNotArrive() error {
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
		letter.Owed = booking.Money{Value: owed, Currency: letter.Amount.Currency}
	}
	why := fmt.Sprintf("refund %s is %s: %s; %s", f.refund.RefundID, f.refund.Status, f.refund.FailureReason, obstacles[letter.Obstacle])
	return errors.Join(f.markForAttention(why), f.queue(booking.EmailRefundFailed, letter))
}

// failed is where the money of the payment is, now that this refund takes nothing of it.
func (f *refunding) failed() (booking.FailedRefund, error) {
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

func (f *refunding) tell(kind booking.EmailKind) error {
	letter, err := f.letter()
	if err != nil {
		return err
	}
	return f.queue(kind, letter)
}

func (f *refunding) letter() (*booking.RefundLetter, error) {
	refunded, err := f.sumRefunds("status = ?", string(booking.RefundSucceeded))
	currency := booking.Currency(f.refund.Currency)
	return &booking.RefundLetter{
		ID: booking.RefundID(f.refund.RefundID), Amount: booking.Money{Value: f.refund.Amount, Currency: currency},
		Status: booking.RefundStatus(f.refund.Status), Origin: booking.RefundOrigin(f.refund.Origin),
		Paid:     booking.Money{Value: f.payment.AmountCaptured, Currency: currency},
		Refunded: booking.Money{Value: refunded, Currency: currency},
	}, err
}

func (f *refunding) queue(kind booking.EmailKind, about *booking.RefundLetter) error {
	return queue(f.tx, f.now, letter{
		kind: kind, owner: f.refund.RefundID, occasion: string(kind), bookingID: &f.booking.ID, content: &booking.Letter{Refund: about},
	})
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

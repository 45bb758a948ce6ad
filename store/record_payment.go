package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"farebook/booking"
	"farebook/money"
	"farebook/notice"
	"farebook/store/internal/db"
)

// Reason says why a payment is looked at. It decides what a cancelled PaymentIntent means for the booking when Stripe
// itself gives no reason.
type Reason string

// The reasons.
const (
	ReasonEvent     Reason = "event"      // an event of Stripe's; a cancellation was not ours
	ReasonHoldEnded Reason = "hold_ended" // we cancelled, as the hold had ended
	ReasonCancelled Reason = "cancelled"  // we cancelled, as the customer or an operator asked
)

// PaymentReading is what Stripe says of a booking's payment now, and the events that made us look. Reference is the booking that
// asks; empty where only the PaymentIntent is known.
type PaymentReading struct {
	Reference booking.Reference
	Snapshot  booking.PaymentSnapshot
	EventIDs  []string
	Reason    Reason
	Now       time.Time
}

// PaymentRecorded is where booking and payment stand afterwards.
type PaymentRecorded struct {
	BookingStatus booking.Status
	PaymentStatus booking.PaymentStatus
	EmailIDs      []uint64 // every mail of the booking that is queued and not sent yet
	FeePending    bool     // paid, and Stripe has not told its fee
	RefundDue     bool
	// Foreign: the books do not know the PaymentIntent, and at Stripe it does not name the booking. Nothing was recorded.
	Foreign bool
	// RefundIDs are refunds that the books ask for by themselves and that Stripe has not been asked for yet.
	RefundIDs     []booking.RefundID
	CaptureBefore time.Time // of an authorised payment; zero otherwise
}

// AmountMismatch says that a PaymentIntent is not about what the booking costs, or is another one than the booking's.
// Nothing is posted; the booking is marked for an operator.
type AmountMismatch struct {
	Reference booking.Reference
	Problem   string
}

func (e *AmountMismatch) Error() string {
	return fmt.Sprintf("booking %s: %s; nothing was posted, the booking is marked for attention", e.Reference, e.Problem)
}

// RecordPayment is the recording step, the one writer of payment states: one transaction that locks booking and
// payment, compares amount and currency, makes the guarded transitions, posts to the ledger, marks the events processed
// and queues the mails. Repetition is harmless, and so is a snapshot that is older than what is recorded: what has
// succeeded stays so. The PaymentIntent's id decides whose payment it is; its metadata, which anybody may edit in Stripe's
// dashboard, is asked only where the books have no payment. Errors: ErrNotFound, *AmountMismatch, *booking.IllegalTransition.
func (s *Store) RecordPayment(ctx context.Context, o PaymentReading) (PaymentRecorded, error) {
	reference, err := s.recordedFor(ctx, o)
	if err != nil {
		return PaymentRecorded{}, err
	}
	var recorded PaymentRecorded
	var mismatch *AmountMismatch
	err = s.underLock(ctx, reference, o.Now, func(b *lockedBooking) (err error) {
		p := paymentRecorder{b}
		if p.payment.ID == 0 && o.Snapshot.Reference != reference {
			recorded, err = p.foreign(o)
			return err
		}
		o.Snapshot.Reference = reference
		if mismatch, err = p.load(o.Snapshot); err != nil || mismatch != nil {
			return err
		}
		if err := p.record(o); err != nil {
			return err
		}
		recorded, err = p.result()
		return err
	})
	if err == nil && mismatch != nil {
		return PaymentRecorded{}, mismatch
	}
	return recorded, err
}

// recordedFor is the booking that a payment is recorded for: the one that asks, else the one whose PaymentIntent it is, else the
// one that its metadata names.
func (s *Store) recordedFor(ctx context.Context, o PaymentReading) (booking.Reference, error) {
	if o.Reference != "" {
		return o.Reference, nil
	}
	reference, err := s.referenceOfPayment(ctx, o.Snapshot.PaymentIntentID)
	if errors.Is(err, ErrNotFound) {
		return o.Snapshot.Reference, nil
	}
	return reference, err
}

// foreign sets the events of a PaymentIntent aside that nothing ties to the booking but what an event said.
func (p *paymentRecorder) foreign(o PaymentReading) (PaymentRecorded, error) {
	if err := setAside(p.tx, o.EventIDs, notNamedNote, o.Now); err != nil {
		return PaymentRecorded{}, err
	}
	recorded, err := p.result()
	recorded.Foreign = true
	return recorded, err
}

// notNamedNote is why the events of a PaymentIntent are set aside that named a booking, and does not name it at Stripe.
const notNamedNote = "its PaymentIntent does not name the booking at Stripe"

// paymentRecorder is one run of a payment's recording step.
type paymentRecorder struct{ *lockedBooking }

// load makes sure that the PaymentIntent is the booking's and about what it costs. A payment row that is lacking is made
// then: the PaymentIntent exists, since Stripe has just answered for it. One that does not fit is left out, so that it
// cannot take the place of the right one, and the booking is marked for an operator.
func (p *paymentRecorder) load(snapshot booking.PaymentSnapshot) (*AmountMismatch, error) {
	problem := p.compare(snapshot)
	if problem == "" && p.payment.ID == 0 {
		payment := newPaymentRow(p.booking.ID, snapshot, p.now)
		err := p.tx.Create(&payment).Error
		switch {
		case db.DuplicateKey(err):
			problem = fmt.Sprintf("PaymentIntent %s is another booking's already", snapshot.PaymentIntentID)
		case err != nil:
			return nil, err
		default:
			p.payment = payment
		}
	}
	if problem == "" {
		return nil, p.settleAttention(AttentionPaymentMismatch, snapshot.PaymentIntentID)
	}
	mismatch := &AmountMismatch{Reference: booking.Reference(p.booking.Reference), Problem: problem}
	return mismatch, p.markForAttention(AttentionPaymentMismatch, snapshot.PaymentIntentID, problem)
}

// compare says what does not fit; empty when all does. One that is cancelled takes no money, whatever it was about.
func (p *paymentRecorder) compare(snapshot booking.PaymentSnapshot) string {
	problem := ""
	switch {
	case p.payment.ID != 0 && p.payment.StripePaymentIntentID != snapshot.PaymentIntentID:
		problem = fmt.Sprintf("its PaymentIntent is %s, and this is %s", p.payment.StripePaymentIntentID, snapshot.PaymentIntentID)
	case snapshot.PaymentStatus() == booking.PaymentCanceled:
	case string(snapshot.Currency) != p.booking.Currency:
		problem = fmt.Sprintf("it costs %s, and PaymentIntent %s is in %s", p.booking.Currency, snapshot.PaymentIntentID, snapshot.Currency)
	case snapshot.Amount != p.booking.Amount:
		problem = fmt.Sprintf("it costs %s, and PaymentIntent %s is about %s", priced(p.booking.Amount, p.booking.Currency), snapshot.PaymentIntentID,
			priced(snapshot.Amount, string(snapshot.Currency)))
	case snapshot.PaymentStatus() == booking.PaymentSucceeded && !p.fits(snapshot.AmountReceived):
		problem = fmt.Sprintf("it costs %s, and %s was received", priced(p.booking.Amount, p.booking.Currency),
			priced(snapshot.AmountReceived, string(snapshot.Currency)))
	}
	return problem
}

// fits tells whether what was received is what was asked for: all of it, or at most that when it is captured by hand.
func (p *paymentRecorder) fits(received int64) bool {
	if booking.CaptureMethod(p.booking.CaptureMethod) == booking.CaptureManual {
		return received > 0 && received <= p.booking.Amount
	}
	return received == p.booking.Amount
}

func (p *paymentRecorder) record(o PaymentReading) error {
	tooLate, err := p.authorizedTooLate(o.Snapshot)
	if err != nil {
		return err
	}
	if tooLate { // it has run out, as far as we are concerned: the workflow lets it go
		o.Snapshot.CaptureBefore = o.Snapshot.PaidAt
	}
	if err := p.transition(o.Snapshot); err != nil {
		return err
	}
	if err := p.settleBooking(o); err != nil {
		return err
	}
	if err := p.post(o.Snapshot); err != nil {
		return err
	}
	return p.markProcessed(o.EventIDs)
}

// transition takes the payment to what Stripe says, unless that is older than what is recorded.
func (p *paymentRecorder) transition(snapshot booking.PaymentSnapshot) error {
	current, next := booking.PaymentStatus(p.payment.Status), snapshot.PaymentStatus()
	unknown := next == booking.PaymentUnknown
	if err := p.showUnknown("PaymentIntent", snapshot.PaymentIntentID, "status", unknown, snapshot.StripeStatus); err != nil {
		return err
	}
	settled := current == booking.PaymentSucceeded || current == booking.PaymentCanceled
	if settled && next != booking.PaymentSucceeded {
		return nil
	}
	if err := current.To(next); err != nil {
		return err
	}
	p.payment.Status, p.payment.StripeStatus = string(next), wordOf(unknown, snapshot.StripeStatus)
	p.payment.StripeChargeID = snapshot.ChargeID
	p.payment.DeclineCode = db.Code(snapshot.DeclineCode)
	p.payment.CaptureBefore = db.TimeOrNil(snapshot.CaptureBefore)
	if next == booking.PaymentSucceeded {
		p.payment.AmountCaptured = snapshot.AmountReceived
		p.payment.DeclineCode = ""
	}
	return p.tx.Model(&p.payment).Updates(map[string]any{
		"status": p.payment.Status, "stripe_status": p.payment.StripeStatus, "stripe_charge_id": p.payment.StripeChargeID, "decline_code": p.payment.DeclineCode,
		"amount_captured": p.payment.AmountCaptured, "capture_before": p.payment.CaptureBefore, "updated_at": p.now,
	}).Error
}

// settleBooking draws the consequence for the booking, and queues the mail that tells the customer.
func (p *paymentRecorder) settleBooking(o PaymentReading) error {
	open := booking.Status(p.booking.Status) == booking.StatusPendingPayment
	switch booking.PaymentStatus(p.payment.Status) {
	case booking.PaymentSucceeded:
		if open {
			return p.paid(o.Snapshot)
		}
		return p.returnLateMoney()
	case booking.PaymentAuthorized:
		if open && o.Snapshot.CaptureBefore.After(o.Now) {
			return p.queueMail(notice.Authorized, string(notice.Authorized), &notice.Content{CaptureBefore: o.Snapshot.CaptureBefore})
		}
	case booking.PaymentCanceled:
		if open {
			status, mail := meaningOfCancellation(o)
			known := o.Snapshot.KnownCancellation()
			if err := p.showUnknown("PaymentIntent", o.Snapshot.PaymentIntentID, "cancellation_reason", !known, o.Snapshot.CancellationReason); err != nil {
				return err
			}
			return p.transitionBooking(status, mail, nil)
		}
	case booking.PaymentFailed:
		if open {
			return p.queueMail(notice.PaymentFailed, occasionDecline, nil)
		}
	}
	return nil
}

// meaningOfCancellation goes by the reason that stands at Stripe, which survives whatever became of the one who
// cancelled, and by ours without one. Stripe's own reason, automatic, is an authorisation that ran out.
func meaningOfCancellation(o PaymentReading) (booking.Status, notice.Kind) {
	switch {
	case o.Snapshot.CancellationReason == "abandoned", o.Snapshot.CancellationReason == "automatic",
		o.Snapshot.CancellationReason == "" && o.Reason == ReasonHoldEnded:
		return booking.StatusExpired, notice.HoldExpired
	case o.Snapshot.CancellationReason == "requested_by_customer", o.Snapshot.CancellationReason == "" && o.Reason == ReasonCancelled:
		return booking.StatusCancelled, notice.Cancelled
	default:
		return booking.StatusPaymentFailed, notice.PaymentFailed
	}
}

// confirm makes the booking what the traveller wanted, with a receipt. Money that went back before we heard that it had
// come counts at once.
func (p *paymentRecorder) confirm() error {
	if err := p.transitionBooking(booking.StatusConfirmed, notice.Confirmed, p.receipt(p.now)); err != nil {
		return err
	}
	var returned bool
	err := p.tx.Raw("SELECT EXISTS (SELECT 1 FROM refunds WHERE booking_id = ?) OR EXISTS (SELECT 1 FROM disputes WHERE booking_id = ?)",
		p.booking.ID, p.booking.ID).Scan(&returned).Error
	if err != nil || !returned {
		return err
	}
	return p.applyStanding()
}

func (p *paymentRecorder) receipt(paidAt time.Time) *notice.Content {
	return &notice.Content{Receipt: &notice.ReceiptContent{
		Paid:   money.Money{Value: p.payment.AmountCaptured, Currency: money.Currency(p.payment.Currency)},
		PaidAt: paidAt, PaymentIntentID: p.payment.StripePaymentIntentID,
	}}
}

func (p *paymentRecorder) result() (PaymentRecorded, error) {
	recorded := PaymentRecorded{
		BookingStatus: booking.Status(p.booking.Status),
		PaymentStatus: booking.PaymentStatus(p.payment.Status),
		RefundDue:     p.booking.RefundDue,
		FeePending:    booking.PaymentStatus(p.payment.Status) == booking.PaymentSucceeded && !p.payment.FeePosted,
	}
	if p.payment.CaptureBefore != nil && recorded.PaymentStatus == booking.PaymentAuthorized {
		recorded.CaptureBefore = *p.payment.CaptureBefore
	}
	var err error
	recorded.EmailIDs, err = queuedMails(p.tx, p.booking.Reference)
	if err != nil || !recorded.RefundDue {
		return recorded, err
	}
	recorded.RefundIDs, err = p.unaskedRefunds()
	return recorded, err
}

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
	"farebook/webhook"
)

// Reason says why a payment is read. It decides what a cancelled PaymentIntent means for the booking where Stripe gives no
// cancellation_reason.
type Reason string

// The reasons.
const (
	ReasonEvent     Reason = "event"      // an event from Stripe: Farebook did not cancel
	ReasonHoldEnded Reason = "hold_ended" // Farebook cancelled because the hold had ended
	ReasonCancelled Reason = "cancelled"  // Farebook cancelled because the customer or an operator asked for it
)

// PaymentReading is what Stripe reports of a booking's payment now. EventIDs are the events that caused the reading. Reference is the
// booking that asks; empty where only the PaymentIntent is known.
type PaymentReading struct {
	Reference booking.Reference
	Snapshot  booking.PaymentSnapshot
	EventIDs  []string
	Reason    Reason
	// AskForDebits has RecordPayment record nothing and return ErrDebitsInTransit where the ledger has another bank debit in transit than
	// the snapshot's charge: the caller then reads all debits from Stripe.
	AskForDebits bool
	Now          time.Time
}

// ErrDebitsInTransit says that a payment cannot be recorded without its bank debits; see PaymentReading.
var ErrDebitsInTransit = errors.New("the ledger has a bank debit of the payment in transit")

// PaymentRecorded is the state of booking and payment after the recording step. It is the result of an activity: Temporal's histories
// hold its JSON.
type PaymentRecorded struct {
	BookingStatus booking.Status        `json:"bookingStatus"`
	PaymentStatus booking.PaymentStatus `json:"paymentStatus"`
	// EmailIDs are the booking's emails that are queued and not sent yet.
	EmailIDs []uint64 `json:"emailIds,omitempty"`
	// FeePending: the payment succeeded and Stripe has not reported its fee yet.
	FeePending bool `json:"feePending,omitempty"`
	// RefundDue: money arrived for a booking that was closed already.
	RefundDue bool `json:"refundDue,omitempty"`
	// Foreign: neither the books nor the PaymentIntent's metadata tie the PaymentIntent to the booking. Nothing was recorded.
	Foreign bool `json:"foreign,omitempty"`
	// RefundIDs are refunds of late money that the books have reserved and that were not requested from Stripe yet.
	RefundIDs []booking.RefundID `json:"refundIds,omitempty"`
	// CaptureBefore is when the authorisation expires; nil unless the payment is authorised.
	CaptureBefore *time.Time `json:"captureBefore,omitempty"`
}

// RecordPayment is the recording step of a payment, and the only writer of payment states. One transaction locks booking and payment,
// compares amount and currency, makes the guarded transitions, posts to the ledger, queues the emails and marks the events processed.
// Repetition is harmless, and a snapshot older than the recorded state is ignored: a payment that succeeded stays succeeded. The
// PaymentIntent's id decides whose payment it is. Its metadata, which can be edited in Stripe's dashboard, counts only where the books
// have no payment. Errors: ErrNotFound, ErrDebitsInTransit, *ContradictionError, *booking.IllegalTransitionError.
func (s *Store) RecordPayment(ctx context.Context, reading PaymentReading) (PaymentRecorded, error) {
	reference, err := s.bookingOfReading(ctx, reading)
	if err != nil {
		return PaymentRecorded{}, err
	}
	var recorded PaymentRecorded
	var contradiction *ContradictionError
	err = s.underLockTo(ctx, reference, reading.Now, reading.posts(), func(b *lockedBooking) (err error) {
		if b.payment.ID == 0 && reading.Snapshot.Reference != reference {
			recorded, err = b.setForeignAside(reading)
			return err
		}
		r := &paymentRecorder{lockedBooking: b, reading: reading}
		r.reading.Snapshot.Reference = reference
		recorded, contradiction, err = record(r, b.events(reading.EventIDs))
		return err
	})
	return unlessContradiction(recorded, contradiction, err)
}

// posts reports whether the ledger may get a posting from the reading.
func (r PaymentReading) posts() bool {
	return r.Snapshot.PaymentStatus() == booking.PaymentSucceeded || len(r.Snapshot.Debits) > 0
}

// bookingOfReading is the booking that a payment is recorded for: the one that asks, else the one whose PaymentIntent it is, else the
// one that the PaymentIntent's metadata names.
func (s *Store) bookingOfReading(ctx context.Context, reading PaymentReading) (booking.Reference, error) {
	if reading.Reference != "" {
		return reading.Reference, nil
	}
	reference, err := s.referenceOfPayment(ctx, reading.Snapshot.PaymentIntentID)
	if errors.Is(err, ErrNotFound) {
		return reading.Snapshot.Reference, nil
	}
	return reference, err
}

// notNamedNote is why the events of a PaymentIntent are set aside that named a booking, and does not name it at Stripe.
const notNamedNote = "its PaymentIntent does not name the booking at Stripe"

// setForeignAside sets the events of a PaymentIntent aside that only an event ties to the booking.
func (b *lockedBooking) setForeignAside(reading PaymentReading) (PaymentRecorded, error) {
	if err := setAside(b.tx, reading.EventIDs, notNamedNote, reading.Now); err != nil {
		return PaymentRecorded{}, err
	}
	recorded, err := b.paymentRecorded()
	recorded.Foreign = true
	return recorded, err
}

// paymentRecorder is one run of a payment's recording step.
type paymentRecorder struct {
	*lockedBooking
	reading PaymentReading
	before  situation
	// email is about the booking's new state, with its content; empty when the state stays as it is.
	email   notice.Kind
	content *notice.Content
}

// load checks that the PaymentIntent is the booking's and has its price. The payment's row is inserted where it is missing: the
// PaymentIntent exists, since Stripe has just returned it. A PaymentIntent that does not fit gets no row, so that it cannot take the
// place of the right one, and the booking is marked for an operator.
func (r *paymentRecorder) load() (*ContradictionError, error) {
	snapshot := r.reading.Snapshot
	problem := r.compare(snapshot)
	if problem == "" && r.payment.ID == 0 {
		payment := newPaymentRow(r.booking.ID, snapshot, r.now)
		other := r.tx.Model(&paymentRow{}).Where("stripe_payment_intent_id = ? OR booking_id = ?", snapshot.PaymentIntentID, r.booking.ID)
		exists, err := db.Exists(r.tx.Create(&payment).Error, other, "currency")
		switch {
		case exists:
			problem = fmt.Sprintf("PaymentIntent %s is another booking's already", snapshot.PaymentIntentID)
		case err != nil:
			return nil, err
		default:
			r.payment = payment
		}
	}
	if problem == "" {
		return nil, r.settleAttention(AttentionPaymentMismatch, snapshot.PaymentIntentID)
	}
	return r.contradiction(AttentionPaymentMismatch, snapshot.PaymentIntentID, problem)
}

// contradiction marks the booking for an operator, and is what load returns.
func (b *lockedBooking) contradiction(kind AttentionKind, subject, problem string) (*ContradictionError, error) {
	return &ContradictionError{Reference: b.booking.Reference, Problem: problem}, b.markForAttention(kind, subject, problem)
}

// compare describes what does not fit; empty when everything does. A cancelled PaymentIntent takes no money, so its amount is not
// compared.
func (b *lockedBooking) compare(snapshot booking.PaymentSnapshot) string {
	cost := money.Text(b.booking.Amount, b.booking.Currency)
	switch {
	case b.payment.ID != 0 && b.payment.StripePaymentIntentID != snapshot.PaymentIntentID:
		return fmt.Sprintf("its PaymentIntent is %s, and this is %s", b.payment.StripePaymentIntentID, snapshot.PaymentIntentID)
	case snapshot.PaymentStatus() == booking.PaymentCanceled:
	case snapshot.Currency != b.booking.Currency:
		return fmt.Sprintf("it costs %s, and PaymentIntent %s is in %s", b.booking.Currency, snapshot.PaymentIntentID, snapshot.Currency)
	case snapshot.Amount != b.booking.Amount:
		return fmt.Sprintf("it costs %s, and PaymentIntent %s is about %s", cost, snapshot.PaymentIntentID,
			money.Text(snapshot.Amount, snapshot.Currency))
	case snapshot.PaymentStatus() == booking.PaymentSucceeded && !b.fits(snapshot.AmountReceived):
		return fmt.Sprintf("it costs %s, and %s was received", cost, money.Text(snapshot.AmountReceived, snapshot.Currency))
	}
	return ""
}

// fits reports whether what was received is the booking's price, or at most the price where the payment is captured manually.
func (b *lockedBooking) fits(received int64) bool {
	if b.booking.CaptureMethod == booking.CaptureManual {
		return received > 0 && received <= b.booking.Amount
	}
	return received == b.booking.Amount
}

// transition moves the payment to the state that Stripe reports. An authorisation that began after the departure counts as expired: the
// workflow cancels it.
func (r *paymentRecorder) transition() error {
	if err := r.readSituation(); err != nil {
		return err
	}
	tooLate, err := r.authorizedTooLate(r.reading.Snapshot)
	if err != nil {
		return err
	}
	if tooLate {
		r.reading.Snapshot.CaptureBefore = r.reading.Snapshot.PaidAt
	}
	return r.transitionPayment(r.reading.Snapshot)
}

// transitionPayment saves what Stripe reports of the payment, unless that is older than what is recorded.
func (b *lockedBooking) transitionPayment(snapshot booking.PaymentSnapshot) error {
	next := snapshot.PaymentStatus()
	unknown := next == booking.PaymentUnknown
	if err := b.showUnknown("PaymentIntent", snapshot.PaymentIntentID, "status", unknown, snapshot.StripeStatus); err != nil {
		return err
	}
	settled := b.payment.Status == booking.PaymentSucceeded || b.payment.Status == booking.PaymentCanceled
	if settled && next != booking.PaymentSucceeded {
		return nil
	}
	if err := b.payment.Status.To(next); err != nil {
		return err
	}
	b.reportPayment(snapshot, next)
	if next == booking.PaymentAuthorized && b.payment.Status != next && snapshot.CaptureBefore.After(b.now) {
		b.emit(webhook.PaymentAuthorized, snapshot.PaymentIntentID, b.bookingData)
	}
	b.payment.Status, b.payment.StripeStatus = next, wordOf(unknown, snapshot.StripeStatus)
	b.payment.StripeChargeID = snapshot.ChargeID
	b.payment.DeclineCode = db.Code(snapshot.DeclineCode)
	b.payment.CaptureBefore = db.TimeOrNil(snapshot.CaptureBefore)
	if next == booking.PaymentSucceeded {
		b.payment.AmountCaptured = snapshot.AmountReceived
		b.payment.DeclineCode = ""
	}
	return b.savePayment("status", "stripe_status", "stripe_charge_id", "decline_code", "amount_captured", "capture_before")
}

// reportPayment reports money that was not captured before, and a decline that was not recorded before. Two attempts that are declined for
// the same reason between two readings count once.
func (b *lockedBooking) reportPayment(snapshot booking.PaymentSnapshot, next booking.PaymentStatus) {
	code := db.Code(snapshot.DeclineCode)
	declined := next == booking.PaymentFailed && code != "" && (code != b.payment.DeclineCode || snapshot.ChargeID != b.payment.StripeChargeID)
	captured := next == booking.PaymentSucceeded && b.payment.Status != booking.PaymentSucceeded
	switch {
	case declined:
		b.changes.add(func(o Observer) { o.PaymentDeclined(code) })
	case captured:
		b.changes.add(func(o Observer) {
			o.MoneyCaptured(money.Money{Value: snapshot.AmountReceived, Currency: snapshot.Currency})
		})
	}
}

// settleBooking confirms or closes a booking that waits for its payment. Money for a booking that was closed before is refunded.
func (r *paymentRecorder) settleBooking() error {
	pending := r.booking.Status == booking.StatusPendingPayment
	switch {
	case r.payment.Status == booking.PaymentSucceeded && pending:
		return r.paid(r.reading.Snapshot)
	case r.payment.Status == booking.PaymentSucceeded:
		return r.returnLateMoney()
	case r.payment.Status == booking.PaymentCanceled && pending:
		snapshot := r.reading.Snapshot
		err := r.showUnknown("PaymentIntent", snapshot.PaymentIntentID, "cancellation_reason", !snapshot.KnownCancellation(),
			snapshot.CancellationReason)
		if err != nil {
			return err
		}
		var status booking.Status
		status, r.email = meaningOfCancellation(r.reading)
		return r.transitionBooking(status)
	}
	return nil
}

// meaningOfCancellation goes by the cancellation_reason at Stripe, which outlives the process that cancelled, and by the reading's
// reason where Stripe has none. Stripe's own reason, automatic, is an authorisation that expired.
func meaningOfCancellation(reading PaymentReading) (booking.Status, notice.Kind) {
	reason := reading.Snapshot.CancellationReason
	switch {
	case reason == "abandoned", reason == "automatic", reason == "" && reading.Reason == ReasonHoldEnded:
		return booking.StatusExpired, notice.HoldExpired
	case reason == "requested_by_customer", reason == "" && reading.Reason == ReasonCancelled:
		return booking.StatusCancelled, notice.Cancelled
	default:
		return booking.StatusPaymentFailed, notice.PaymentFailed
	}
}

// confirm confirms the booking. Refunds and disputes that were recorded before the payment count at once.
func (r *paymentRecorder) confirm() error {
	r.email, r.content = notice.Confirmed, r.receipt(r.now)
	if err := r.transitionBooking(booking.StatusConfirmed); err != nil {
		return err
	}
	snapshot := r.reading.Snapshot
	if r.booking.CaptureMethod != booking.CaptureManual && !snapshot.SettlesLater && !snapshot.PaidAt.IsZero() {
		r.changes.add(func(o Observer) { o.BookingConfirmed(r.now.Sub(snapshot.PaidAt)) })
	}
	if !r.before.Returned {
		return nil
	}
	return r.applyStanding()
}

func (b *lockedBooking) receipt(paidAt time.Time) *notice.Content {
	return &notice.Content{Receipt: &notice.ReceiptContent{
		Paid:   money.Money{Value: b.payment.AmountCaptured, Currency: b.payment.Currency},
		PaidAt: paidAt, PaymentIntentID: b.payment.StripePaymentIntentID,
	}}
}

// notify queues the email about the booking's new state, or about a payment for which the booking still waits.
func (r *paymentRecorder) notify() error {
	pending := r.booking.Status == booking.StatusPendingPayment
	captureBefore := r.reading.Snapshot.CaptureBefore
	switch {
	case r.email != "":
		return r.queueEmail(r.email, string(r.email), r.content)
	case pending && r.payment.Status == booking.PaymentAuthorized && captureBefore.After(r.now):
		return r.queueEmail(notice.Authorized, string(notice.Authorized), &notice.Content{CaptureBefore: captureBefore})
	case pending && r.payment.Status == booking.PaymentFailed:
		return r.queueEmail(notice.PaymentFailed, occasionDecline, nil)
	}
	return nil
}

// result reads the ids of queued emails only where an earlier run has queued one.
func (r *paymentRecorder) result() (PaymentRecorded, error) {
	if r.before.NoneQueued {
		return r.paymentRecordedWith(idsOf(r.queued))
	}
	return r.paymentRecorded()
}

// paymentRecorded is the state of booking and payment, with the booking's emails that are queued.
func (b *lockedBooking) paymentRecorded() (PaymentRecorded, error) {
	emails, err := queuedEmails(b.tx, string(b.booking.Reference))
	if err != nil {
		return PaymentRecorded{}, err
	}
	return b.paymentRecordedWith(emails)
}

func (b *lockedBooking) paymentRecordedWith(emails []uint64) (recorded PaymentRecorded, err error) {
	recorded = PaymentRecorded{
		EmailIDs:      emails,
		BookingStatus: b.booking.Status,
		PaymentStatus: b.payment.Status,
		RefundDue:     b.booking.RefundDue,
		FeePending:    b.payment.Status == booking.PaymentSucceeded && !b.payment.FeePosted,
	}
	if b.payment.Status == booking.PaymentAuthorized {
		recorded.CaptureBefore = b.payment.CaptureBefore
	}
	if !recorded.RefundDue {
		return recorded, nil
	}
	recorded.RefundIDs, err = b.unaskedRefunds()
	return recorded, err
}

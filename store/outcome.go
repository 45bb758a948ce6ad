package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
)

// Reason says why a payment is looked at. It decides what a cancelled PaymentIntent means for the booking when Stripe
// itself gives no reason.
type Reason string

// The reasons.
const (
	ReasonEvent     Reason = "event"      // Stripe has news; a cancellation was not ours
	ReasonHoldEnded Reason = "hold_ended" // we cancelled, as the hold had ended
	ReasonCancelled Reason = "cancelled"  // we cancelled, as the customer or an operator asked
)

// Outcome is what Stripe says of a booking's payment now, and the events that made us look.
type Outcome struct {
	Snapshot booking.PaymentSnapshot
	EventIDs []string
	Reason   Reason
	Now      time.Time
}

// Recorded is where booking and payment stand afterwards.
type Recorded struct {
	BookingStatus booking.Status
	PaymentStatus booking.PaymentStatus
	EmailIDs      []uint64 // every mail of the booking that is queued and not sent yet
	FeePending    bool     // paid, and Stripe has not told its fee
	RefundDue     bool
	// RefundIDs are refunds that the books ask for by themselves and that Stripe has not been asked for yet.
	RefundIDs     []booking.RefundID
	CaptureBefore time.Time // of an authorised payment; zero otherwise
}

// AmountMismatch says that a PaymentIntent is not about what the booking costs, or is another one than the booking's.
// Nothing is posted; the booking is marked for a person.
type AmountMismatch struct {
	Reference booking.Reference
	Problem   string
}

func (e *AmountMismatch) Error() string {
	return fmt.Sprintf("booking %s: %s; nothing was posted, the booking is marked for attention", e.Reference, e.Problem)
}

// RecordPaymentOutcome is the recording step, the one writer of payment states: one transaction that locks booking and
// payment, compares amount and currency, makes the guarded transitions, posts to the ledger, marks the events processed
// and queues the mails. Repetition is harmless, and so is a snapshot that is older than what is recorded: what has
// succeeded stays so. Errors: ErrNotFound, *AmountMismatch, *booking.IllegalTransition.
func (s *Store) RecordPaymentOutcome(ctx context.Context, o Outcome) (Recorded, error) {
	var recorded Recorded
	var mismatch *AmountMismatch
	err := s.inTransaction(ctx, func(tx *gorm.DB) error {
		r := recording{tx: tx, now: o.Now}
		err := r.lock(o.Snapshot.Reference)
		if err != nil {
			return err
		}
		if mismatch, err = r.own(o.Snapshot); err != nil || mismatch != nil {
			return err
		}
		if err := r.record(o); err != nil {
			return err
		}
		recorded, err = r.result()
		return err
	})
	if err == nil && mismatch != nil {
		return Recorded{}, mismatch
	}
	return recorded, err
}

// own makes sure that the PaymentIntent is the booking's and about what it costs. A payment row that is lacking is made
// then: the PaymentIntent exists, since Stripe has just answered for it. One that does not fit is left out, so that it
// cannot take the place of the right one, and the booking is marked for a person.
func (r *recording) own(snapshot booking.PaymentSnapshot) (*AmountMismatch, error) {
	problem := r.compare(snapshot)
	if problem == "" && r.payment.ID == 0 {
		payment := newPaymentRow(r.booking.ID, snapshot, r.now)
		err := r.tx.Create(&payment).Error
		switch {
		case duplicateKey(err):
			problem = fmt.Sprintf("PaymentIntent %s is another booking's already", snapshot.PaymentIntentID)
		case err != nil:
			return nil, err
		default:
			r.payment = payment
		}
	}
	if problem == "" {
		return nil, nil
	}
	mismatch := &AmountMismatch{Reference: booking.Reference(r.booking.Reference), Problem: problem}
	return mismatch, r.markForAttention(problem)
}

// compare says what does not fit; empty when all does. One that is cancelled takes no money, whatever it was about.
func (r *recording) compare(snapshot booking.PaymentSnapshot) string {
	problem := ""
	switch {
	case r.payment.ID != 0 && r.payment.StripePaymentIntentID != snapshot.PaymentIntentID:
		problem = fmt.Sprintf("its PaymentIntent is %s, and this is %s", r.payment.StripePaymentIntentID, snapshot.PaymentIntentID)
	case snapshot.PaymentStatus() == booking.PaymentCanceled:
	case string(snapshot.Currency) != r.booking.Currency:
		problem = fmt.Sprintf("it costs %s, and PaymentIntent %s is in %s", r.booking.Currency, snapshot.PaymentIntentID, snapshot.Currency)
	case snapshot.Amount != r.booking.Amount:
		problem = fmt.Sprintf("it costs %d, and PaymentIntent %s is about %d (minor units)", r.booking.Amount, snapshot.PaymentIntentID, snapshot.Amount)
	case snapshot.PaymentStatus() == booking.PaymentSucceeded && !r.fits(snapshot.AmountReceived):
		problem = fmt.Sprintf("it costs %d, and %d was received (minor units)", r.booking.Amount, snapshot.AmountReceived)
	}
	return problem
}

// fits tells whether what was received is what was asked for: all of it, or at most that when it is captured by hand.
func (r *recording) fits(received int64) bool {
	if booking.CaptureMethod(r.booking.CaptureMethod) == booking.CaptureManual {
		return received > 0 && received <= r.booking.Amount
	}
	return received == r.booking.Amount
}

func (r *recording) record(o Outcome) error {
	if err := r.movePayment(o.Snapshot); err != nil {
		return err
	}
	if err := r.moveBooking(o); err != nil {
		return err
	}
	if err := r.post(o.Snapshot); err != nil {
		return err
	}
	return r.markProcessed(o.EventIDs)
}

// movePayment takes the payment to what Stripe says, unless that is older news than what is recorded.
func (r *recording) movePayment(snapshot booking.PaymentSnapshot) error {
	current, next := booking.PaymentStatus(r.payment.Status), snapshot.PaymentStatus()
	settled := current == booking.PaymentSucceeded || current == booking.PaymentCanceled
	if settled && next != booking.PaymentSucceeded {
		return nil
	}
	if err := current.To(next); err != nil {
		return err
	}
	r.payment.Status = string(next)
	r.payment.StripeChargeID = snapshot.ChargeID
	r.payment.DeclineCode = code(snapshot.DeclineCode)
	r.payment.CaptureBefore = timeOrNil(snapshot.CaptureBefore)
	if next == booking.PaymentSucceeded {
		r.payment.AmountCaptured = snapshot.AmountReceived
		r.payment.DeclineCode = ""
	}
	return r.tx.Model(&r.payment).Updates(map[string]any{
		"status": r.payment.Status, "stripe_charge_id": r.payment.StripeChargeID, "decline_code": r.payment.DeclineCode,
		"amount_captured": r.payment.AmountCaptured, "capture_before": r.payment.CaptureBefore, "updated_at": r.now,
	}).Error
}

// moveBooking draws the consequence for the booking, and queues the mail that tells the customer.
func (r *recording) moveBooking(o Outcome) error {
	open := booking.Status(r.booking.Status) == booking.StatusPendingPayment
	switch booking.PaymentStatus(r.payment.Status) {
	case booking.PaymentSucceeded:
		if open {
			return r.confirm()
		}
		return r.returnLateMoney()
	case booking.PaymentAuthorized:
		if open {
			return r.queueMail(booking.EmailAuthorized, string(booking.EmailAuthorized), &booking.Letter{CaptureBefore: o.Snapshot.CaptureBefore})
		}
	case booking.PaymentCanceled:
		if open {
			status, mail := meaningOfCancellation(o)
			return r.settle(status, mail, nil)
		}
	case booking.PaymentFailed:
		if open {
			return r.queueMail(booking.EmailPaymentFailed, occasionDecline, nil)
		}
	}
	return nil
}

// meaningOfCancellation goes by the reason that stands at Stripe, which survives whatever became of the one who
// cancelled, and by ours where there is none. Stripe's own reason, automatic, is an authorisation that ran out.
func meaningOfCancellation(o Outcome) (booking.Status, booking.EmailKind) {
	switch {
	case o.Snapshot.CancellationReason == "abandoned", o.Snapshot.CancellationReason == "automatic",
		o.Snapshot.CancellationReason == "" && o.Reason == ReasonHoldEnded:
		return booking.StatusExpired, booking.EmailHoldExpired
	case o.Snapshot.CancellationReason == "requested_by_customer", o.Snapshot.CancellationReason == "" && o.Reason == ReasonCancelled:
		return booking.StatusCancelled, booking.EmailCancelled
	default:
		return booking.StatusPaymentFailed, booking.EmailPaymentFailed
	}
}

// confirm makes the booking what the traveller wanted, with a receipt. Money that went back before we heard that it had
// come counts at once.
func (r *recording) confirm() error {
	receipt := &booking.Letter{Receipt: &booking.ReceiptLetter{
		Paid:   booking.Money{Value: r.payment.AmountCaptured, Currency: booking.Currency(r.payment.Currency)},
		PaidAt: r.now, PaymentIntentID: r.payment.StripePaymentIntentID,
	}}
	if err := r.settle(booking.StatusConfirmed, booking.EmailConfirmed, receipt); err != nil {
		return err
	}
	var returned bool
	err := r.tx.Raw("SELECT EXISTS (SELECT 1 FROM refunds WHERE booking_id = ?) OR EXISTS (SELECT 1 FROM disputes WHERE booking_id = ?)",
		r.booking.ID, r.booking.ID).Scan(&returned).Error
	if err != nil || !returned {
		return err
	}
	return r.followMoney()
}

func (r *recording) settle(next booking.Status, mail booking.EmailKind, content *booking.Letter) error {
	if err := booking.Status(r.booking.Status).To(next); err != nil {
		return err
	}
	r.booking.Status = string(next)
	err := r.tx.Model(&r.booking).Updates(map[string]any{"status": r.booking.Status, "updated_at": r.now}).Error
	if err != nil {
		return err
	}
	return r.queueMail(mail, string(mail), content)
}

// returnLateMoney sends money back that came for a booking that was closed without it: the refund is reserved in the
// transaction that learns of the money, so that it is not forgotten whatever dies next.
func (r *recording) returnLateMoney() error {
	if !r.late() {
		return nil
	}
	r.booking.RefundDue = r.payment.AmountRefunded+r.payment.AmountChargedBack < r.payment.AmountCaptured
	err := r.tx.Model(&r.booking).Updates(map[string]any{"refund_due": r.booking.RefundDue, "updated_at": r.now}).Error
	if err != nil || !r.booking.RefundDue {
		return err
	}
	err = r.reserveLateMoney()
	var refused *NotRefundable
	var exceeds *RefundExceedsCaptured
	switch {
	case errors.As(err, &refused) && r.payment.AmountChargedBack > 0:
		// The bank gave back a part, and Stripe refunds nothing of a payment that was charged back.
		return r.markForAttention("the rest of money that came too late is owed to the customer in another way: a part was charged back")
	case errors.As(err, &refused), errors.As(err, &exceeds):
		return nil // it is going back already by hand, or the bank decides first, and its decision leads here again
	}
	return err
}

func (r *recording) reserveLateMoney() error {
	if err := r.refundable(); err != nil {
		return err
	}
	key, err := r.lateMoneyKey()
	if err != nil {
		return err
	}
	_, err = r.reserveRefund(refundRow{
		Origin: string(booking.RefundFromLateMoney), OriginKey: &key, Reason: string(booking.ReasonRequestedByCustomer),
		CorrelationID: r.booking.CorrelationID,
	})
	return err
}

// lateMoneyKey makes the refund of late money one. A dispute that stood in its way and is won leads to another: at most one
// a dispute, so that a refusal for whatever else the books do not know is not asked for again for ever.
func (r *recording) lateMoneyKey() (string, error) {
	var earlier []refundRow
	err := r.tx.Where("booking_id = ? AND origin = ?", r.booking.ID, string(booking.RefundFromLateMoney)).Order("id").Find(&earlier).Error
	if err != nil {
		return "", err
	}
	var won int64
	err = r.tx.Model(&disputeRow{}).Where("booking_id = ? AND status = ?", r.booking.ID, string(booking.DisputeWon)).Count(&won).Error
	if err != nil {
		return "", err
	}
	generation := max(len(earlier), 1)
	if len(earlier) > 0 && len(earlier) <= int(won) {
		last := earlier[len(earlier)-1]
		if booking.RefundStatus(last.Status) == booking.RefundFailed && booking.RefundRefusedForDispute(last.FailureReason) {
			generation++
		}
	}
	key := "late_money/" + r.payment.StripePaymentIntentID
	if generation > 1 {
		key = fmt.Sprintf("%s/%d", key, generation)
	}
	return key, nil
}

func (r *recording) result() (Recorded, error) {
	recorded := Recorded{
		BookingStatus: booking.Status(r.booking.Status),
		PaymentStatus: booking.PaymentStatus(r.payment.Status),
		RefundDue:     r.booking.RefundDue,
		FeePending:    booking.PaymentStatus(r.payment.Status) == booking.PaymentSucceeded && !r.payment.FeePosted,
	}
	if r.payment.CaptureBefore != nil && recorded.PaymentStatus == booking.PaymentAuthorized {
		recorded.CaptureBefore = *r.payment.CaptureBefore
	}
	var err error
	if recorded.EmailIDs, err = queuedMails(r.tx, r.booking.Reference); err != nil || !recorded.RefundDue {
		return recorded, err
	}
	recorded.RefundIDs, err = r.unaskedRefunds()
	return recorded, err
}

// unaskedRefunds are those that the books ask for by themselves and that Stripe has not been asked for yet.
func (r *recording) unaskedRefunds() (ids []booking.RefundID, err error) {
	err = r.tx.Model(&refundRow{}).Where("booking_id = ? AND status = ? AND origin_key IS NOT NULL", r.booking.ID, string(booking.RefundRequested)).
		Order("id").Pluck("refund_id", &ids).Error
	return ids, err
}

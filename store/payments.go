package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
)

func newPaymentRow(bookingID uint64, snapshot booking.PaymentSnapshot, now time.Time) paymentRow {
	return paymentRow{
		BookingID:             bookingID,
		StripePaymentIntentID: snapshot.PaymentIntentID,
		Status:                string(booking.PaymentPending),
		Amount:                snapshot.Amount,
		Currency:              string(snapshot.Currency),
		CreatedAt:             now,
		UpdatedAt:             now,
	}
}

// RecordPaymentIntent writes the payment row of a booking whose PaymentIntent was just created. Harmless when repeated;
// another PaymentIntent for the same booking, or one about another amount, is an *AmountMismatch.
func (s *Store) RecordPaymentIntent(ctx context.Context, snapshot booking.PaymentSnapshot) error {
	var mismatch *AmountMismatch
	err := s.inTransaction(ctx, func(tx *gorm.DB) error {
		r := recording{tx: tx, now: time.Now().UTC()}
		if err := r.lock(snapshot); err != nil {
			return err
		}
		if mismatch = r.compare(snapshot); mismatch != nil {
			return r.markForAttention(mismatch.Problem)
		}
		return nil
	})
	if err == nil && mismatch != nil {
		return mismatch
	}
	return err
}

// RecordPaymentRefused closes a booking that got no PaymentIntent: Stripe refuses it for good (code is Stripe's), or was
// away for the whole hold. Harmless when repeated. A booking that has a payment after all is left as it is.
func (s *Store) RecordPaymentRefused(ctx context.Context, reference booking.Reference, code string) (Recorded, error) {
	var recorded Recorded
	err := s.inTransaction(ctx, func(tx *gorm.DB) error {
		r := recording{tx: tx, now: time.Now().UTC()}
		if err := r.lockBooking(reference); err != nil {
			return err
		}
		err := tx.Where("booking_id = ?", r.booking.ID).Take(&r.payment).Error
		if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
			return err
		}
		if r.payment.ID == 0 && booking.Status(r.booking.Status) == booking.StatusPendingPayment {
			r.payment.DeclineCode = code
			if err := r.settle(booking.StatusPaymentFailed, booking.EmailPaymentFailed); err != nil {
				return err
			}
			if err := r.markForAttention(fmt.Sprintf("no PaymentIntent could be made: %s", code)); err != nil {
				return err
			}
		}
		recorded, err = r.result()
		return err
	})
	return recorded, err
}

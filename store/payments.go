package store

import (
	"context"
	"fmt"
	"time"

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
// another PaymentIntent for the same booking, or one about another amount, is an *AmountMismatch. twin tells that an earlier
// attempt may have made another PaymentIntent (see PossibleTwins).
func (s *Store) RecordPaymentIntent(ctx context.Context, snapshot booking.PaymentSnapshot, twin bool) error {
	var mismatch *AmountMismatch
	err := s.underLock(ctx, snapshot.Reference, time.Now().UTC(), func(r *recording) (err error) {
		p := paying{r}
		mismatch, err = p.own(snapshot)
		if err != nil || mismatch != nil || !twin {
			return err
		}
		return noteTwin(r)
	})
	if err == nil && mismatch != nil {
		return mismatch
	}
	return err
}

// NoteOtherPayment marks a booking that was paid by another PaymentIntent than its own: somebody has to give that money
// back. Harmless when repeated. Errors: ErrNotFound.
func (s *Store) NoteOtherPayment(ctx context.Context, reference booking.Reference, paymentIntentID string) error {
	return s.underLock(ctx, reference, time.Now().UTC(), func(r *recording) error {
		return r.markForAttention(fmt.Sprintf("paid by PaymentIntent %s as well, which is not its own: refund that one at Stripe", paymentIntentID))
	})
}

// RecordPaymentRefused closes a booking that got no PaymentIntent: Stripe refuses it for good (refusal is its code), or was
// away for the whole hold. Harmless when repeated. A booking that has a payment after all is left as it is.
func (s *Store) RecordPaymentRefused(ctx context.Context, reference booking.Reference, refusal string) (PaymentRecorded, error) {
	var recorded PaymentRecorded
	err := s.underLock(ctx, reference, time.Now().UTC(), func(r *recording) (err error) {
		if r.payment.ID == 0 && booking.Status(r.booking.Status) == booking.StatusPendingPayment {
			r.payment.DeclineCode = code(refusal)
			if err := r.settle(booking.StatusPaymentFailed, booking.EmailPaymentFailed, nil); err != nil {
				return err
			}
			if err := r.markForAttention(fmt.Sprintf("no PaymentIntent could be made: %s", refusal)); err != nil {
				return err
			}
		}
		p := paying{r}
		recorded, err = p.result()
		return err
	})
	return recorded, err
}

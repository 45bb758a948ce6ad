package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"farebook/booking"
	"farebook/money"
	"farebook/notice"
	"farebook/store/internal/db"
)

// RecordPaymentIntent inserts the payment row of a booking whose PaymentIntent was created or found. Harmless when repeated: the row is
// UNIQUE per booking. Another PaymentIntent for the same booking, or one about another amount or booking, is a *ContradictionError. twin:
// an earlier attempt may have created another PaymentIntent (see PossibleTwins). A new PaymentIntent that fits is one INSERT; anything else
// is decided under the booking's lock.
func (s *Store) RecordPaymentIntent(ctx context.Context, reference booking.Reference, snapshot booking.PaymentSnapshot, twin bool) error {
	if !twin && isNewPayment(reference, snapshot) {
		inserted, err := insertNewPayment(s.db.WithContext(ctx), reference, snapshot, s.Now())
		if inserted || err != nil {
			return err
		}
	}
	return s.decidePaymentIntent(ctx, reference, snapshot, twin)
}

// decidePaymentIntent is RecordPaymentIntent under the booking's lock.
func (s *Store) decidePaymentIntent(ctx context.Context, reference booking.Reference, snapshot booking.PaymentSnapshot, twin bool) error {
	var contradiction *ContradictionError
	err := s.underLock(ctx, reference, s.Now(), func(b *lockedBooking) (err error) {
		if b.payment.ID == 0 && snapshot.Reference != reference {
			problem := fmt.Sprintf("PaymentIntent %s of the same request names booking %q", snapshot.PaymentIntentID, snapshot.Reference)
			contradiction, err = b.contradiction(AttentionPaymentMismatch, snapshot.PaymentIntentID, problem)
			return err
		}
		r := &paymentRecorder{lockedBooking: b, reading: PaymentReading{Snapshot: snapshot, Now: b.now}}
		contradiction, err = r.load()
		if err != nil || contradiction != nil || !twin {
			return err
		}
		return noteTwin(b)
	})
	if err == nil && contradiction != nil {
		return contradiction
	}
	return err
}

// RecordPaymentIntentAnswered is RecordPaymentIntent for a PaymentIntent without a twin, with the first answer to the request that made the
// booking: both are stored in one transaction. kept is false where the request has an answer already, or where the PaymentIntent is not
// new: the caller then stores its answer by StoreAnswer.
func (s *Store) RecordPaymentIntentAnswered(ctx context.Context, reference booking.Reference, snapshot booking.PaymentSnapshot,
	status int, body []byte,
) (kept bool, err error) {
	if !isNewPayment(reference, snapshot) {
		return false, s.decidePaymentIntent(ctx, reference, snapshot, false)
	}
	inserted := false
	err = s.db.InTransaction(ctx, func(tx *gorm.DB) error {
		kept = false
		var err error
		inserted, err = insertNewPayment(tx, reference, snapshot, s.Now())
		if err != nil || !inserted {
			return err
		}
		stored := tx.Model(&idempotencyRow{}).
			Where("booking_id = (SELECT id FROM bookings WHERE reference = ?) AND operation = ? AND answer_body IS NULL", reference,
				OperationCreateBooking).
			Updates(map[string]any{"answer_status": status, "answer_body": string(body)})
		kept = stored.RowsAffected == 1
		return stored.Error
	})
	if err != nil || inserted {
		return kept && err == nil, err
	}
	return false, s.decidePaymentIntent(ctx, reference, snapshot, false)
}

// isNewPayment reports whether a PaymentIntent is as its creation leaves it, and names the booking.
func isNewPayment(reference booking.Reference, snapshot booking.PaymentSnapshot) bool {
	return snapshot.Reference == reference && snapshot.PaymentStatus() == booking.PaymentPending
}

// insertNewPayment inserts the payment row of a booking that has this amount and currency, no other payment and no open matter, and
// reports whether it has. The foreign key has it wait for whoever holds the booking's lock.
func insertNewPayment(conn *gorm.DB, reference booking.Reference, snapshot booking.PaymentSnapshot, now time.Time) (bool, error) {
	row := newPaymentRow(0, snapshot, now)
	inserted := conn.Exec(`INSERT INTO payments (booking_id, stripe_payment_intent_id, status, stripe_status, amount,
			amount_captured, amount_refunded, amount_charged_back, currency, stripe_charge_id, decline_code, fee_posted, created_at, updated_at)
		SELECT id, ?, ?, '', amount, 0, 0, 0, currency, '', '', FALSE, ?, ? FROM bookings
		WHERE reference = ? AND amount = ? AND currency = ? AND attention IS NULL`,
		row.StripePaymentIntentID, row.Status, row.CreatedAt, row.UpdatedAt, reference, row.Amount, row.Currency)
	if db.DuplicateKey(inserted.Error) {
		return false, nil
	}
	return inserted.RowsAffected == 1, inserted.Error
}

// OtherPaymentReading is the state at Stripe of a PaymentIntent that an event assigned to a booking which has another PaymentIntent.
type OtherPaymentReading struct {
	Reference booking.Reference
	Snapshot  booking.PaymentSnapshot
	EventIDs  []string
	Now       time.Time
}

// RecordOtherPayment marks a booking for attention when a second PaymentIntent names it at Stripe and has money, and settles the events.
// It does not decide which of the two is to be refunded: metadata can be edited, so the text names both with their state at Stripe. The
// events of a PaymentIntent that belongs to another booking are left for the inbox to dispatch again. Harmless when repeated: one open
// matter per PaymentIntent. Errors: ErrNotFound.
func (s *Store) RecordOtherPayment(ctx context.Context, o OtherPaymentReading) error {
	owner, err := s.referenceOfPayment(ctx, o.Snapshot.PaymentIntentID)
	if err == nil && owner != o.Reference {
		return nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return s.underLock(ctx, o.Reference, o.Now, func(b *lockedBooking) error {
		switch {
		case o.Snapshot.Reference != o.Reference:
			return setAside(b.tx, o.EventIDs, notNamedNote, o.Now)
		case o.Snapshot.HasMoney():
			if err := b.markForAttention(AttentionOtherPayment, o.Snapshot.PaymentIntentID, b.besideItsOwn(o.Snapshot)); err != nil {
				return err
			}
		default:
			if err := b.settleAttention(AttentionOtherPayment, o.Snapshot.PaymentIntentID); err != nil {
				return err
			}
		}
		return markNoted(b.tx, o.EventIDs, "about another PaymentIntent than the booking's", o.Now)
	})
}

// RecordPaymentRefused closes a booking that got no PaymentIntent: Stripe refused it for good (refusal is Stripe's code), or was
// unavailable for the whole hold. Harmless when repeated: a guarded transition. A booking that has a payment after all is left as it is.
func (s *Store) RecordPaymentRefused(ctx context.Context, reference booking.Reference, refusal string) (PaymentRecorded, error) {
	var recorded PaymentRecorded
	err := s.underLock(ctx, reference, s.Now(), func(b *lockedBooking) (err error) {
		if b.payment.ID == 0 && b.booking.Status == booking.StatusPendingPayment {
			b.payment.DeclineCode = db.Code(refusal)
			if err := b.transitionBooking(booking.StatusPaymentFailed); err != nil {
				return err
			}
			if err := b.queueEmail(notice.PaymentFailed, string(notice.PaymentFailed), nil); err != nil {
				return err
			}
			if err := b.markForAttention(AttentionPaymentRefused, "", fmt.Sprintf("no PaymentIntent could be made: %s", refusal)); err != nil {
				return err
			}
		}
		recorded, err = b.paymentRecorded()
		return err
	})
	return recorded, err
}

// besideItsOwn names both PaymentIntents with their state at Stripe, for the operator who decides.
func (b *lockedBooking) besideItsOwn(other booking.PaymentSnapshot) string {
	amount := money.Money{Value: other.Amount, Currency: other.Currency}
	if other.AmountReceived > 0 {
		amount.Value = other.AmountReceived
	}
	return fmt.Sprintf("PaymentIntent %s (%s, %s) names this booking beside its own %s (%s): compare both at Stripe",
		other.PaymentIntentID, amount.Format(money.LocaleEN), other.StripeStatus, b.payment.StripePaymentIntentID, b.payment.Status)
}

// noteTwin keeps that another PaymentIntent of the booking may be at Stripe. Harmless when repeated.
func noteTwin(b *lockedBooking) error {
	return b.tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&twinRow{BookingID: b.booking.ID, CreatedAt: b.now}).Error
}

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"farebook/booking"
	"farebook/money"
	"farebook/notice"
)

// Cancellation is what a customer or an operator asks for after payment.
type Cancellation struct {
	Reference booking.Reference
	Policy    booking.Policy
	// ExpectedRefund is what the one who asks was quoted, in minor units; nil takes what the policy gives now.
	ExpectedRefund *int64
	Now            time.Time
}

// Cancelled is what came of it.
type Cancelled struct {
	BookingStatus booking.Status
	Percent       int
	Refund        money.Money
	RefundID      booking.RefundID // empty when the policy gives nothing back
	EmailIDs      []uint64         // the booking's mails that are queued and not sent yet
}

// NotCancellable says why a booking cannot be cancelled after payment.
type NotCancellable struct{ Why string }

func (e *NotCancellable) Error() string { return e.Why }

// QuoteChanged says that the policy gives something else now than was quoted.
type QuoteChanged struct{ Quote booking.Quote }

func (e *QuoteChanged) Error() string {
	return fmt.Sprintf("the refund is %s now, and not what was quoted: ask for the quote again", e.Quote.Refund.Format(money.LocaleEN))
}

// CancelPaid cancels a booking after payment under the refund policy: booking, refund and mail in one transaction.
// Repetition is harmless: a booking that is cancelled already answers with what came of it. Errors: ErrNotFound,
// *NotCancellable, *QuoteChanged.
func (s *Store) CancelPaid(ctx context.Context, in Cancellation) (Cancelled, error) {
	var cancelled Cancelled
	err := s.underLock(ctx, in.Reference, in.Now, func(r *recording) error {
		if r.booking.CancelledAt == nil {
			if err := r.cancelPaid(in); err != nil {
				return err
			}
		}
		var err error
		cancelled, err = r.cancelled()
		return err
	})
	return cancelled, err
}

// QuoteCancellation is what a cancellation would give back now, and nothing is written. Errors as for CancelPaid.
func (s *Store) QuoteCancellation(ctx context.Context, in Cancellation) (booking.Quote, error) {
	var quote booking.Quote
	err := s.underLock(ctx, in.Reference, in.Now, func(r *recording) error {
		var err error
		quote, err = r.quote(in)
		return err
	})
	return quote, err
}

// quote refuses for the same reasons as the cancellation itself.
func (r *recording) quote(in Cancellation) (booking.Quote, error) {
	switch status := booking.Status(r.booking.Status); {
	case r.booking.CancelledAt != nil:
		return booking.Quote{}, &NotCancellable{"the booking is cancelled already"}
	case status != booking.StatusConfirmed && status != booking.StatusPartiallyRefunded:
		return booking.Quote{}, &NotCancellable{"the booking is " + string(status)}
	}
	var refused *NotRefundable
	if err := r.refundable(); errors.As(err, &refused) {
		return booking.Quote{}, &NotCancellable{refused.Why}
	} else if err != nil {
		return booking.Quote{}, err
	}
	known, err := r.booking.domain()
	if err != nil {
		return booking.Quote{}, err
	}
	reserved, err := r.reserved()
	captured := money.Money{Value: r.payment.AmountCaptured, Currency: money.Currency(r.payment.Currency)}
	if err == nil && known.Flight.DepartsAt.IsZero() {
		return booking.Quote{}, &NotCancellable{"its flight is not known, as the booking was rebuilt from Stripe: repeat the request that made it under " +
			"its Idempotency-Key first"}
	}
	return in.Policy.Quote(captured, reserved, known.Flight.DepartsAt, in.Now), err
}

func (r *recording) cancelPaid(in Cancellation) error {
	quote, err := r.quote(in)
	if err != nil {
		return err
	}
	if in.ExpectedRefund != nil && *in.ExpectedRefund != quote.Refund.Value {
		return &QuoteChanged{quote}
	}
	r.booking.CancelledAt, r.booking.CancelPercent = &r.now, &quote.Percent
	err = r.tx.Model(&r.booking).Updates(map[string]any{"cancelled_at": r.now, "cancel_percent": quote.Percent, "updated_at": r.now}).Error
	if err != nil {
		return err
	}
	if quote.Refund.Value > 0 {
		key := cancellationKey(r.booking.Reference)
		_, err = r.reserveOnce(refundRow{
			Origin: string(booking.RefundFromCancellation), OriginKey: &key, Amount: quote.Refund.Value,
			Reason: string(booking.ReasonRequestedByCustomer), CorrelationID: r.booking.CorrelationID,
		})
		if err != nil {
			return err
		}
	}
	if err := r.followMoney(); err != nil {
		return err
	}
	return r.queueMail(notice.CancelledPaid, string(notice.CancelledPaid), &notice.Content{Quote: &notice.QuoteContent{
		Refund: quote.Refund, Kept: quote.Kept, Percent: quote.Percent, Hours: quote.HoursBeforeDeparture,
	}})
}

func cancellationKey(reference string) string { return "cancellation/" + reference }

func (r *recording) cancelled() (Cancelled, error) {
	out := Cancelled{
		BookingStatus: booking.Status(r.booking.Status), Percent: *r.booking.CancelPercent,
		Refund: money.Money{Currency: money.Currency(r.payment.Currency)},
	}
	var refund refundRow
	err := r.tx.Where("origin_key = ?", cancellationKey(r.booking.Reference)).Take(&refund).Error
	switch {
	case err == nil:
		out.RefundID, out.Refund.Value = booking.RefundID(refund.RefundID), refund.Amount
	case !errors.Is(err, gorm.ErrRecordNotFound):
		return Cancelled{}, err
	}
	out.EmailIDs, err = queuedMails(r.tx, r.booking.Reference)
	return out, err
}

// WarnOfCapture queues a mail to the finance department that an authorisation is about to run out, once a booking, and
// returns the booking's mails that are not sent yet. A payment that is no longer authorised is left alone.
func (s *Store) WarnOfCapture(ctx context.Context, reference booking.Reference, now time.Time) ([]uint64, error) {
	var mails []uint64
	err := s.underLock(ctx, reference, now, func(r *recording) error {
		before := r.payment.CaptureBefore
		if booking.PaymentStatus(r.payment.Status) == booking.PaymentAuthorized && before != nil && before.After(now) {
			err := r.queueMail(notice.CaptureDue, string(notice.CaptureDue), &notice.Content{CaptureBefore: *r.payment.CaptureBefore})
			if err != nil {
				return err
			}
		}
		var err error
		mails, err = queuedMails(r.tx, string(reference))
		return err
	})
	return mails, err
}

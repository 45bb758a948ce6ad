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
	"farebook/webhook"
)

// Cancellation is what a customer or an operator asks for after payment.
type Cancellation struct {
	Reference booking.Reference
	Policy    booking.Policy
	// ExpectedRefund is the quoted refund in minor units; nil accepts what the policy refunds now.
	ExpectedRefund *int64
	Now            time.Time
}

// Cancelled is the outcome of a cancellation. It is the result of an activity: Temporal's histories hold its JSON.
type Cancelled struct {
	BookingStatus booking.Status   `json:"bookingStatus"`
	Percent       int              `json:"percent"`
	Refund        money.Money      `json:"refund"`
	RefundID      booking.RefundID `json:"refundId,omitempty"` // empty when the policy refunds nothing
	EmailIDs      []uint64         `json:"emailIds,omitempty"` // the booking's emails that are queued and not sent yet
}

// NotCancellableError says why a booking cannot be cancelled after payment.
type NotCancellableError struct{ Why string }

func (e *NotCancellableError) Error() string { return e.Why }

// QuoteChangedError means that the policy refunds another amount now than was quoted.
type QuoteChangedError struct{ Quote booking.Quote }

func (e *QuoteChangedError) Error() string {
	return fmt.Sprintf("the refund is %s now, and not what was quoted: ask for the quote again", e.Quote.Refund.Format(money.LocaleEN))
}

// CancelPaid cancels a booking after payment under the refund policy: booking, reserved refund and email in one transaction. Repetition is
// harmless: a booking that is cancelled already returns the same result. Errors: ErrNotFound, *NotCancellableError, *QuoteChangedError.
func (s *Store) CancelPaid(ctx context.Context, in Cancellation) (Cancelled, error) {
	var cancelled Cancelled
	err := s.underLock(ctx, in.Reference, in.Now, func(b *lockedBooking) error {
		if b.booking.CancelledAt == nil {
			if err := b.cancelPaid(in); err != nil {
				return err
			}
		}
		var err error
		cancelled, err = b.cancelled()
		return err
	})
	return cancelled, err
}

// QuoteCancellation is what a cancellation would refund now. It writes nothing. Errors as for CancelPaid.
func (s *Store) QuoteCancellation(ctx context.Context, in Cancellation) (booking.Quote, error) {
	var quote booking.Quote
	err := s.underLock(ctx, in.Reference, in.Now, func(b *lockedBooking) error {
		var err error
		quote, err = b.quote(in)
		return err
	})
	return quote, err
}

// quote refuses for the same reasons as the cancellation.
func (b *lockedBooking) quote(in Cancellation) (booking.Quote, error) {
	switch status := b.booking.Status; {
	case b.booking.CancelledAt != nil:
		return booking.Quote{}, &NotCancellableError{"the booking is cancelled already"}
	case status != booking.StatusConfirmed && status != booking.StatusPartiallyRefunded:
		return booking.Quote{}, &NotCancellableError{"the booking is " + string(status)}
	}
	var refused *NotRefundableError
	if err := b.refundable(); errors.As(err, &refused) {
		return booking.Quote{}, &NotCancellableError{refused.Why}
	} else if err != nil {
		return booking.Quote{}, err
	}
	known, err := b.booking.domain()
	if err != nil {
		return booking.Quote{}, err
	}
	reserved, err := b.reserved()
	captured := money.Money{Value: b.payment.AmountCaptured, Currency: b.payment.Currency}
	if err == nil && known.Flight.DepartsAt.IsZero() {
		return booking.Quote{}, &NotCancellableError{"its flight is not known, as the booking was rebuilt from Stripe: repeat the request " +
			"that made it under " +
			"its Idempotency-Key first"}
	}
	policy, now := b.policyOf(in)
	return policy.Quote(captured, reserved, known.Flight.DepartsAt, now), err
}

func (b *lockedBooking) cancelPaid(in Cancellation) error {
	quote, err := b.quote(in)
	if err != nil {
		return err
	}
	if in.ExpectedRefund != nil && *in.ExpectedRefund != quote.Refund.Value {
		return &QuoteChangedError{quote}
	}
	if err := b.carryOver(); err != nil { // before the booking is cancelled, as that changes what is owed
		return err
	}
	b.booking.CancelledAt, b.booking.CancelPercent = &b.now, &quote.Percent
	if err := b.saveBooking("cancelled_at", "cancel_percent"); err != nil {
		return err
	}
	if quote.Refund.Value > 0 {
		key := cancellationKey(b.booking.Reference)
		_, err = b.reserveOnce(refundRow{
			Origin: booking.RefundFromCancellation, OriginKey: &key, Amount: quote.Refund.Value,
			Reason: string(booking.ReasonRequestedByCustomer), CorrelationID: b.booking.CorrelationID, TraceParent: b.booking.TraceParent,
		})
		if err != nil {
			return err
		}
	}
	for _, step := range []func() error{
		b.postCancellation, func() error { return b.endSupplements(quote.Percent) }, b.noCancelDue, b.applyStanding,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	b.emit(webhook.BookingCancelled, string(b.booking.Reference), b.bookingData) // whatever state its money leads to
	return b.queueEmail(notice.CancelledPaid, string(notice.CancelledPaid), &notice.Content{Quote: &notice.QuoteContent{
		Refund: quote.Refund, Kept: quote.Kept, Percent: quote.Percent, Hours: quote.HoursBeforeDeparture,
	}})
}

func cancellationKey(reference booking.Reference) string { return "cancellation/" + string(reference) }

func (b *lockedBooking) cancelled() (Cancelled, error) {
	out := Cancelled{
		BookingStatus: b.booking.Status, Percent: *b.booking.CancelPercent,
		Refund: money.Money{Currency: b.payment.Currency},
	}
	var refund refundRow
	err := b.tx.Where("origin_key = ?", cancellationKey(b.booking.Reference)).Take(&refund).Error
	switch {
	case err == nil:
		out.RefundID, out.Refund.Value = refund.RefundID, refund.Amount
	case !errors.Is(err, gorm.ErrRecordNotFound):
		return Cancelled{}, err
	}
	out.EmailIDs, err = queuedEmails(b.tx, string(b.booking.Reference))
	return out, err
}

// WarnOfCapture queues an email to the finance department that an authorisation is about to expire, once per booking, and returns the
// booking's emails that are not sent yet. A payment that is no longer authorised gets no email.
func (s *Store) WarnOfCapture(ctx context.Context, reference booking.Reference, now time.Time) ([]uint64, error) {
	var emails []uint64
	err := s.underLock(ctx, reference, now, func(b *lockedBooking) error {
		before := b.payment.CaptureBefore
		if b.payment.Status == booking.PaymentAuthorized && before != nil && before.After(now) {
			err := b.queueEmail(notice.CaptureDue, string(notice.CaptureDue), &notice.Content{CaptureBefore: *b.payment.CaptureBefore})
			if err != nil {
				return err
			}
		}
		var err error
		emails, err = queuedEmails(b.tx, string(reference))
		return err
	})
	return emails, err
}

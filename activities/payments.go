// Package activities is what workflows may do to the world: call Stripe, write the books, send mail. Every activity
// runs at least once and may run twice at a time; each says which key makes that harmless. Inputs and results carry
// references, ids and states only, because they rest in Temporal's history.
package activities

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/store"
)

// Payments are the activities about a booking's PaymentIntent.
type Payments struct {
	Stripe *stripeapi.Client
	Store  *store.Store
	// Policy is what a cancellation after payment gives back.
	Policy booking.Policy
	Log    *slog.Logger
}

// clockSkew widens a look-up by creation time, as Stripe's clock is not ours.
const clockSkew = 10 * time.Minute

// BookingRef names a booking.
type BookingRef struct {
	Reference booking.Reference `json:"reference"`
}

// PaymentIntentCreated says where booking and payment stand once the PaymentIntent is known, or was refused for good.
type PaymentIntentCreated struct {
	PaymentIntentID string                `json:"paymentIntentId,omitempty"`
	BookingStatus   booking.Status        `json:"bookingStatus"`
	PaymentStatus   booking.PaymentStatus `json:"paymentStatus,omitempty"`
	EmailIDs        []uint64              `json:"emailIds,omitempty"`
	// FeePending is true for a paid booking whose fee Stripe has not told yet.
	FeePending bool `json:"feePending,omitempty"`
	// CaptureBefore is when Stripe lets an authorised payment go.
	CaptureBefore *time.Time `json:"captureBefore,omitempty"`
}

// CreatePaymentIntent makes the booking's PaymentIntent at Stripe and its payment row. Harmless when repeated: the
// payment row is UNIQUE per booking and read first; before it is written, Stripe's key
// <reference>/create-payment-intent/<generation> answers with the same PaymentIntent.
func (p *Payments) CreatePaymentIntent(ctx context.Context, in BookingRef) (PaymentIntentCreated, error) {
	known, err := p.Store.Booking(ctx, in.Reference)
	if err != nil {
		return PaymentIntentCreated{}, storeError(err)
	}
	if known.Payment != nil {
		// Another run on the booking carries on what the one before left: its emails, too.
		result := created(known)
		result.EmailIDs, err = p.Store.QueuedEmailsOf(ctx, in.Reference)
		return result, storeError(err)
	}
	if known.Status.Final() {
		// Refused already, by an attempt that died before it could tell of the mail.
		return p.ClosePayment(ctx, ClosePaymentInput{Reference: in.Reference})
	}
	failpoint.Hit("before-create-payment-intent")
	snapshot, twin, err := p.ensurePaymentIntent(ctx, known)
	if stripeapi.IsKind(err, stripeapi.InvalidRequest) {
		return p.refused(ctx, in.Reference, err)
	}
	if err != nil {
		return PaymentIntentCreated{}, stripeError(err)
	}
	failpoint.Hit("after-create-payment-intent")
	if err := p.Store.RecordPaymentIntent(ctx, snapshot, twin); err != nil {
		return PaymentIntentCreated{}, storeError(err)
	}
	failpoint.Hit("after-payment-row")
	return PaymentIntentCreated{
		PaymentIntentID: snapshot.PaymentIntentID,
		BookingStatus:   known.Status,
		PaymentStatus:   snapshot.PaymentStatus(),
	}, nil
}

func created(known store.Booking) PaymentIntentCreated {
	result := PaymentIntentCreated{BookingStatus: known.Status}
	if known.Payment != nil {
		result.PaymentIntentID = known.Payment.PaymentIntentID
		result.PaymentStatus = known.Payment.Status
		result.FeePending = known.Payment.Status == booking.PaymentSucceeded && !known.Payment.FeePosted
		if known.Payment.Status == booking.PaymentAuthorized {
			result.CaptureBefore = known.Payment.CaptureBefore
		}
	}
	return result
}

// ensurePaymentIntent creates the PaymentIntent, or finds the one that an earlier attempt created without our hearing
// of it. A creation moves no money: one look, then the next key, so that the booking stays payable. twin tells that an earlier
// key may have made another one, whose client secret nobody has: cancelTwins finds it later.
func (p *Payments) ensurePaymentIntent(ctx context.Context, known store.Booking) (snapshot booking.PaymentSnapshot, twin bool, err error) {
	request := stripeapi.NewPaymentIntent{Reference: known.Reference, Amount: known.Amount, Capture: known.Capture, Methods: known.Methods, CorrelationID: known.CorrelationID}
	snapshot, generations, err := creation[booking.PaymentSnapshot]{
		create: func(generation int) (booking.PaymentSnapshot, error) {
			return p.Stripe.CreatePaymentIntent(ctx, request, generation)
		},
		find:    func() (booking.PaymentSnapshot, bool, error) { return p.glance(ctx, known) },
		findAll: func() (booking.PaymentSnapshot, bool, error) { return p.search(ctx, known) },
		since:   known.CreatedAt,
		now:     p.Store.Now,
	}.once(ctx)
	return snapshot, generations > 1, err
}

func (p *Payments) refused(ctx context.Context, reference booking.Reference, cause error) (PaymentIntentCreated, error) {
	var failure *stripeapi.Failure
	if !errors.As(cause, &failure) {
		return PaymentIntentCreated{}, cause
	}
	p.Log.ErrorContext(ctx, "Stripe refuses the PaymentIntent of a booking for good",
		"reference", reference, "code", failure.Code, "param", failure.Param, "requestId", failure.RequestID)
	failpoint.Hit("before-record-payment-refused")
	recorded, err := p.Store.RecordPaymentRefused(ctx, reference, failure.Code)
	if err != nil {
		return PaymentIntentCreated{}, storeError(err)
	}
	failpoint.Hit("after-record-payment-refused")
	return PaymentIntentCreated{BookingStatus: recorded.BookingStatus, EmailIDs: recorded.EmailIDs}, nil
}

// CancelPaymentIntentInput names what is to be cancelled. Reason is one of Stripe's.
type CancelPaymentIntentInput struct {
	Reference       booking.Reference `json:"reference"`
	PaymentIntentID string            `json:"paymentIntentId"`
	Reason          string            `json:"reason"`
}

// CancelPaymentIntent cancels at Stripe. That it can't be cancelled any more (paid, processing, cancelled already) is
// no error: the recording step reads the PaymentIntent and decides. Harmless when repeated: Stripe's key
// <reference>/cancel-payment-intent/<reason>/<generation>, and the state itself.
func (p *Payments) CancelPaymentIntent(ctx context.Context, in CancelPaymentIntentInput) error {
	failpoint.Hit("before-cancel-payment-intent")
	err := moveOnce(ctx, p.Store.Now,
		func(generation int) error {
			return p.Stripe.CancelPaymentIntent(ctx, in.Reference, in.PaymentIntentID, in.Reason, generation)
		},
		func() (bool, error) {
			snapshot, _, err := p.Stripe.PaymentIntent(ctx, in.PaymentIntentID)
			return !snapshot.PaymentStatus().Cancellable(), err
		})
	failpoint.Hit("after-cancel-payment-intent")
	return moveError(err)
}

// ClosePaymentInput names a booking that can never be paid, and why: Stripe's code, or our own.
type ClosePaymentInput struct {
	Reference booking.Reference `json:"reference"`
	Code      string            `json:"code"`
}

// ClosePayment records that a booking got no PaymentIntent while its hold lasted, or says which one it got after all, in
// an attempt that died before it could tell. Harmless when repeated: a guarded transition.
func (p *Payments) ClosePayment(ctx context.Context, in ClosePaymentInput) (PaymentIntentCreated, error) {
	if err := waitForFence(ctx, p.Store); err != nil {
		return PaymentIntentCreated{}, err
	}
	recorded, err := p.Store.RecordPaymentRefused(ctx, in.Reference, in.Code)
	if err != nil {
		return PaymentIntentCreated{}, storeError(err)
	}
	known, err := p.Store.Booking(ctx, in.Reference)
	if err != nil {
		return PaymentIntentCreated{}, storeError(err)
	}
	closed := created(known)
	closed.EmailIDs = recorded.EmailIDs
	return closed, nil
}

// Package activities holds the side effects of workflows: calls to Stripe, writes to the books, emails. Every activity runs at
// least once and may run twice at the same time; each says which key makes that harmless. Inputs and results carry references,
// ids and states only, because Temporal's history stores them.
//
// It imports booking, ledger, money, notice, reconciliation, store, store/recon and internal/, and must not import workflows,
// starter or worker.
package activities

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/handover"
	"farebook/internal/stripeapi"
	"farebook/notice"
	"farebook/store"
)

// Payments are the activities about a booking's PaymentIntent.
type Payments struct {
	Stripe *stripeapi.Client
	Store  *store.Store
	// Policy decides what a cancellation after payment refunds.
	Policy booking.Policy
	// ListLag is how long Stripe's lists may miss an object that was just created.
	ListLag time.Duration
	// Handover passes the outcome of CreatePaymentIntent to a request in the same process; nil where no request waits.
	Handover *handover.Desk
	Log      *slog.Logger
}

// clockSkew widens a search by creation time, because Stripe's clock may differ from this machine's.
const clockSkew = 10 * time.Minute

// BookingRef names a booking.
type BookingRef struct {
	Reference booking.Reference `json:"reference"`
}

// PaymentIntentCreated is the state of booking and payment once the PaymentIntent is known, or was refused for good.
type PaymentIntentCreated struct {
	PaymentIntentID string                `json:"paymentIntentId,omitempty"`
	BookingStatus   booking.Status        `json:"bookingStatus"`
	PaymentStatus   booking.PaymentStatus `json:"paymentStatus,omitempty"`
	EmailIDs        []uint64              `json:"emailIds,omitempty"`
	// FeePending: the booking is paid, and Stripe has not reported its fee yet.
	FeePending bool `json:"feePending,omitempty"`
	// CaptureBefore is when the authorisation of an authorised payment expires.
	CaptureBefore *time.Time `json:"captureBefore,omitempty"`
	// Look: the PaymentIntent existed already and has changed since its creation. Its state is to be recorded.
	Look bool `json:"look,omitempty"`
}

// CreatePaymentIntent creates the booking's PaymentIntent at Stripe and its payment row. Harmless when repeated: the payment row is UNIQUE
// per booking and read first; before it is written, Stripe's idempotency key <request key>/create-payment-intent/<generation> returns the
// same PaymentIntent, also after the database was restored. A request that waits in this process gets the outcome with the client secret;
// what is returned, and so stored in the history, does not have the secret.
func (p *Payments) CreatePaymentIntent(ctx context.Context, in BookingRef) (PaymentIntentCreated, error) {
	result, handed, err := p.createPaymentIntent(ctx, in)
	if err != nil {
		p.Handover.Fail(in.Reference)
		return result, err
	}
	p.Handover.Give(in.Reference, handed.of(result))
	return result, nil
}

// handed is what a request in this process learns beside the result.
type handed struct {
	secret     string
	answerKept bool
}

func (h handed) of(result PaymentIntentCreated) handover.Created {
	return handover.Created{
		PaymentIntentID: result.PaymentIntentID, BookingStatus: result.BookingStatus, PaymentStatus: result.PaymentStatus,
		ClientSecret: h.secret, AnswerKept: h.answerKept,
	}
}

func (p *Payments) createPaymentIntent(ctx context.Context, in BookingRef) (PaymentIntentCreated, handed, error) {
	known, noFenceAt, err := p.bookingToPay(ctx, in.Reference)
	if err != nil {
		return PaymentIntentCreated{}, handed{}, storeError(err)
	}
	ctx = store.WithNoFence(ctx, noFenceAt)
	if known.Payment != nil {
		// An earlier run on the booking has recorded it. Its emails may not be sent yet.
		result := created(known)
		result.EmailIDs, err = p.Store.QueuedEmailsOf(ctx, in.Reference, notice.PaymentKinds)
		return result, handed{}, storeError(err)
	}
	if known.Status.Final() {
		// An earlier attempt has recorded the refusal, and died before it returned the emails.
		closed, err := p.ClosePayment(ctx, ClosePaymentInput{Reference: in.Reference})
		return closed, handed{}, err
	}
	failpoint.Hit("before-create-payment-intent")
	intent, err := p.ensurePaymentIntent(ctx, known)
	if stripeapi.IsKind(err, stripeapi.InvalidRequest) {
		refused, err := p.refused(ctx, in.Reference, err)
		return refused, handed{}, err
	}
	if err != nil {
		return PaymentIntentCreated{}, handed{}, creationError(err, known.RequestKey)
	}
	failpoint.Hit("after-create-payment-intent")
	result := PaymentIntentCreated{
		PaymentIntentID: intent.PaymentIntentID,
		BookingStatus:   known.Status,
		PaymentStatus:   booking.PaymentPending, // as the row has it
		Look:            intent.PaymentStatus() != booking.PaymentPending,
	}
	made := handed{secret: intent.secret}
	made.answerKept, err = p.recordCreated(ctx, known, intent, p.Handover.Answer(in.Reference, made.of(result)))
	if err != nil {
		return PaymentIntentCreated{}, handed{}, storeError(err)
	}
	failpoint.Hit("after-payment-row")
	return result, made, nil
}

// bookingToPay is the booking that a request of this process has just made, or what the books have, with the time at which no fence was up;
// zero while one is up. Where a booking from memory has a payment by now, that is met by the payment's UNIQUE row.
func (p *Payments) bookingToPay(ctx context.Context, reference booking.Reference) (store.Booking, time.Time, error) {
	if fresh, made := p.Handover.Take(reference); made {
		return fresh.Booking, fresh.NoFenceAt, nil
	}
	return p.Store.BookingToPay(ctx, reference)
}

// recordCreated stores the payment row, and with it the answer to the request that waits in this process.
func (p *Payments) recordCreated(ctx context.Context, known store.Booking, intent ensuredIntent, answer *handover.Answer) (bool, error) {
	if answer == nil || intent.twin {
		return false, p.Store.RecordPaymentIntent(ctx, known.Reference, intent.PaymentSnapshot, intent.twin)
	}
	return p.Store.RecordPaymentIntentAnswered(ctx, known.Reference, intent.PaymentSnapshot, answer.Status, answer.Body)
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

// ensuredIntent is a PaymentIntent as it is at Stripe now, with its client secret. twin: an earlier key may have created another one, whose
// client secret nobody has; CancelTwins finds it later.
type ensuredIntent struct {
	booking.PaymentSnapshot

	secret string
	twin   bool
}

// ensurePaymentIntent creates the PaymentIntent, or finds the one that an earlier attempt created and whose response was lost, or that the
// same request led to before the database was restored. A creation moves no money, so one search is enough before the next key is used:
// the booking stays payable. Only after a key that was used with other bytes is the search repeated for as long as Stripe's lists may
// lag: that PaymentIntent may be paid.
func (p *Payments) ensurePaymentIntent(ctx context.Context, known store.Booking) (ensuredIntent, error) {
	origin, err := p.originOf(ctx, known)
	if err != nil {
		return ensuredIntent{}, err
	}
	request := stripeapi.NewPaymentIntent{
		Reference: known.Reference, Amount: known.Amount, Capture: known.Capture, Methods: known.Methods, CorrelationID: known.CorrelationID,
		Origin: origin,
	}
	if known.Supplement != nil {
		request.SupplementOf = known.Supplement.Of
	}
	var secret string
	var replayed, forgotten bool
	found := func(search func() (booking.PaymentSnapshot, bool, error)) (booking.PaymentSnapshot, bool, error) {
		replayed = true
		return search()
	}
	snapshot, generations, err := creation[booking.PaymentSnapshot]{
		create: func(generation int) (booking.PaymentSnapshot, error) {
			made, err := p.Stripe.CreatePaymentIntent(ctx, request, generation)
			secret, replayed = made.ClientSecret, made.Replayed
			forgotten = stripeapi.IsKind(err, stripeapi.IdempotencyConflict)
			return made.PaymentSnapshot, err
		},
		find: func() (booking.PaymentSnapshot, bool, error) {
			return found(func() (booking.PaymentSnapshot, bool, error) {
				if forgotten {
					return p.searchForgotten(ctx, origin)
				}
				return p.glance(ctx, known)
			})
		},
		findAll: func() (booking.PaymentSnapshot, bool, error) {
			return found(func() (booking.PaymentSnapshot, bool, error) { return p.search(ctx, known) })
		},
		since:     known.CreatedAt,
		byRequest: known.RequestKey != "",
		lag: func(failure error) time.Duration {
			if stripeapi.IsKind(failure, stripeapi.IdempotencyConflict) {
				return p.ListLag
			}
			return 0
		},
		now: p.Store.Now,
	}.run(ctx)
	if err == nil && replayed {
		snapshot, secret, err = p.Stripe.PaymentIntent(ctx, snapshot.PaymentIntentID)
	}
	return ensuredIntent{snapshot, secret, generations > 1}, err
}

// originOf is what the PaymentIntent's metadata says about the request; empty for a booking of an older release.
func (p *Payments) originOf(ctx context.Context, known store.Booking) (stripeapi.Origin, error) {
	if known.RequestKey == "" {
		return stripeapi.Origin{}, nil
	}
	installation, err := p.Store.Installation(ctx)
	if err != nil {
		return stripeapi.Origin{}, err
	}
	return stripeapi.Origin{InstallationID: installation.ID, RequestKey: known.RequestKey, ClientID: known.ClientCode}, nil
}

func (p *Payments) refused(ctx context.Context, reference booking.Reference, cause error) (PaymentIntentCreated, error) {
	var failure *stripeapi.CallError
	if !errors.As(cause, &failure) {
		return PaymentIntentCreated{}, cause
	}
	p.Log.ErrorContext(ctx, "Stripe refused the PaymentIntent of a booking for good",
		"reference", reference, "code", failure.Code, "param", failure.Param, "requestId", failure.RequestID)
	failpoint.Hit("before-record-payment-refused")
	recorded, err := p.Store.RecordPaymentRefused(ctx, reference, failure.Code)
	if err != nil {
		return PaymentIntentCreated{}, storeError(err)
	}
	failpoint.Hit("after-record-payment-refused")
	return PaymentIntentCreated{BookingStatus: recorded.BookingStatus, EmailIDs: recorded.EmailIDs}, nil
}

// CancelPaymentIntentInput names the PaymentIntent to cancel. Reason is a cancellation_reason of Stripe.
type CancelPaymentIntentInput struct {
	Reference       booking.Reference `json:"reference"`
	PaymentIntentID string            `json:"paymentIntentId"`
	Reason          string            `json:"reason"`
}

// CancelPaymentIntent cancels the PaymentIntent at Stripe. A PaymentIntent that can no longer be cancelled (paid, processing, cancelled
// already) is not an error: the recording step reads it and decides. Harmless when repeated: Stripe's idempotency key
// <PaymentIntent>/cancel-payment-intent/<reason>/<generation>, and the PaymentIntent's state.
func (p *Payments) CancelPaymentIntent(ctx context.Context, in CancelPaymentIntentInput) error {
	failpoint.Hit("before-cancel-payment-intent")
	err := runTransition(ctx, p.Store.Now,
		func(generation int) error {
			return p.Stripe.CancelPaymentIntent(ctx, in.PaymentIntentID, in.Reason, generation)
		},
		func() (bool, error) {
			snapshot, _, err := p.Stripe.PaymentIntent(ctx, in.PaymentIntentID)
			return !snapshot.PaymentStatus().Cancellable(), err
		})
	failpoint.Hit("after-cancel-payment-intent")
	return moveError(err)
}

// ClosePaymentInput names a booking that can never be paid, and why: a code of Stripe or of Farebook.
type ClosePaymentInput struct {
	Reference booking.Reference `json:"reference"`
	Code      string            `json:"code"`
}

// ClosePayment records that a booking got no PaymentIntent during its hold. Where an attempt that died has recorded one after all, it
// returns that one. Harmless when repeated: a guarded transition.
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

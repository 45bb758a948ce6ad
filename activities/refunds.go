package activities

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.temporal.io/sdk/temporal"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/notice"
	"farebook/store"
)

// Refunds are the activities about refunds.
type Refunds struct {
	Stripe *stripeapi.Client
	Store  *store.Store
	// ListLag is how long Stripe's lists may miss what was just made: a refund whose outcome is unknown is looked for that
	// long before it is asked for under another key.
	ListLag time.Duration
	Log     *slog.Logger
}

// RefundRef names a refund: by our id, or by Stripe's for one that was made in its dashboard.
type RefundRef struct {
	RefundID       booking.RefundID `json:"refundId,omitempty"`
	StripeRefundID string           `json:"stripeRefundId,omitempty"`
	// Refusals are how many idempotency keys before the last one Stripe has answered with a refusal that is no end.
	Refusals int `json:"refusals,omitempty"`
}

// RecordRefundInput says which refund to look at, and the events that made us look.
type RecordRefundInput struct {
	RefundRef
	EventIDs []string `json:"eventIds,omitempty"`
}

// CreateRefund makes the refund at Stripe that its row asks for, once the payment's refunds there are those of the books. Harmless
// when repeated: the row says whether it is made; before it does, its metadata tell, and Stripe's key
// <request key>/create-refund/<generation> answers with the same refund, also after a restore of the database. What Stripe refuses
// for good is recorded, and no error; any other refusal postpones the refund, and so does a difference that nothing explains.
func (r *Refunds) CreateRefund(ctx context.Context, in RefundRef) (RefundRecorded, error) {
	known, err := r.Store.Refund(ctx, in.RefundID)
	if err != nil {
		return RefundRecorded{}, storeError(err)
	}
	if known.StripeRefundID == "" && known.Status.Settled() {
		// Refused already, by an attempt that died before it could tell of the mail.
		recorded, err := r.Store.RecordRefundRefused(ctx, known.ID, known.FailureReason, r.Store.Now())
		if err != nil {
			return RefundRecorded{}, storeError(err)
		}
		return r.withMails(ctx, recorded)
	}
	if known.StripeRefundID != "" {
		return RefundRecorded{RefundID: known.ID, StripeRefundID: known.StripeRefundID, Reference: known.Reference, Status: known.Status}, nil
	}
	if known.AbandonedAt != nil {
		return r.abandon(ctx, known)
	}
	compared, err := r.compare(ctx, known)
	switch {
	case err != nil:
		return RefundRecorded{}, err
	case compared.mine != nil:
		return alreadyCreated(known, *compared.mine), nil
	}
	held, err := r.hold(ctx, known, compared)
	if err != nil || held {
		return RefundRecorded{RefundID: known.ID, Reference: known.Reference, Status: known.Status, Postponed: held, Refusals: in.Refusals}, err
	}
	if err := r.begin(ctx, known); err != nil {
		return RefundRecorded{}, err
	}
	failpoint.Hit("before-create-refund")
	refusals := in.Refusals
	snapshot, err := r.ensureRefund(ctx, known, &refusals)
	switch {
	case stripeapi.IsKind(err, stripeapi.InvalidRequest, stripeapi.UnexpectedState):
		return r.refused(ctx, known, err)
	case stripeapi.IsKind(err, postponing...):
		return r.postpone(ctx, known, err, refusals)
	case err != nil:
		return RefundRecorded{}, creationError(err, known.RequestKey)
	}
	failpoint.Hit("after-create-refund")
	return alreadyCreated(known, snapshot), nil
}

// begin notes that Stripe is about to be asked for the refund. One that was abandoned or made a moment ago is looked at again.
func (r *Refunds) begin(ctx context.Context, known store.Refund) error {
	begun, err := r.Store.BeginRefund(ctx, known.ID, r.Store.Now())
	if err == nil && !begun {
		return temporal.NewApplicationError("the refund has changed meanwhile", OutcomeUnknown)
	}
	return storeError(err)
}

// alreadyCreated is the outcome of a refund that Stripe has.
func alreadyCreated(known store.Refund, snapshot booking.RefundSnapshot) RefundRecorded {
	return RefundRecorded{RefundID: known.ID, StripeRefundID: snapshot.StripeRefundID, Reference: known.Reference, Status: snapshot.Status()}
}

// ensureRefund creates the refund, or finds the one that an earlier attempt created without our hearing of it: a refund
// moves money.
func (r *Refunds) ensureRefund(ctx context.Context, known store.Refund, refusals *int) (booking.RefundSnapshot, error) {
	find := func() (booking.RefundSnapshot, bool, error) { return r.find(ctx, known) }
	snapshot, _, err := creation[booking.RefundSnapshot]{
		create: func(generation int) (booking.RefundSnapshot, error) {
			return r.askForRefund(ctx, known, generation, refusals, find)
		},
		find:    find,
		findAll: find, // a payment has few refunds: each look reads all of them
		since:   known.CreatedAt,
		lag:     func(error) time.Duration { return r.ListLag },

		byRequest: known.RequestKey != "",
		now:       r.Store.Now,
	}.run(ctx)
	return snapshot, err
}

// find searches for a refund of ours that was made without our hearing of it: by the id that an event told, for lists may lag
// behind their objects, and then among the refunds of its PaymentIntent.
func (r *Refunds) find(ctx context.Context, known store.Refund) (booking.RefundSnapshot, bool, error) {
	told, err := r.Store.RefundToldOf(ctx, known)
	if err != nil {
		return booking.RefundSnapshot{}, false, err
	}
	if told != "" {
		snapshot, err := r.Stripe.Refund(ctx, told)
		switch {
		case stripeapi.IsKind(err, stripeapi.NotFound): // the list below decides
		case err != nil:
			return booking.RefundSnapshot{}, false, err
		case snapshot.RefundID == known.ID && snapshot.PaymentIntentID == known.PaymentIntentID:
			return snapshot, true, nil
		}
	}
	there, err := r.Stripe.RefundsOf(ctx, known.PaymentIntentID)
	if err != nil {
		return booking.RefundSnapshot{}, false, err
	}
	return r.mineAmong(ctx, there, known)
}

func (r *Refunds) refused(ctx context.Context, known store.Refund, cause error) (RefundRecorded, error) {
	var failure *stripeapi.Failure
	if !errors.As(cause, &failure) {
		return RefundRecorded{}, cause
	}
	code := failure.Code
	if code == "" {
		code = string(failure.Kind)
	}
	made, err := r.recordOthers(ctx, known)
	if err != nil || made != nil {
		return orEmpty(made), err
	}
	r.Log.ErrorContext(ctx, "Stripe refuses a refund for good", "refundId", known.ID, "reference", known.Reference,
		"code", code, "param", failure.Param, "requestId", failure.RequestID)
	failpoint.Hit("before-record-refund-refused")
	recorded, err := r.Store.RecordRefundRefused(ctx, known.ID, code, r.Store.Now())
	if err != nil {
		return RefundRecorded{}, storeError(err)
	}
	failpoint.Hit("after-record-refund-refused")
	return r.withMails(ctx, recorded)
}

// recordOthers takes the refunds of the payment that Stripe has and the books do not into the books, before one of ours is
// recorded as refused: the customer must not be told that we owe what went back already. made is the refund of ours itself,
// should Stripe have it after all.
func (r *Refunds) recordOthers(ctx context.Context, known store.Refund) (made *RefundRecorded, err error) {
	there, err := r.Stripe.RefundsOf(ctx, known.PaymentIntentID)
	if stripeapi.IsKind(err, stripeapi.NotFound, stripeapi.InvalidRequest) {
		return nil, nil // a payment of another account: there is nothing to be read
	}
	if err != nil {
		return nil, stripeError(err)
	}
	for _, refund := range there {
		if refund.RefundID == known.ID {
			outcome := alreadyCreated(known, refund)
			return &outcome, nil
		}
		id, err := r.unknown(ctx, refund)
		if err != nil {
			return nil, storeError(err)
		}
		if id == "" {
			continue
		}
		_, err = r.RecordRefund(ctx, RecordRefundInput{RefundRef: RefundRef{StripeRefundID: refund.StripeRefundID}})
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// withMails names all mails about the booking's refunds that are queued: the refused one's, and those of refunds that were
// recorded before it. Whichever workflow else sends one claims its row first.
func (r *Refunds) withMails(ctx context.Context, outcome RefundRecorded) (RefundRecorded, error) {
	mails, err := r.Store.QueuedEmailsOf(ctx, outcome.Reference, notice.RefundKinds)
	outcome.EmailIDs = mails
	return outcome, storeError(err)
}

func orEmpty(outcome *RefundRecorded) RefundRecorded {
	if outcome == nil {
		return RefundRecorded{}
	}
	return *outcome
}

// RecordRefund reads the refund at Stripe and writes what it says to the books, in one transaction. Harmless when
// repeated: guarded transitions under a row lock, and UNIQUE ledger, event and mail rows.
func (r *Refunds) RecordRefund(ctx context.Context, in RecordRefundInput) (RefundRecorded, error) {
	snapshot, err := r.Stripe.Refund(ctx, in.StripeRefundID)
	if isAbsent(err) {
		return r.absent(ctx, in, err)
	}
	if err != nil {
		return RefundRecorded{}, stripeError(err)
	}
	if in.RefundID != "" {
		snapshot.RefundID = in.RefundID // Stripe answered its creation with this refund, whatever the metadata says since
	}
	if snapshot.PaymentIntentID, err = intentOf(ctx, r.Store, snapshot.PaymentIntentID, snapshot.ChargeID); err != nil {
		return RefundRecorded{}, storeError(err)
	}
	failpoint.Hit("before-record-refund")
	recorded, err := r.Store.RecordRefund(ctx, store.RefundReading{Snapshot: snapshot, EventIDs: in.EventIDs, Now: r.Store.Now()})
	if note := noteOfNobodys(err); note != "" {
		return RefundRecorded{StripeRefundID: in.StripeRefundID, Status: snapshot.Status(), Foreign: true}, setAside(ctx, r.Store, in.EventIDs, note)
	}
	if err != nil {
		return RefundRecorded{}, storeError(err)
	}
	failpoint.Hit("after-record-refund")
	r.Log.InfoContext(ctx, "refund recorded", "refundId", recorded.RefundID, "stripeRefundId", in.StripeRefundID,
		"reference", recorded.Reference, "status", recorded.Status, "bookingStatus", recorded.BookingStatus)
	return recorded, nil
}

// absent is the outcome of a refund that Stripe does not find.
func (r *Refunds) absent(ctx context.Context, in RecordRefundInput, failure error) (RefundRecorded, error) {
	known, err := inBooks(second(r.Store.RefundByStripeID(ctx, in.StripeRefundID)))
	if err != nil {
		return RefundRecorded{}, storeError(err)
	}
	gone := absence{object: nameOf("refund", in.StripeRefundID), known: known || in.RefundID != "", eventIDs: in.EventIDs}
	return RefundRecorded{StripeRefundID: in.StripeRefundID, Foreign: true}, absent(ctx, r.Store, r.Log, gone, failure)
}

// noteForeign is about a payment of somebody else's on the same Stripe account.
const noteForeign = "not about a booking of ours"

// noteOfNobodys is why a refund is not recorded; empty for any other error, and for none.
func noteOfNobodys(err error) string {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return noteForeign
	case errors.Is(err, store.ErrUncaptured):
		return "lets go of what was authorised, nothing was captured of it"
	}
	return ""
}

// setAside marks events that nothing is done about: what lets go of an authorisation is the booking's, the rest is not ours.
func setAside(ctx context.Context, books *store.Store, eventIDs []string, note string) error {
	if note == noteForeign {
		return storeError(books.SetAside(ctx, eventIDs, note))
	}
	for _, id := range eventIDs {
		if err := books.MarkEventProcessed(ctx, id, note); err != nil {
			return storeError(err)
		}
	}
	return nil
}

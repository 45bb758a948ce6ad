package activities

import (
	"context"
	"errors"
	"log/slog"
	"slices"
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
	// ListLag is how long Stripe's lists may miss a refund that was just made: a refund whose outcome is unknown is searched for that long
	// before it is requested under another key.
	ListLag time.Duration
	Log     *slog.Logger
}

// RefundRef names a refund: by Farebook's id, or by Stripe's for a refund that was made in the dashboard.
type RefundRef struct {
	RefundID       booking.RefundID `json:"refundId,omitempty"`
	StripeRefundID string           `json:"stripeRefundId,omitempty"`
	// Refusals is how many idempotency keys Stripe has answered with a refusal that is not final.
	Refusals int `json:"refusals,omitempty"`
}

// RecordRefundInput names the refund to read, and the events that caused it.
type RecordRefundInput struct {
	RefundRef
	EventIDs []string `json:"eventIds,omitempty"`
}

// CreateRefund requests from Stripe the refund that the books have reserved, once the payment's refunds there match the books. Harmless
// when repeated: the row says whether the refund is made; before that its metadata does, and Stripe's idempotency key
// <request key>/create-refund/<generation> returns the same refund, also after the database was restored. A final refusal is recorded and
// is not an error; any other refusal postpones the refund, and so does a difference that nothing explains.
func (r *Refunds) CreateRefund(ctx context.Context, in RefundRef) (RefundRecorded, error) {
	known, err := r.Store.Refund(ctx, in.RefundID)
	if err != nil {
		return RefundRecorded{}, storeError(err)
	}
	if known.StripeRefundID == "" && known.Status.Settled() {
		// An earlier attempt has recorded the refusal, and died before it returned the emails.
		recorded, err := r.Store.RecordRefundRefused(ctx, known.ID, known.FailureReason, r.Store.Now())
		if err != nil {
			return RefundRecorded{}, storeError(err)
		}
		return r.withEmails(ctx, recorded)
	}
	if known.StripeRefundID != "" {
		return RefundRecorded{RefundID: known.ID, StripeRefundID: known.StripeRefundID, Reference: known.Reference, Status: known.Status}, nil
	}
	if known.AbandonedAt != nil {
		return r.abandon(ctx, known)
	}
	compared, err := r.compare(ctx, known)
	switch {
	case isAbsent(err):
		return r.postpone(ctx, known, err, in.Refusals)
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

// begin records that the refund is about to be requested. Where it was abandoned or made a moment ago, the activity is retried.
func (r *Refunds) begin(ctx context.Context, known store.Refund) error {
	begun, err := r.Store.BeginRefund(ctx, known.ID, r.Store.Now())
	if err == nil && !begun {
		return temporal.NewApplicationError("the refund has changed meanwhile: it is read again", OutcomeUnknown)
	}
	return storeError(err)
}

// alreadyCreated is the result for a refund that Stripe has.
func alreadyCreated(known store.Refund, snapshot booking.RefundSnapshot) RefundRecorded {
	return RefundRecorded{RefundID: known.ID, StripeRefundID: snapshot.StripeRefundID, Reference: known.Reference, Status: snapshot.Status()}
}

// ensureRefund creates the refund, or finds the one that an earlier attempt created and whose response was lost. A refund moves money, so
// the search is repeated for ListLag before another key is used.
func (r *Refunds) ensureRefund(ctx context.Context, known store.Refund, refusals *int) (booking.RefundSnapshot, error) {
	find := func() (booking.RefundSnapshot, bool, error) { return r.find(ctx, known) }
	snapshot, _, err := creation[booking.RefundSnapshot]{
		create: func(generation int) (booking.RefundSnapshot, error) {
			return r.askForRefund(ctx, known, generation, refusals, find)
		},
		find:    find,
		findAll: find, // a payment has few refunds: find reads all of them
		since:   known.CreatedAt,
		lag:     func(error) time.Duration { return r.ListLag },

		byRequest: known.RequestKey != "",
		now:       r.Store.Now,
	}.run(ctx)
	return snapshot, err
}

// find searches for a refund that Stripe has made and whose response was lost: by the id in an event, because lists may lag behind their
// objects, then among the refunds of its PaymentIntent.
func (r *Refunds) find(ctx context.Context, known store.Refund) (booking.RefundSnapshot, bool, error) {
	stripeID, err := r.Store.RefundToldOf(ctx, known)
	if err != nil {
		return booking.RefundSnapshot{}, false, err
	}
	if stripeID != "" {
		snapshot, err := r.Stripe.Refund(ctx, stripeID)
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
	var failure *stripeapi.CallError
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
	r.Log.ErrorContext(ctx, "Stripe refused a refund for good", "refundId", known.ID, "reference", known.Reference,
		"code", code, "param", failure.Param, "requestId", failure.RequestID)
	failpoint.Hit("before-record-refund-refused")
	recorded, err := r.Store.RecordRefundRefused(ctx, known.ID, code, r.Store.Now())
	if err != nil {
		return RefundRecorded{}, storeError(err)
	}
	failpoint.Hit("after-record-refund-refused")
	return r.withEmails(ctx, recorded)
}

// recordOthers records the payment's refunds that Stripe has and the books do not, before a refund is recorded as refused: the customer's
// email must not promise money that was returned already. made is the refused refund where Stripe has made it after all.
func (r *Refunds) recordOthers(ctx context.Context, known store.Refund) (made *RefundRecorded, err error) {
	there, err := r.refundsAt(ctx, known.PaymentIntentID)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(there, func(refund booking.RefundSnapshot) bool { return refund.RefundID == known.ID })
	if at >= 0 {
		outcome := alreadyCreated(known, there[at])
		return &outcome, nil
	}
	return nil, r.recordUnknown(ctx, there)
}

// withEmails adds the queued emails of all of the booking's refunds, including those that recordOthers has recorded. Another workflow may
// send one of them: each sender claims the row first.
func (r *Refunds) withEmails(ctx context.Context, outcome RefundRecorded) (RefundRecorded, error) {
	emails, err := r.Store.QueuedEmailsOf(ctx, outcome.Reference, notice.RefundKinds)
	outcome.EmailIDs = emails
	return outcome, storeError(err)
}

func orEmpty(outcome *RefundRecorded) RefundRecorded {
	if outcome == nil {
		return RefundRecorded{}
	}
	return *outcome
}

// RecordRefund reads the refund at Stripe and records its state in one transaction, after the older refunds of the payment. Harmless when
// repeated: guarded transitions under a row lock, and UNIQUE ledger, event and email rows.
func (r *Refunds) RecordRefund(ctx context.Context, in RecordRefundInput) (RefundRecorded, error) {
	snapshot, err := r.read(ctx, in)
	if isAbsent(err) {
		return r.absent(ctx, in, err)
	}
	if err != nil {
		return RefundRecorded{}, stripeError(err)
	}
	if err := r.recordOlder(ctx, snapshot); err != nil {
		return RefundRecorded{}, err
	}
	return r.record(ctx, in, snapshot)
}

// read is the refund as Stripe has it, with its payment's id.
func (r *Refunds) read(ctx context.Context, in RecordRefundInput) (booking.RefundSnapshot, error) {
	snapshot, err := r.Stripe.Refund(ctx, in.StripeRefundID)
	if err != nil {
		return booking.RefundSnapshot{}, err
	}
	if in.RefundID != "" {
		snapshot.RefundID = in.RefundID // Stripe returned this refund when it was created, even if its metadata was edited since
	}
	snapshot.PaymentIntentID, err = intentOf(ctx, r.Store, snapshot.PaymentIntentID, snapshot.ChargeID)
	return snapshot, storeError(err)
}

func (r *Refunds) record(ctx context.Context, in RecordRefundInput, snapshot booking.RefundSnapshot) (RefundRecorded, error) {
	failpoint.Hit("before-record-refund")
	recorded, err := r.Store.RecordRefund(ctx, store.RefundReading{Snapshot: snapshot, EventIDs: in.EventIDs, Now: r.Store.Now()})
	if note := noteOfUnrecorded(err); note != "" {
		return RefundRecorded{StripeRefundID: in.StripeRefundID, Status: snapshot.Status(), Foreign: true},
			setAside(ctx, r.Store, in.EventIDs, note)
	}
	if err != nil {
		return RefundRecorded{}, storeError(err)
	}
	failpoint.Hit("after-record-refund")
	r.Log.InfoContext(ctx, "refund recorded", "refundId", recorded.RefundID, "stripeRefundId", in.StripeRefundID,
		"reference", recorded.Reference, "status", recorded.Status, "bookingStatus", recorded.BookingStatus)
	return recorded, nil
}

// absent is the result for a refund that Stripe does not have.
func (r *Refunds) absent(ctx context.Context, in RecordRefundInput, failure error) (RefundRecorded, error) {
	known, err := inBooks(second(r.Store.RefundByStripeID(ctx, in.StripeRefundID)))
	if err != nil {
		return RefundRecorded{}, storeError(err)
	}
	gone := absence{object: nameOf("refund", in.StripeRefundID), known: known || in.RefundID != "", eventIDs: in.EventIDs}
	return RefundRecorded{StripeRefundID: in.StripeRefundID, Foreign: true}, absent(ctx, r.Store, r.Log, gone, failure)
}

// noteOfUnrecorded is why a refund is not recorded; empty for any other error, and for no error.
func noteOfUnrecorded(err error) string {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.NoteForeign
	case errors.Is(err, store.ErrUncaptured):
		return store.NoteReleased
	}
	return ""
}

// setAside marks events that need no recording: a released authorisation belongs to the booking, anything else to another integration.
func setAside(ctx context.Context, books *store.Store, eventIDs []string, note string) error {
	if note == store.NoteForeign {
		return storeError(books.SetAside(ctx, eventIDs, note))
	}
	for _, id := range eventIDs {
		if err := books.MarkEventProcessed(ctx, id, note); err != nil {
			return storeError(err)
		}
	}
	return nil
}

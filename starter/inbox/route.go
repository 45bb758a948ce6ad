package inbox

import (
	"context"
	"errors"
	"maps"
	"slices"

	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/workflows"
)

// owner is whose workflow an event is for.
type owner int

const (
	nobody owner = iota
	payment
	refund
	chargeRefunds
	dispute
	payout
	funds
)

// owners are the types that a workflow is notified of. All others are kept and acknowledged (stripe.com/docs/api/events/types).
var owners = map[string]owner{
	"payment_intent.succeeded":                 payment,
	"payment_intent.payment_failed":            payment,
	"payment_intent.canceled":                  payment,
	"payment_intent.processing":                payment,
	"payment_intent.requires_action":           payment,
	"payment_intent.amount_capturable_updated": payment,
	"charge.updated":                           payment,
	"charge.captured":                          payment,
	"charge.expired":                           payment,
	"refund.created":                           refund,
	"refund.updated":                           refund,
	"refund.failed":                            refund, // newer than API version 2023-10-16; endpoints may have it
	"charge.refund.updated":                    refund,
	"charge.refunded":                          chargeRefunds, // all that an endpoint without refund.* hears
	"charge.dispute.created":                   dispute,
	"charge.dispute.updated":                   dispute,
	"charge.dispute.closed":                    dispute,
	"charge.dispute.funds_withdrawn":           dispute,
	"charge.dispute.funds_reinstated":          dispute,
	"payout.created":                           payout,
	"payout.updated":                           payout,
	"payout.paid":                              payout,
	"payout.failed":                            payout,
	"payout.canceled":                          payout,
	"payout.reconciliation_completed":          payout,
	"balance.available":                        funds,
}

// Types are the events that Farebook acts on, by name: what a webhook endpoint at Stripe has to send
// (stripe.com/docs/api/webhook_endpoints, enabled_events, which takes whole names only).
func Types() []string { return slices.Sorted(maps.Keys(owners)) }

// Why events are kept and not acted on.
const (
	noteType    = "not acted on"
	notePing    = "a ping of Stripe's: the endpoint can be reached"
	noteForeign = "not about a booking of ours"
	noteUnknown = "no booking with this reference"
	noteKnown   = "its refunds are known"
	noteLetGo   = "lets go of what was authorised, nothing was captured of it"
	// Of objects that name a charge and no PaymentIntent.
	noteChargeAlone = "about a charge without a PaymentIntent: no booking's"
	noteChargeGone  = "Stripe does not have the charge that it is about"

	noteFunds = "refunds that wait for the balance are asked for again"
)

// notOurs are the notes of what is about somebody else's objects.
var notOurs = map[string]bool{noteForeign: true, noteUnknown: true, noteChargeAlone: true, noteChargeGone: true}

// tell hands the event to the workflow that owns it. note is why nobody is notified; an error is worth another attempt.
func (i *Inbox) tell(ctx context.Context, e Event) (note string, err error) {
	if note := e.Note(); note != "" {
		return note, nil
	}
	news := workflows.StripeEvent{EventID: e.ID, Type: e.Type, PaymentIntentID: e.paymentIntentID()}
	switch owners[e.Type] {
	case payment:
		return i.tellBooking(ctx, e, news)
	case refund:
		return i.tellRefund(ctx, e, news)
	case chargeRefunds:
		return i.tellChargeRefunds(ctx, e, news)
	case dispute:
		return i.tellDispute(ctx, e, news)
	case payout:
		return "", i.Dispatch.DeliverPayoutEvent(ctx, e.ObjectID(), news)
	case funds:
		return noteFunds, i.tellWaitingRefunds(ctx, news)
	default:
		return noteType, nil
	}
}

// tellBooking finds the booking by the PaymentIntent's id. Metadata is asked only where the books do not know the id: the booking's
// workflow then reads the PaymentIntent at Stripe and decides whether it is the booking's.
func (i *Inbox) tellBooking(ctx context.Context, e Event, news workflows.StripeEvent) (string, error) {
	known, intent, note, err := i.payer(ctx, e)
	if err == nil && note != "" && (intent == "" || e.Reference() == "") {
		return note, nil
	}
	if err == nil && note != "" {
		known, err = i.Store.Booking(ctx, e.Reference())
	}
	news.PaymentIntentID = intent
	if errors.Is(err, store.ErrNotFound) {
		return noteUnknown, nil
	}
	if err != nil {
		return "", err
	}
	return "", i.Dispatch.DeliverStripeEvent(correlation.With(ctx, known.CorrelationID), dispatch.BookingSubjectOf(known), news)
}

// tellRefund finds the refund by our id or by Stripe's. One that the books do not know was made in Stripe's dashboard, or
// before a backup was restored; it is known by Stripe's id for good. So is one that was recorded as refused, and that Stripe
// has made after all.
func (i *Inbox) tellRefund(ctx context.Context, e Event, news workflows.StripeEvent) (string, error) {
	known, err := i.knownRefund(ctx, e)
	switch {
	case err == nil && known.Origin != booking.RefundFromDashboard && !known.Refused():
		ctx = correlation.With(ctx, known.CorrelationID)
		return "", i.Dispatch.DeliverRefundEvent(ctx, dispatch.RefundSubjectOf(known), news)
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return "", err
	}
	paid, intent, note, err := i.payer(ctx, e)
	if note != "" || err != nil {
		return note, err
	}
	news.PaymentIntentID = intent
	return "", i.Dispatch.DeliverRefundEvent(correlation.With(ctx, paid.CorrelationID), dispatch.RefundSubject{
		StripeRefundID: e.ObjectID(), Reference: paid.Reference, CorrelationID: paid.CorrelationID,
	}, news)
}

// tellWaitingRefunds wakes the workflows of refunds that wait for the balance at Stripe: money has become available.
func (i *Inbox) tellWaitingRefunds(ctx context.Context, news workflows.StripeEvent) error {
	waiting, err := i.Store.RefundsWaitingForBalance(ctx)
	for _, refund := range waiting {
		err = errors.Join(err, i.Dispatch.DeliverRefundEvent(correlation.With(ctx, refund.CorrelationID), dispatch.RefundSubjectOf(refund), news))
	}
	return err
}

// tellChargeRefunds has the refunds of a charge looked for that nobody told of by name. As a rule those that Stripe has
// confirmed to the books add up to what the charge says: nobody has to ask Stripe then. A sum is not an identity: with one of our
// own asked for and not confirmed, the amount may be that one's or another's, so that the event waits for the sweeper until
// it is known. A charge that was let go uncaptured is said to be refunded, too, and stays so.
func (i *Inbox) tellChargeRefunds(ctx context.Context, e Event, news workflows.StripeEvent) (string, error) {
	paid, intent, note, err := i.payer(ctx, e)
	if note != "" || err != nil {
		return note, err
	}
	if captured := e.Data.Object.Captured; captured != nil && !*captured {
		return noteLetGo, nil
	}
	known, err := i.Store.KnownRefunds(ctx, paid.ID)
	if err != nil {
		return "", err
	}
	refunded := e.Data.Object.AmountRefunded
	switch {
	case refunded != nil && *refunded == known.Made:
		return noteKnown, nil
	case refunded != nil && known.Asked > 0 && *refunded == known.Made+known.Asked:
		return "", nil // it stays due
	}
	news.PaymentIntentID = intent
	return "", i.Dispatch.DeliverChargeRefunded(correlation.With(ctx, paid.CorrelationID), paid.Reference, intent, paid.CorrelationID, news)
}

// knownRefund finds a refund by Stripe's id, and by ours where no refund of Stripe's is known for it yet and the payment is the same:
// our id comes from metadata.
func (i *Inbox) knownRefund(ctx context.Context, e Event) (store.Refund, error) {
	known, err := i.Store.RefundByStripeID(ctx, e.ObjectID())
	if !errors.Is(err, store.ErrNotFound) || e.refundID() == "" {
		return known, err
	}
	known, err = i.Store.Refund(ctx, e.refundID())
	if err == nil && (known.StripeRefundID != "" || known.PaymentIntentID != e.paymentIntentID()) {
		return store.Refund{}, store.ErrNotFound
	}
	return known, err
}

func (i *Inbox) tellDispute(ctx context.Context, e Event, news workflows.StripeEvent) (string, error) {
	paid, intent, note, err := i.payer(ctx, e)
	if note != "" || err != nil {
		return note, err
	}
	news.PaymentIntentID = intent
	ctx = correlation.With(ctx, paid.CorrelationID)
	return "", i.Dispatch.DeliverDisputeEvent(ctx, e.ObjectID(), paid.Reference, paid.CorrelationID, news)
}

// toldWorkflow is the id of the workflow that a stored event was handed to, as far as the books tell.
func (i *Inbox) toldWorkflow(ctx context.Context, stored store.Event) string {
	e, err := FromRow(stored)
	if err != nil {
		return "its workflow"
	}
	switch owners[e.Type] {
	case payout:
		return workflows.PayoutWorkflowID(e.ObjectID())
	case dispute:
		return workflows.DisputeWorkflowID(e.ObjectID())
	case chargeRefunds:
		return workflows.ChargeRefundsWorkflowID(e.paymentIntentID())
	case refund:
		if known, err := i.knownRefund(ctx, e); err == nil && known.Origin != booking.RefundFromDashboard {
			return workflows.RefundWorkflowID(string(known.ID))
		}
		return workflows.RefundWorkflowID(e.ObjectID())
	}
	if known, err := i.Store.BookingOfPayment(ctx, e.paymentIntentID()); err == nil {
		return workflows.BookingPaymentWorkflowID(known.Reference)
	}
	return workflows.BookingPaymentWorkflowID(e.Reference())
}

package inbox

import (
	"context"
	"errors"

	"farebook/booking"
	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/internal/tracing"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/workflows"
)

// outcome is what becomes of an event's row. The zero outcome leaves the row to the workflow that was notified, which marks it as
// processed in the transaction that records the object.
type outcome struct {
	note    string            // why no workflow is notified
	notOurs bool              // the event concerns an object of somebody else
	awaits  booking.Reference // the booking that has to be in the books first
}

// route finds what an event concerns and notifies the workflow that handles it. An error is worth another attempt.
func (i *Inbox) route(ctx context.Context, e Event) (outcome, error) {
	if e.Note != "" {
		return outcome{note: e.Note, notOurs: e.NotOurs}, nil
	}
	r, err := i.resolve(ctx, e)
	if err != nil {
		return outcome{}, err
	}
	if r.reason != "" {
		return i.routeUnknown(ctx, e, r)
	}
	ctx, end := tracing.Join(ctx, r.traceParent(e.Subject), "deliver event")
	note, err := i.notify(ctx, e, r)
	end(err)
	return outcome{note: note}, err
}

// notify signals the workflow of an event's owner. note says why none was signalled.
func (i *Inbox) notify(ctx context.Context, e Event, r resolution) (note string, err error) {
	signal := workflows.StripeEvent{EventID: e.ID, Type: e.Type, PaymentIntentID: r.paymentIntentID}
	switch {
	case e.Subject.owner == payout:
		return "", i.Dispatch.DeliverPayoutEvent(ctx, e.Subject.ObjectID, signal)
	case e.Subject.owner == funds:
		return noteFunds, i.notifyWaitingRefunds(ctx, signal)
	case r.refund != nil:
		return "", i.Dispatch.DeliverRefundEvent(correlation.With(ctx, r.refund.CorrelationID), dispatch.RefundSubjectOf(*r.refund), signal)
	case r.booking == nil:
		return noteType, nil
	}
	of := *r.booking
	ctx = correlation.With(ctx, of.CorrelationID)
	switch e.Subject.owner {
	case refund:
		return "", i.Dispatch.DeliverRefundEvent(ctx, dispatch.RefundSubject{
			StripeRefundID: e.Subject.ObjectID, Reference: of.Reference, CorrelationID: of.CorrelationID,
		}, signal)
	case chargeRefunds:
		return i.notifyChargeRefunds(ctx, e.Subject, of, signal)
	case dispute:
		return "", i.Dispatch.DeliverDisputeEvent(ctx, e.Subject.ObjectID, of.Reference, of.CorrelationID, signal)
	default:
		return "", i.Dispatch.DeliverStripeEvent(ctx, dispatch.BookingSubjectOf(of), signal)
	}
}

// notifyWaitingRefunds signals the workflows of all refunds that wait for the balance at Stripe, because money has become available.
func (i *Inbox) notifyWaitingRefunds(ctx context.Context, signal workflows.StripeEvent) error {
	waiting, err := i.Store.RefundsWaitingForBalance(ctx)
	for _, refund := range waiting {
		err = errors.Join(err, i.Dispatch.DeliverRefundEvent(correlation.With(ctx, refund.CorrelationID), dispatch.RefundSubjectOf(refund),
			signal))
	}
	return err
}

// notifyChargeRefunds starts the search for refunds of a charge of which no event was received. Usually the refunds that Stripe has
// confirmed add up to the refunded amount of the charge, and Stripe need not be asked. Equal sums do not prove equal refunds: while a
// refund of ours is requested and not confirmed, the amount may be that of another one, so the event stays due until the request is
// settled. Stripe also reports an authorisation that was released uncaptured as refunded.
func (i *Inbox) notifyChargeRefunds(ctx context.Context, subject Subject, of store.Booking,
	signal workflows.StripeEvent,
) (note string, err error) {
	if subject.Captured != nil && !*subject.Captured {
		return store.NoteReleased, nil
	}
	known, err := i.Store.KnownRefunds(ctx, of.ID)
	if err != nil {
		return "", err
	}
	refunded := subject.AmountRefunded
	switch {
	case refunded != nil && *refunded == known.Made:
		return noteKnown, nil
	case refunded != nil && known.Asked > 0 && *refunded == known.Made+known.Asked:
		return "", nil
	}
	return "", i.Dispatch.DeliverChargeRefunded(ctx, of.Reference, signal.PaymentIntentID, of.CorrelationID, signal)
}

// conclude writes an outcome to the event's row. A repetition changes nothing: an event that is processed keeps its state.
func (i *Inbox) conclude(ctx context.Context, e Event, o outcome, attempts int) error {
	switch {
	case o.awaits != "":
		return i.keepOpen(ctx, e, o.awaits, attempts)
	case o.notOurs:
		return i.Store.SetAside(ctx, []string{e.ID}, o.note)
	case o.note != "":
		return i.Store.MarkEventProcessed(ctx, e.ID, o.note)
	}
	failpoint.Hit("webhook-after-signal")
	return nil
}

// workflowOf returns the id of the workflow that a stored event was delivered to, as far as the books know it.
func (i *Inbox) workflowOf(ctx context.Context, stored store.Event) string {
	e, err := FromRow(stored)
	if err != nil {
		return "its workflow"
	}
	switch e.Subject.owner {
	case payout:
		return workflows.PayoutWorkflowID(e.Subject.ObjectID)
	case dispute:
		return workflows.DisputeWorkflowID(e.Subject.ObjectID)
	case chargeRefunds:
		return workflows.ChargeRefundsWorkflowID(e.Subject.PaymentIntentID)
	case refund:
		known, err := i.refundOf(ctx, e.Subject)
		if err == nil && known != nil {
			return workflows.RefundWorkflowID(string(known.ID))
		}
		return workflows.RefundWorkflowID(e.Subject.ObjectID)
	}
	of, err := i.Store.BookingOfPayment(ctx, e.Subject.PaymentIntentID)
	if err == nil {
		return workflows.BookingPaymentWorkflowID(of.Reference)
	}
	return workflows.BookingPaymentWorkflowID(e.Subject.Reference)
}

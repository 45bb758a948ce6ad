package workflows

import (
	"cmp"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

// createPaymentIntent creates the PaymentIntent, retrying until the hold ends. Only its client secret lets a customer pay, so a
// booking whose PaymentIntent could not be created is closed.
func (b *bookingPayment) createPaymentIntent(ctx workflow.Context) error {
	left := b.in.HoldExpiresAt.Sub(workflow.Now(ctx))
	create := step{"Create the PaymentIntent at Stripe", payments.CreatePaymentIntent, holdRetries(left)}
	var created activities.PaymentIntentCreated
	err := create.run(ctx, activities.BookingRef{Reference: b.in.Reference}, &created)
	if err != nil && !temporal.IsCanceledError(err) && mayPass(err) {
		created, err = b.closeUnpayable(ctx)
	}
	if err != nil {
		return err
	}
	b.apply(ctx, created)
	return nil
}

// apply takes over the state of booking and payment once the PaymentIntent is created, or refused for good.
func (b *bookingPayment) apply(ctx workflow.Context, created activities.PaymentIntentCreated) {
	b.ready = true
	b.intentID = created.PaymentIntentID
	b.status = created.BookingStatus
	b.payment = created.PaymentStatus
	b.woken = b.woken || created.Look
	b.awaitFee(ctx, created.FeePending)
	b.setCaptureBefore(ctx, created.CaptureBefore)
	b.emails.send(ctx, created.EmailIDs)
}

// closeUnpayable closes a booking without a PaymentIntent. One whose PaymentIntent was created by an attempt that did not report it
// stays open: the end of the hold cancels it.
func (b *bookingPayment) closeUnpayable(ctx workflow.Context) (activities.PaymentIntentCreated, error) {
	var closed activities.PaymentIntentCreated
	closing := step{"Record that the booking cannot be paid", payments.ClosePayment, moneyRetries}
	err := closing.run(ctx, activities.ClosePaymentInput{Reference: b.in.Reference, Code: "stripe_unreachable"}, &closed)
	return closed, err
}

// close cancels the PaymentIntent and records the outcome: cancelled, or paid at the last moment.
func (b *bookingPayment) close(ctx workflow.Context, summary, stripeReason string, reason activities.Reason) error {
	if b.status != booking.StatusPendingPayment {
		return nil
	}
	cancelling := step{summary, payments.CancelPaymentIntent, moneyRetries}
	err := cancelling.run(ctx, activities.CancelPaymentIntentInput{
		Reference: b.in.Reference, PaymentIntentID: b.intentID, Reason: stripeReason,
	}, nil)
	if err != nil {
		return err
	}
	return b.record(ctx, "Record the outcome of the cancel", reason)
}

// record reads the payment at Stripe and records it, together with all events that arrived.
func (b *bookingPayment) record(ctx workflow.Context, summary string, reason activities.Reason) error {
	in := b.recordInput(reason)
	b.woken = false
	var outcome activities.PaymentRecorded
	if err := (step{summary, payments.RecordPaymentOutcome, moneyRetries}).run(ctx, in, &outcome); err != nil {
		return err
	}
	b.recorded()
	b.recordings++
	b.intentID = in.PaymentIntentID
	if outcome.Foreign {
		b.intentID = ""
	}
	b.status = outcome.BookingStatus
	b.payment = outcome.PaymentStatus
	b.refundDue = outcome.RefundDue
	b.awaitFee(ctx, outcome.FeePending)
	b.setCaptureBefore(ctx, outcome.CaptureBefore)
	b.emails.send(ctx, outcome.EmailIDs)
	if err := startRefunds(ctx, outcome.RefundIDs, b.refunds, b.in.CorrelationID); err != nil {
		return err
	}
	b.awaitUncancellable(ctx)
	return nil
}

// recordInput separates the events about the booking's PaymentIntent from those about another one that names this booking. A
// booking without a PaymentIntent in the books takes the first that an event names.
func (b *bookingPayment) recordInput(reason activities.Reason) activities.RecordPaymentOutcomeInput {
	in := activities.RecordPaymentOutcomeInput{Reference: b.in.Reference, PaymentIntentID: b.intentID, Reason: reason}
	others := map[string]int{} // PaymentIntent to its index in in.Others
	for _, event := range b.take() {
		in.PaymentIntentID = cmp.Or(in.PaymentIntentID, event.PaymentIntentID)
		if event.PaymentIntentID == "" || event.PaymentIntentID == in.PaymentIntentID {
			in.EventIDs = append(in.EventIDs, event.EventID)
			continue
		}
		index, known := others[event.PaymentIntentID]
		if !known {
			index = len(in.Others)
			others[event.PaymentIntentID] = index
			in.Others = append(in.Others, activities.OtherPayment{PaymentIntentID: event.PaymentIntentID})
		}
		in.Others[index].EventIDs = append(in.Others[index].EventIDs, event.EventID)
	}
	return in
}

// cleanUp ends a workflow that was cancelled from outside: on a context that the cancellation does not reach, it closes the
// booking as a customer's cancel would, or finds that it was paid.
func (b *bookingPayment) cleanUp(ctx workflow.Context) error {
	disconnected, stop := workflow.NewDisconnectedContext(ctx)
	defer stop()
	if !b.ready {
		closed, err := b.closeUnpayable(disconnected)
		if err != nil {
			return err
		}
		b.apply(disconnected, closed)
	}
	err := b.close(disconnected, "Workflow cancelled: cancel the PaymentIntent", "requested_by_customer", activities.ReasonCancelled)
	if err != nil {
		return err
	}
	b.cancelsHandled = b.cancelsRequested
	err = workflow.Await(disconnected, func() bool { return b.emails.inFlight == 0 && workflow.AllHandlersFinished(ctx) })
	if err != nil {
		return err
	}
	b.describe(ctx)
	return ctx.Err()
}

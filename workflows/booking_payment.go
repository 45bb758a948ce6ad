package workflows

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

// payments and emails name activities by method reference; their receivers live in the worker.
var (
	payments *activities.Payments
	emails   *activities.Emails
)

// bookingPayment is one booking from its hold to its money, or to its end without.
type bookingPayment struct {
	in BookingPaymentInput

	status    booking.Status
	payment   booking.PaymentStatus
	intentID  string
	refundDue bool
	ready     bool // the PaymentIntent is known, or will never be

	signals    workflow.ReceiveChannel
	events     []StripeEvent // signalled and not yet recorded
	holdPassed bool
	lookAgain  bool // a timer asks to read the payment once more

	feePending bool
	feeLooks   int

	cancelAsked   int // cancels that were accepted
	cancelHandled int // and that were acted upon
	paidCancels   requests[CancelRequest, CancelResult]
	captures      requests[CaptureRequest, CaptureResult]

	captureBefore time.Time // when Stripe lets an authorised payment go; zero when it is not authorised
	captureDue    bool      // it is about to
	deadlineSet   bool

	refunds map[booking.RefundID]bool // whose workflows were started
	mails   mailing
}

// BookingPayment takes a booking from its hold to its money: it creates the PaymentIntent, waits for Stripe's events, a
// cancel or the end of the hold, records what Stripe says and mails the customer. A run that starts on a booking that
// is settled already (late events, a workflow that was terminated) records and ends.
func BookingPayment(ctx workflow.Context, in BookingPaymentInput) (BookingPaymentResult, error) {
	b := &bookingPayment{in: in, status: booking.StatusPendingPayment, refunds: map[booking.RefundID]bool{}}
	if err := b.setup(ctx); err != nil {
		return BookingPaymentResult{}, err
	}
	err := b.run(ctx)
	if err != nil && ctx.Err() != nil {
		err = b.abandon(ctx)
	}
	return b.result(), err
}

func (b *bookingPayment) run(ctx workflow.Context) error {
	if err := b.createPaymentIntent(ctx); err != nil {
		return err
	}
	if b.in.LookAt != "" {
		b.lookAgain = true
		b.intentID = cmp.Or(b.intentID, b.in.LookAt)
	}
	b.startHoldTimer(ctx)
	for !b.done(ctx) {
		b.describe(ctx)
		if err := workflow.Await(ctx, func() bool { return b.hasNews() || b.done(ctx) }); err != nil {
			return err
		}
		if err := b.act(ctx); err != nil {
			return err
		}
	}
	b.describe(ctx)
	return b.tagForSearch(ctx)
}

func (b *bookingPayment) hasNews() bool {
	return len(b.events) > 0 || b.lookAgain || b.cancelAsked > b.cancelHandled || b.paidCancels.waiting() || b.captures.waiting() ||
		b.holdEnded() || b.captureEnds()
}

// holdEnded is true when the hold has passed and the booking can be closed. A payment in processing cannot be
// cancelled: it is waited for. One that is authorised was made in time: it has a deadline of its own.
func (b *bookingPayment) holdEnded() bool {
	return b.holdPassed && b.status == booking.StatusPendingPayment &&
		b.payment != booking.PaymentProcessing && b.payment != booking.PaymentAuthorized
}

// done: settled, every mail sent or given up, the fee known, everybody answered, no event left unread: neither taken in
// nor still in the channel, as what comes with the last workflow task would be lost with it.
func (b *bookingPayment) done(ctx workflow.Context) bool {
	return b.status != booking.StatusPendingPayment && !b.hasNews() && b.signals.Len() == 0 && !b.feePending &&
		b.mails.inFlight == 0 && workflow.AllHandlersFinished(ctx)
}

// act does the most pressing thing. A cancel and the end of the hold read the payment as well, so they swallow events.
func (b *bookingPayment) act(ctx workflow.Context) error {
	switch {
	case b.cancelAsked > b.cancelHandled:
		return b.cancel(ctx)
	case b.paidCancels.waiting():
		return b.paidCancels.serve(ctx, b.cancelPaid)
	case b.captures.waiting():
		return b.captures.serve(ctx, b.capture)
	case b.captureEnds():
		return b.close(ctx, "Authorisation is running out: let it go", "abandoned", activities.ReasonHoldEnded)
	case b.holdEnded():
		return b.close(ctx, "Hold has ended: cancel the PaymentIntent", "abandoned", activities.ReasonHoldEnded)
	case len(b.events) > 0 || b.lookAgain:
		return b.record(ctx, "Record what Stripe says of the payment", activities.ReasonEvent)
	default:
		return nil
	}
}

func (b *bookingPayment) createPaymentIntent(ctx workflow.Context) error {
	left := b.in.HoldExpiresAt.Sub(workflow.Now(ctx))
	create := step{"Create the PaymentIntent at Stripe", payments.CreatePaymentIntent, holdPatience(left)}
	var created activities.PaymentIntentCreated
	err := create.run(ctx, activities.BookingRef{Reference: b.in.Reference}, &created)
	if err != nil && !temporal.IsCanceledError(err) && mayPass(err) {
		// Stripe was away for as long as the hold lasted: nobody can have paid, as nobody has the client secret.
		created, err = b.closeUnpayable(ctx)
	}
	if err != nil {
		return err
	}
	b.ready = true
	b.intentID = created.PaymentIntentID
	b.status = created.BookingStatus
	b.payment = created.PaymentStatus
	b.noteFee(ctx, created.FeePending)
	b.noteCaptureBefore(ctx, created.CaptureBefore)
	b.mails.send(ctx, created.EmailIDs)
	return nil
}

func (b *bookingPayment) closeUnpayable(ctx workflow.Context) (activities.PaymentIntentCreated, error) {
	var closed activities.PaymentIntentCreated
	closing := step{"Record that the booking cannot be paid", payments.ClosePayment, moneyPatience}
	err := closing.run(ctx, activities.ClosePaymentInput{Reference: b.in.Reference, Code: "stripe_unreachable"}, &closed)
	return closed, err
}

// close cancels the PaymentIntent and records what became of it: cancelled, or paid at the last moment.
func (b *bookingPayment) close(ctx workflow.Context, summary, stripeReason string, reason activities.Reason) error {
	if b.status != booking.StatusPendingPayment {
		return nil
	}
	cancelling := step{summary, payments.CancelPaymentIntent, moneyPatience}
	err := cancelling.run(ctx, activities.CancelPaymentIntentInput{
		Reference: b.in.Reference, PaymentIntentID: b.intentID, Reason: stripeReason,
	}, nil)
	if err != nil {
		return err
	}
	return b.record(ctx, "Record what became of the payment", reason)
}

// record runs the recording step over all events that have come so far.
func (b *bookingPayment) record(ctx workflow.Context, summary string, reason activities.Reason) error {
	in := activities.RecordPaymentOutcomeInput{Reference: b.in.Reference, PaymentIntentID: b.intentID, Reason: reason}
	taken := len(b.events)
	for _, event := range b.events {
		in.EventIDs = append(in.EventIDs, event.EventID)
		if b.intentID == "" {
			// A booking that got no PaymentIntent as far as we know, and yet an event of one: read that.
			b.intentID, in.PaymentIntentID = event.PaymentIntentID, event.PaymentIntentID
		}
	}
	b.lookAgain = false
	var outcome activities.PaymentOutcome
	if err := (step{summary, payments.RecordPaymentOutcome, moneyPatience}).run(ctx, in, &outcome); err != nil {
		return err
	}
	b.events = b.events[taken:]
	b.status = outcome.BookingStatus
	b.payment = outcome.PaymentStatus
	b.refundDue = outcome.RefundDue
	b.noteFee(ctx, outcome.FeePending)
	b.noteCaptureBefore(ctx, outcome.CaptureBefore)
	b.mails.send(ctx, outcome.EmailIDs)
	if err := startRefunds(ctx, outcome.RefundIDs, b.refunds, b.in.CorrelationID); err != nil {
		return err
	}
	if b.holdPassed && b.payment == booking.PaymentProcessing {
		b.lookAgainIn(ctx, recheckInterval, "Look again at a payment in processing")
	}
	return nil
}

// noteFee keeps the workflow open for a fee that Stripe has not told yet, for as long as feeChecks lasts.
func (b *bookingPayment) noteFee(ctx workflow.Context, pending bool) {
	if !pending || b.feeLooks == len(feeChecks) {
		b.feePending = false
		return
	}
	b.feePending = true
	wait := feeChecks[b.feeLooks]
	b.feeLooks++
	b.lookAgainIn(ctx, wait, "Look again for Stripe's fee")
}

// abandon compensates for a workflow that was cancelled from outside: on a context of its own, it closes the booking
// as a customer's cancel would, or finds that it was paid.
func (b *bookingPayment) abandon(ctx workflow.Context) error {
	disconnected, stop := workflow.NewDisconnectedContext(ctx)
	defer stop()
	if b.ready && b.status == booking.StatusPendingPayment {
		if err := b.close(disconnected, "Workflow cancelled: cancel the PaymentIntent", "requested_by_customer", activities.ReasonCancelled); err != nil {
			return err
		}
	}
	if !b.ready {
		if closed, err := b.closeUnpayable(disconnected); err == nil {
			b.ready, b.status = true, closed.BookingStatus
			b.mails.send(disconnected, closed.EmailIDs)
		}
	}
	b.cancelHandled = b.cancelAsked
	if err := workflow.Await(disconnected, func() bool { return b.mails.inFlight == 0 && workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	b.describe(ctx)
	return ctx.Err()
}

// tagForSearch makes bookings that ended other than confirmed findable by status and PaymentIntent.
func (b *bookingPayment) tagForSearch(ctx workflow.Context) error {
	if b.status == booking.StatusConfirmed {
		return nil
	}
	return workflow.UpsertTypedSearchAttributes(ctx,
		SearchBookingStatus.ValueSet(string(b.status)), SearchPaymentIntentID.ValueSet(b.intentID))
}

func (b *bookingPayment) startHoldTimer(ctx workflow.Context) {
	if b.status != booking.StatusPendingPayment {
		return
	}
	left := max(b.in.HoldExpiresAt.Sub(workflow.Now(ctx)), 0)
	timer := workflow.NewTimerWithOptions(ctx, left, workflow.TimerOptions{Summary: "Hold ends"})
	workflow.Go(ctx, func(ctx workflow.Context) {
		if timer.Get(ctx, nil) == nil {
			b.holdPassed = true
		}
	})
}

func (b *bookingPayment) lookAgainIn(ctx workflow.Context, wait time.Duration, summary string) {
	timer := workflow.NewTimerWithOptions(ctx, wait, workflow.TimerOptions{Summary: summary})
	workflow.Go(ctx, func(ctx workflow.Context) {
		if timer.Get(ctx, nil) == nil {
			b.lookAgain = true
		}
	})
}

func (b *bookingPayment) result() BookingPaymentResult {
	return BookingPaymentResult{BookingStatus: b.status, PaymentStatus: b.payment, PaymentIntentID: b.intentID, RefundDue: b.refundDue}
}

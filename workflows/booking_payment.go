package workflows

import (
	"cmp"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

// BookingPaymentInput starts the workflow: references only, no personal data.
type BookingPaymentInput struct {
	Reference     booking.Reference `json:"reference"`
	HoldExpiresAt time.Time         `json:"holdExpiresAt"`
	CorrelationID string            `json:"correlationId"`
	// LookAt is a PaymentIntent that reconciliation found to differ: it is read first of all. Empty for a new booking.
	LookAt string `json:"lookAt,omitempty"`
}

// BookingPaymentResult is how it ended.
type BookingPaymentResult struct {
	BookingStatus   booking.Status        `json:"bookingStatus"`
	PaymentStatus   booking.PaymentStatus `json:"paymentStatus,omitempty"`
	PaymentIntentID string                `json:"paymentIntentId,omitempty"`
	RefundDue       bool                  `json:"refundDue,omitempty"`
}

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

	events     []StripeEvent // signalled and not yet recorded
	holdPassed bool
	lookAgain  bool // a timer asks to read the payment once more
	looks      int  // that were recorded

	feePending bool
	feeLook    laterLook
	recheck    laterLook // of a payment that nobody can cancel, after its hold

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
	for {
		ended, err := b.ended(ctx)
		if err != nil {
			return err
		}
		if ended {
			break
		}
		b.describe(ctx)
		if err := workflow.Await(ctx, func() bool { return b.hasNews() || b.done(ctx) }); err != nil {
			return err
		}
		err = b.act(ctx)
		if err != nil {
			reportFailure(ctx, b.events, err)
		}
		if err != nil && !b.waitsOut(err) {
			return err
		}
	}
	b.describe(ctx)
	return b.tagForSearch(ctx)
}

// waitsOut is true for a PaymentIntent that is not about what the booking costs, while the hold lasts: the booking is
// marked for an operator, and the hold's end still has to cancel it. After the hold it ends the workflow, in red. The events
// stay unprocessed, as the inbox shows.
func (b *bookingPayment) waitsOut(err error) bool {
	var application *temporal.ApplicationError
	if b.holdPassed || !errors.As(err, &application) || application.Type() != activities.AmountMismatch {
		return false
	}
	b.events = nil
	return true
}

func (b *bookingPayment) hasNews() bool {
	return len(b.events) > 0 || b.lookAgain || b.cancelAsked > b.cancelHandled || b.paidCancels.waiting() || b.captures.waiting() ||
		b.holdEnded() || b.captureEnds()
}

// holdEnded is true when the hold has passed and the booking can be closed. A payment that cannot be cancelled is waited
// for. One that is authorised was made in time: it has its own deadline.
func (b *bookingPayment) holdEnded() bool {
	return b.holdPassed && b.status == booking.StatusPendingPayment && !b.beyondCancel() && b.payment != booking.PaymentAuthorized
}

// beyondCancel: the payment is in the bank's hands, or in a state that this version does not know.
func (b *bookingPayment) beyondCancel() bool {
	return b.payment == booking.PaymentProcessing || b.payment == booking.PaymentUnknown
}

// done: settled, every mail sent or given up, the fee known, everybody answered, no event left unread.
func (b *bookingPayment) done(ctx workflow.Context) bool {
	return b.status != booking.StatusPendingPayment && !b.hasNews() && !b.feePending &&
		b.mails.inFlight == 0 && workflow.AllHandlersFinished(ctx)
}

// ended reports whether the run is done with everything that came with this workflow task. The main course continues before
// the coroutines that take in events and updates, and what they have not taken in is lost with the run. A coroutine that is
// started now runs after all of those, so that waiting for it gives each of them its turn. It adds no command to the history.
func (b *bookingPayment) ended(ctx workflow.Context) (bool, error) {
	if !b.done(ctx) {
		return false, nil
	}
	turn := false
	workflow.Go(ctx, func(workflow.Context) { turn = true })
	err := workflow.Await(ctx, func() bool { return turn })
	return err == nil && b.done(ctx), err
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
	b.note(ctx, created)
	return nil
}

// note takes over where booking and payment stand once the PaymentIntent is known, or will never be.
func (b *bookingPayment) note(ctx workflow.Context, created activities.PaymentIntentCreated) {
	b.ready = true
	b.intentID = created.PaymentIntentID
	b.status = created.BookingStatus
	b.payment = created.PaymentStatus
	b.lookAgain = b.lookAgain || created.Look
	b.noteFee(ctx, created.FeePending)
	b.noteCaptureBefore(ctx, created.CaptureBefore)
	b.mails.send(ctx, created.EmailIDs)
}

// closeUnpayable closes a booking that got no PaymentIntent. One that did, in an attempt whose end was not heard of, is
// left for the hold's end to cancel.
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
	in := b.recordInput(reason)
	taken := len(b.events)
	b.lookAgain = false
	var outcome activities.PaymentRecorded
	if err := (step{summary, payments.RecordPaymentOutcome, moneyPatience}).run(ctx, in, &outcome); err != nil {
		return err
	}
	b.events = b.events[taken:]
	b.looks++
	b.intentID = in.PaymentIntentID
	if outcome.Foreign {
		b.intentID = ""
	}
	b.status = outcome.BookingStatus
	b.payment = outcome.PaymentStatus
	b.refundDue = outcome.RefundDue
	b.noteFee(ctx, outcome.FeePending)
	b.noteCaptureBefore(ctx, outcome.CaptureBefore)
	b.mails.send(ctx, outcome.EmailIDs)
	if err := startRefunds(ctx, outcome.RefundIDs, b.refunds, b.in.CorrelationID); err != nil {
		return err
	}
	if b.holdPassed && b.beyondCancel() {
		b.lookAgainIn(ctx, &b.recheck, recheckInterval, "Look again at a payment in "+string(b.payment))
	}
	return nil
}

// recordInput names the booking's own PaymentIntent and the events about it; those about another one, which an event says is this
// booking's, are told apart. A booking that has none as far as the books know reads the first that an event names.
func (b *bookingPayment) recordInput(reason activities.Reason) activities.RecordPaymentOutcomeInput {
	in := activities.RecordPaymentOutcomeInput{Reference: b.in.Reference, PaymentIntentID: b.intentID, Reason: reason}
	others := map[string]int{} // the place in in.Others
	for _, event := range b.events {
		in.PaymentIntentID = cmp.Or(in.PaymentIntentID, event.PaymentIntentID)
		if event.PaymentIntentID == "" || event.PaymentIntentID == in.PaymentIntentID {
			in.EventIDs = append(in.EventIDs, event.EventID)
			continue
		}
		place, seen := others[event.PaymentIntentID]
		if !seen {
			place = len(in.Others)
			others[event.PaymentIntentID] = place
			in.Others = append(in.Others, activities.OtherPayment{PaymentIntentID: event.PaymentIntentID})
		}
		in.Others[place].EventIDs = append(in.Others[place].EventIDs, event.EventID)
	}
	return in
}

// abandon compensates for a workflow that was cancelled from outside: on its own context, it closes the booking
// as a customer's cancel would, or finds that it was paid.
func (b *bookingPayment) abandon(ctx workflow.Context) error {
	disconnected, stop := workflow.NewDisconnectedContext(ctx)
	defer stop()
	if !b.ready {
		closed, err := b.closeUnpayable(disconnected)
		if err != nil {
			return err
		}
		b.note(disconnected, closed)
	}
	if err := b.close(disconnected, "Workflow cancelled: cancel the PaymentIntent", "requested_by_customer", activities.ReasonCancelled); err != nil {
		return err
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

func (b *bookingPayment) result() BookingPaymentResult {
	return BookingPaymentResult{BookingStatus: b.status, PaymentStatus: b.payment, PaymentIntentID: b.intentID, RefundDue: b.refundDue}
}

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

// BookingPaymentInput starts BookingPayment. It holds references only, no personal data.
type BookingPaymentInput struct {
	Reference     booking.Reference `json:"reference"`
	HoldExpiresAt time.Time         `json:"holdExpiresAt"`
	CorrelationID string            `json:"correlationId"`
	// LookAt is a PaymentIntent to read and record first: reconciliation found that the books differ from it. Empty for a new booking.
	LookAt string `json:"lookAt,omitempty"`
}

// BookingPaymentResult is the state at the end of the run; the query status returns the current one.
type BookingPaymentResult struct {
	BookingStatus   booking.Status        `json:"bookingStatus"`
	PaymentStatus   booking.PaymentStatus `json:"paymentStatus,omitempty"`
	PaymentIntentID string                `json:"paymentIntentId,omitempty"`
	RefundDue       bool                  `json:"refundDue,omitempty"`
}

// payments names the payment activities by method reference; the receiver lives in the worker.
var payments *activities.Payments

// bookingPayment is the state of one run of BookingPayment.
type bookingPayment struct {
	eventWatcher

	in BookingPaymentInput

	status    booking.Status
	payment   booking.PaymentStatus
	intentID  string
	refundDue bool
	ready     bool // the PaymentIntent is created, or refused for good

	holdPassed         bool
	recordings         int
	feePending         bool
	feePolls           pollSchedule
	uncancellablePolls pollSchedule // of a payment that cannot be cancelled after its hold

	cancelsRequested int // before payment
	cancelsHandled   int
	paidCancels      updateQueue[CancelRequest, CancelResult]
	captures         updateQueue[CaptureRequest, CaptureResult]

	captureBefore        time.Time // when the authorisation expires at Stripe; zero unless the payment is authorised
	captureTimersSet     bool
	captureMarginReached bool

	refunds map[booking.RefundID]bool // whose workflows were started
}

// BookingPayment takes a booking from its hold to its money: it creates the PaymentIntent, waits for Stripe's events, a cancel or
// the end of the hold, records what Stripe reports and emails the customer. A run that starts on a settled booking (a late event,
// a workflow that was terminated) records and ends.
func BookingPayment(ctx workflow.Context, in BookingPaymentInput) (BookingPaymentResult, error) {
	b := &bookingPayment{
		in: in, status: booking.StatusPendingPayment, refunds: map[booking.RefundID]bool{},
		feePolls: pollSchedule{intervals: feePolls}, uncancellablePolls: pollSchedule{intervals: uncancellablePolls},
	}
	if err := b.setup(ctx); err != nil {
		return BookingPaymentResult{}, err
	}
	err := b.run(ctx)
	if err != nil && ctx.Err() != nil {
		err = b.cleanUp(ctx)
	}
	return b.result(), err
}

func (b *bookingPayment) run(ctx workflow.Context) error {
	if err := b.createPaymentIntent(ctx); err != nil {
		return err
	}
	if b.in.LookAt != "" {
		b.woken = true
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
		if err := workflow.Await(ctx, func() bool { return b.hasWork() || b.done(ctx) }); err != nil {
			return err
		}
		err = b.act(ctx)
		if err == nil {
			continue
		}
		b.reportUnrecorded(ctx, err)
		if !b.survives(err) {
			return err
		}
	}
	b.describe(ctx)
	return b.setSearchAttributes(ctx)
}

// act does the most urgent thing. A cancel and the end of the hold read the payment too, so they cover waiting events.
func (b *bookingPayment) act(ctx workflow.Context) error {
	switch {
	case b.cancelsRequested > b.cancelsHandled:
		return b.cancel(ctx)
	case b.paidCancels.waiting():
		return b.paidCancels.answerNext(ctx, b.cancelPaid)
	case b.captures.waiting():
		return b.captures.answerNext(ctx, b.capture)
	case b.authorisationEnded():
		return b.close(ctx, "Authorisation expires soon: cancel the PaymentIntent", "abandoned", activities.ReasonHoldEnded)
	case b.holdEnded():
		return b.close(ctx, "Hold has ended: cancel the PaymentIntent", "abandoned", activities.ReasonHoldEnded)
	case len(b.events) > 0 || b.woken:
		return b.record(ctx, "Record the payment as Stripe has it", activities.ReasonEvent)
	default:
		return nil
	}
}

// survives reports whether the run continues after err: a PaymentIntent whose amount is not the booking's, while the hold lasts.
// The recording marked the booking for an operator, and the end of the hold still has to cancel the PaymentIntent. After the hold
// the error ends the workflow. The inbox keeps the events as failed.
func (b *bookingPayment) survives(err error) bool {
	var application *temporal.ApplicationError
	if b.holdPassed || !errors.As(err, &application) || application.Type() != activities.Contradiction {
		return false
	}
	b.take()
	b.recorded()
	return true
}

// hasWork reports whether act has something to do.
func (b *bookingPayment) hasWork() bool {
	return len(b.events) > 0 || b.woken || b.cancelsRequested > b.cancelsHandled || b.paidCancels.waiting() || b.captures.waiting() ||
		b.holdEnded() || b.authorisationEnded()
}

// holdEnded reports whether the hold has passed and the booking is to be closed. A payment that cannot be cancelled is awaited. An
// authorised payment was made in time and has a deadline of another kind: authorisationEnded.
func (b *bookingPayment) holdEnded() bool {
	return b.holdPassed && b.status == booking.StatusPendingPayment && !b.uncancellable() && b.payment != booking.PaymentAuthorized
}

// uncancellable reports whether the payment is at the bank, or in a state that this version does not know.
func (b *bookingPayment) uncancellable() bool {
	return b.payment == booking.PaymentProcessing || b.payment == booking.PaymentUnknown
}

// done reports whether the booking is settled, its emails are sent or abandoned, its fee is known, every update is answered and
// no event is left.
func (b *bookingPayment) done(ctx workflow.Context) bool {
	return b.status != booking.StatusPendingPayment && !b.hasWork() && !b.feePending &&
		b.emails.inFlight == 0 && workflow.AllHandlersFinished(ctx)
}

// ended reports whether the run is done with everything that this workflow task brought. The main coroutine runs before those that
// receive events and updates, and what they have not received is lost when the run ends. A coroutine that is started now runs after
// all of them, so waiting for it gives each a turn. It adds no command to the history.
func (b *bookingPayment) ended(ctx workflow.Context) (bool, error) {
	if !b.done(ctx) {
		return false, nil
	}
	turn := false
	workflow.Go(ctx, func(workflow.Context) { turn = true })
	err := workflow.Await(ctx, func() bool { return turn })
	return err == nil && b.done(ctx), err
}

// setSearchAttributes makes a booking that did not end as confirmed findable by status and PaymentIntent.
func (b *bookingPayment) setSearchAttributes(ctx workflow.Context) error {
	if b.status == booking.StatusConfirmed {
		return nil
	}
	return workflow.UpsertTypedSearchAttributes(ctx,
		SearchBookingStatus.ValueSet(string(b.status)), SearchPaymentIntentID.ValueSet(b.intentID))
}

func (b *bookingPayment) result() BookingPaymentResult {
	return BookingPaymentResult{BookingStatus: b.status, PaymentStatus: b.payment, PaymentIntentID: b.intentID, RefundDue: b.refundDue}
}

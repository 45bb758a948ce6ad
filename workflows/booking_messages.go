package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/booking"
)

// setup registers everything that may arrive, before the first step: a message that comes with the start is not lost.
func (b *bookingPayment) setup(ctx workflow.Context) error {
	b.receiveEvents(ctx)
	if err := workflow.SetQueryHandler(ctx, QueryStatus, func() (BookingPaymentResult, error) { return b.result(), nil }); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, UpdatePaymentIntent, b.awaitPaymentIntent, workflow.UpdateHandlerOptions{
		Description: "Answers when the PaymentIntent is known, or refused for good",
	}); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, UpdateRecordPayment, b.recordPayment, workflow.UpdateHandlerOptions{
		Description: "Reads the payment at Stripe and records it: the books have forgotten it",
	}); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, UpdateCapturePayment, b.capturePayment, workflow.UpdateHandlerOptions{
		Validator:   b.validateCapture,
		Description: "Captures an authorised payment, all of it or less",
	}); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, UpdateCancelBooking, b.cancelBooking, workflow.UpdateHandlerOptions{
		Validator:   b.validateCancel,
		Description: "Cancels the booking: before payment, or after it under the refund policy",
	})
}

// receiveEvents collects Stripe's events as they come. Signals are not deduplicated by Temporal, so an event that is
// waiting already is passed over.
func (b *bookingPayment) receiveEvents(ctx workflow.Context) {
	signals := workflow.GetSignalChannelWithOptions(ctx, SignalStripeEvent, workflow.SignalChannelOptions{
		Description: "Stripe has news of the payment",
	})
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var event StripeEvent
			if !signals.Receive(ctx, &event) {
				return
			}
			if !b.waiting(event.EventID) {
				b.events = append(b.events, event)
			}
		}
	})
}

func (b *bookingPayment) waiting(eventID string) bool {
	for _, event := range b.events {
		if event.EventID == eventID {
			return true
		}
	}
	return false
}

func (b *bookingPayment) awaitPaymentIntent(ctx workflow.Context) (PaymentIntentReady, error) {
	if err := workflow.Await(ctx, func() bool { return b.ready }); err != nil {
		return PaymentIntentReady{}, err
	}
	return PaymentIntentReady{PaymentIntentID: b.intentID, BookingStatus: b.status, PaymentStatus: b.payment}, nil
}

// recordPayment answers once the payment has been read and recorded after it was asked: a run of before a restore of the database
// knows a PaymentIntent that the books do not know any more.
func (b *bookingPayment) recordPayment(ctx workflow.Context) (PaymentIntentReady, error) {
	if err := workflow.Await(ctx, func() bool { return b.ready }); err != nil {
		return PaymentIntentReady{}, err
	}
	if b.intentID != "" {
		before := b.looks
		b.lookAgain = true
		if err := workflow.Await(ctx, func() bool { return b.looks > before }); err != nil {
			return PaymentIntentReady{}, err
		}
	}
	return PaymentIntentReady{PaymentIntentID: b.intentID, BookingStatus: b.status, PaymentStatus: b.payment}, nil
}

// validateCancel refuses, before anything is written to the history, what could not be done anyway.
func (b *bookingPayment) validateCancel(_ workflow.Context, request CancelRequest) error {
	if !request.Paid && b.ready && b.status != booking.StatusPendingPayment && b.status != booking.StatusCancelled {
		return alreadySettled(b.status)
	}
	return nil
}

// cancelBooking asks the main course to cancel and waits for how it went. Asking twice is answered twice the same. A
// cancel of an unpaid booking that finds it paid is refused: what the policy would keep was not agreed to.
func (b *bookingPayment) cancelBooking(ctx workflow.Context, request CancelRequest) (CancelResult, error) {
	if err := workflow.Await(ctx, func() bool { return b.ready }); err != nil {
		return CancelResult{}, err
	}
	if request.Paid && b.status != booking.StatusPendingPayment {
		return b.paidCancels.ask(ctx, request)
	}
	if b.payment == booking.PaymentUnknown && workflow.GetVersion(ctx, "refuse-cancel-of-unknown", workflow.DefaultVersion, 1) == 1 {
		b.lookAgain = true // what was not known a while ago may be by now
		return CancelResult{}, temporal.NewNonRetryableApplicationError(
			"the payment is in a state at Stripe that this version does not know, and is not cancelled: a person has to look at it",
			ErrorAlreadySettled, nil, string(b.status))
	}
	if b.status == booking.StatusPendingPayment {
		b.cancelAsked++
		ticket := b.cancelAsked
		if err := workflow.Await(ctx, func() bool { return b.cancelHandled >= ticket }); err != nil {
			return CancelResult{}, err
		}
	}
	if b.status != booking.StatusCancelled {
		return CancelResult{}, alreadySettled(b.status)
	}
	return CancelResult{BookingStatus: b.status}, nil
}

func alreadySettled(status booking.Status) error {
	text := fmt.Sprintf("the booking is %s and can no longer be cancelled before payment", status)
	if status == booking.StatusPendingPayment {
		text = "the payment is being processed and cannot be cancelled now; ask again when it has settled"
	}
	return temporal.NewNonRetryableApplicationError(text, ErrorAlreadySettled, nil, string(status))
}

// validateCapture refuses what could not be done anyway.
func (b *bookingPayment) validateCapture(_ workflow.Context, request CaptureRequest) error {
	if request.Amount <= 0 {
		return notAuthorized("the amount to capture is not above zero")
	}
	return nil
}

func (b *bookingPayment) capturePayment(ctx workflow.Context, request CaptureRequest) (CaptureResult, error) {
	if err := workflow.Await(ctx, func() bool { return b.ready }); err != nil {
		return CaptureResult{}, err
	}
	return b.captures.ask(ctx, request)
}

func notAuthorized(why string) error {
	return temporal.NewNonRetryableApplicationError(why, ErrorNotAuthorized, nil)
}

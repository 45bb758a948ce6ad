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
	return workflow.SetUpdateHandlerWithOptions(ctx, UpdateCancelBooking, b.cancelBooking, workflow.UpdateHandlerOptions{
		Validator:   b.validateCancel,
		Description: "Cancels the booking before payment",
	})
}

// receiveEvents collects Stripe's events as they come. Signals are not deduplicated by Temporal, so an event that is
// waiting already is passed over.
func (b *bookingPayment) receiveEvents(ctx workflow.Context) {
	b.signals = workflow.GetSignalChannelWithOptions(ctx, SignalStripeEvent, workflow.SignalChannelOptions{
		Description: "Stripe has news of the payment",
	})
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var event StripeEvent
			if !b.signals.Receive(ctx, &event) {
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

// validateCancel refuses, before anything is written to the history, what could not be done anyway.
func (b *bookingPayment) validateCancel(workflow.Context) error {
	if b.ready && b.status != booking.StatusPendingPayment && b.status != booking.StatusCancelled {
		return alreadySettled(b.status)
	}
	return nil
}

// cancelBooking asks the main course to cancel and waits for how it went. Asking twice is answered twice the same.
func (b *bookingPayment) cancelBooking(ctx workflow.Context) (CancelResult, error) {
	if err := workflow.Await(ctx, func() bool { return b.ready }); err != nil {
		return CancelResult{}, err
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

package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/booking"
)

// PaymentIntentReady answers the updates payment-intent and record-payment. PaymentIntentID is empty when Stripe refused the
// payment for good; BookingStatus is then payment_failed.
type PaymentIntentReady struct {
	PaymentIntentID string                `json:"paymentIntentId,omitempty"`
	BookingStatus   booking.Status        `json:"bookingStatus"`
	PaymentStatus   booking.PaymentStatus `json:"paymentStatus,omitempty"`
}

// setup registers signal, query and update handlers before the first step, so that a message that arrives with the start is kept.
func (b *bookingPayment) setup(ctx workflow.Context) error {
	b.collect(ctx, "Something changed about the payment at Stripe")
	if err := workflow.SetQueryHandler(ctx, QueryStatus, func() (BookingPaymentResult, error) { return b.result(), nil }); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, UpdatePaymentIntent, b.awaitPaymentIntent, workflow.UpdateHandlerOptions{
		Description: "Answers when the PaymentIntent is created or refused for good",
	}); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, UpdateRecordPayment, b.recordPayment, workflow.UpdateHandlerOptions{
		Description: "Reads the payment at Stripe and records it again, after the books were restored",
	}); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, UpdateCapturePayment, b.capturePayment, workflow.UpdateHandlerOptions{
		Validator:   b.validateCapture,
		Description: "Captures an authorised payment, in full or in part",
	}); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, UpdateCancelBooking, b.cancelBooking, workflow.UpdateHandlerOptions{
		Validator:   b.validateCancel,
		Description: "Cancels the booking: before payment, or after payment under the refund policy",
	})
}

func (b *bookingPayment) awaitPaymentIntent(ctx workflow.Context) (PaymentIntentReady, error) {
	if err := workflow.Await(ctx, func() bool { return b.ready }); err != nil {
		return PaymentIntentReady{}, err
	}
	return b.paymentIntent(), nil
}

// recordPayment answers once the payment was read and recorded after the request. A run that is older than a restore of the
// database knows a PaymentIntent that the books have lost.
func (b *bookingPayment) recordPayment(ctx workflow.Context) (PaymentIntentReady, error) {
	if err := workflow.Await(ctx, func() bool { return b.ready }); err != nil {
		return PaymentIntentReady{}, err
	}
	if b.intentID != "" {
		before := b.recordings
		b.woken = true
		if err := workflow.Await(ctx, func() bool { return b.recordings > before }); err != nil {
			return PaymentIntentReady{}, err
		}
	}
	return b.paymentIntent(), nil
}

func (b *bookingPayment) paymentIntent() PaymentIntentReady {
	return PaymentIntentReady{PaymentIntentID: b.intentID, BookingStatus: b.status, PaymentStatus: b.payment}
}

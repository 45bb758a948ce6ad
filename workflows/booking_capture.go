package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

// capture takes an authorised payment and records what became of it. One that is captured already is answered as it is.
func (b *bookingPayment) capture(ctx workflow.Context, request CaptureRequest) (CaptureResult, error) {
	if b.payment == booking.PaymentSucceeded {
		return CaptureResult{BookingStatus: b.status, PaymentStatus: b.payment}, nil
	}
	if b.payment != booking.PaymentAuthorized {
		return CaptureResult{}, notAuthorized("the payment is " + orDash(string(b.payment)) + " and has nothing to be captured")
	}
	capturing := step{"Capture the payment", payments.CapturePayment, moneyPatience}
	err := capturing.run(ctx, activities.CapturePaymentInput{
		Reference: b.in.Reference, PaymentIntentID: b.intentID, Amount: request.Amount,
	}, nil)
	if err != nil {
		return CaptureResult{}, err
	}
	if err := b.record(ctx, "Record the capture", activities.ReasonEvent); err != nil {
		return CaptureResult{}, err
	}
	if b.payment != booking.PaymentSucceeded {
		return CaptureResult{}, notAuthorized("Stripe did not capture: the payment is " + string(b.payment))
	}
	return CaptureResult{BookingStatus: b.status, PaymentStatus: b.payment}, nil
}

// captureEnds is true when an authorisation is about to run out at Stripe.
func (b *bookingPayment) captureEnds() bool {
	return b.captureDue && b.status == booking.StatusPendingPayment && b.payment == booking.PaymentAuthorized
}

// noteCaptureBefore sets the deadline of an authorised payment, once: a warning to finance, then the end.
func (b *bookingPayment) noteCaptureBefore(ctx workflow.Context, before *time.Time) {
	b.captureBefore = time.Time{}
	if before == nil || before.IsZero() {
		return
	}
	b.captureBefore = *before
	if b.deadlineSet {
		return
	}
	b.deadlineSet = true
	left := before.Sub(workflow.Now(ctx))
	workflow.Go(ctx, func(ctx workflow.Context) { b.warnOfCapture(ctx, max(left-captureWarning, 0)) })
	timer := workflow.NewTimerWithOptions(ctx, max(left-captureMargin, 0), workflow.TimerOptions{Summary: "Authorisation runs out"})
	workflow.Go(ctx, func(ctx workflow.Context) {
		if timer.Get(ctx, nil) == nil {
			b.captureDue = true
		}
	})
}

func (b *bookingPayment) warnOfCapture(ctx workflow.Context, wait time.Duration) {
	if wait > 0 {
		timer := workflow.NewTimerWithOptions(ctx, wait, workflow.TimerOptions{Summary: "Warn that the authorisation runs out"})
		if timer.Get(ctx, nil) != nil {
			return
		}
	}
	if b.payment != booking.PaymentAuthorized {
		return
	}
	var queued activities.MailsQueued
	warning := step{"Warn finance that the authorisation runs out", payments.WarnOfCapture, mailPatience}
	if err := warning.run(ctx, activities.BookingRef{Reference: b.in.Reference}, &queued); err != nil {
		workflow.GetLogger(ctx).Error("finance was not warned of an authorisation that runs out", "error", err)
		return
	}
	b.mails.send(ctx, queued.EmailIDs)
}

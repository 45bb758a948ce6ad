package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

// CaptureRequest is the argument of the update capture-payment. Amount is in minor units, at most the authorised amount.
type CaptureRequest struct {
	Amount int64 `json:"amount"`
}

// CaptureResult answers the update capture-payment.
type CaptureResult struct {
	BookingStatus booking.Status        `json:"bookingStatus"`
	PaymentStatus booking.PaymentStatus `json:"paymentStatus"`
}

// validateCapture refuses a capture that cannot succeed, before it is written to the history.
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
	return b.captures.submit(ctx, request)
}

// capture captures an authorised payment and records the outcome. A payment that is captured already is answered with its state.
func (b *bookingPayment) capture(ctx workflow.Context, request CaptureRequest) (CaptureResult, error) {
	if b.payment == booking.PaymentSucceeded {
		return CaptureResult{BookingStatus: b.status, PaymentStatus: b.payment}, nil
	}
	if b.payment != booking.PaymentAuthorized {
		return CaptureResult{}, notAuthorized("the payment is " + orDash(b.payment) + " and has nothing to be captured")
	}
	capturing := step{"Capture the payment", payments.CapturePayment, moneyRetries}
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

func notAuthorized(why string) error {
	return temporal.NewNonRetryableApplicationError(why, ErrorNotAuthorized, nil)
}

// authorisationEnded reports whether the authorisation has reached captureMargin and nobody captured it.
func (b *bookingPayment) authorisationEnded() bool {
	return b.captureMarginReached && b.status == booking.StatusPendingPayment && b.payment == booking.PaymentAuthorized
}

// setCaptureBefore starts the timers of an authorised payment, once: the warning to finance and the release.
func (b *bookingPayment) setCaptureBefore(ctx workflow.Context, before *time.Time) {
	b.captureBefore = time.Time{}
	if before == nil || before.IsZero() {
		return
	}
	b.captureBefore = *before
	if b.captureTimersSet {
		return
	}
	b.captureTimersSet = true
	left := before.Sub(workflow.Now(ctx))
	workflow.Go(ctx, func(ctx workflow.Context) { b.warnOfCapture(ctx, max(left-captureWarning, 0)) })
	timer := workflow.NewTimerWithOptions(ctx, max(left-captureMargin, 0),
		workflow.TimerOptions{Summary: "Authorisation expires soon: release it"})
	workflow.Go(ctx, func(ctx workflow.Context) {
		if timer.Get(ctx, nil) == nil {
			b.captureMarginReached = true
		}
	})
}

func (b *bookingPayment) warnOfCapture(ctx workflow.Context, wait time.Duration) {
	if wait > 0 {
		timer := workflow.NewTimerWithOptions(ctx, wait, workflow.TimerOptions{Summary: "Warn finance before the authorisation expires"})
		if timer.Get(ctx, nil) != nil {
			return
		}
	}
	if b.payment != booking.PaymentAuthorized {
		return
	}
	var queued activities.EmailsQueued
	warning := step{"Warn finance that the authorisation expires", payments.WarnOfCapture, emailRetries}
	if err := warning.run(ctx, activities.BookingRef{Reference: b.in.Reference}, &queued); err != nil {
		workflow.GetLogger(ctx).Error("finance was not warned that the authorisation expires", "error", err)
		return
	}
	b.emails.send(ctx, queued.EmailIDs)
}

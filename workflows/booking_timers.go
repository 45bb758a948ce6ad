package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/booking"
)

func (b *bookingPayment) startHoldTimer(ctx workflow.Context) {
	if b.status != booking.StatusPendingPayment {
		return
	}
	left := max(b.in.HoldExpiresAt.Sub(workflow.Now(ctx)), 0)
	timer := workflow.NewTimerWithOptions(ctx, left, workflow.TimerOptions{Summary: "Hold ends"})
	workflow.Go(ctx, func(ctx workflow.Context) {
		if timer.Get(ctx, nil) == nil {
			b.holdPassed = true
			// A payment that cannot be cancelled may have settled with its event lost. Runs older than the version do not read it.
			b.woken = b.woken || b.uncancellable() && workflow.GetVersion(ctx, "look-when-hold-ends", workflow.DefaultVersion, 1) == 1
		}
	})
}

// awaitFee keeps the workflow open for a fee that Stripe has not reported yet, until feePolls is exhausted.
func (b *bookingPayment) awaitFee(ctx workflow.Context, pending bool) {
	b.feePending = pending && !b.feePolls.exhausted()
	if b.feePending {
		b.feePolls.start(ctx, "Read the payment again for Stripe's fee", func() { b.woken = true })
	}
}

// awaitUncancellable polls a payment that outlasts its hold and cannot be cancelled.
func (b *bookingPayment) awaitUncancellable(ctx workflow.Context) {
	if b.holdPassed && b.uncancellable() {
		b.uncancellablePolls.start(ctx, "Read the payment again: it is "+string(b.payment), func() { b.woken = true })
	}
}

package workflows

import (
	"time"

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
			// What nobody can cancel may have settled without our hearing of it. Older runs did not look.
			b.lookAgain = b.lookAgain || b.beyondCancel() && workflow.GetVersion(ctx, "look-when-hold-ends", workflow.DefaultVersion, 1) == 1
		}
	})
}

// laterLook is a look at the payment that was set for later: one at a time for each purpose. Events that come meanwhile
// neither set another nor count: ten of them in a second are no reason to give up.
type laterLook struct {
	set   bool
	taken int
}

func (b *bookingPayment) lookAgainIn(ctx workflow.Context, look *laterLook, wait time.Duration, summary string) {
	if look.set {
		return
	}
	look.set = true
	timer := workflow.NewTimerWithOptions(ctx, wait, workflow.TimerOptions{Summary: summary})
	workflow.Go(ctx, func(ctx workflow.Context) {
		if timer.Get(ctx, nil) == nil {
			look.set = false
			look.taken++
			b.lookAgain = true
		}
	})
}

// noteFee keeps the workflow open for a fee that Stripe has not told yet, for as long as feeChecks lasts.
func (b *bookingPayment) noteFee(ctx workflow.Context, pending bool) {
	b.feePending = pending && b.feeLook.taken < len(feeChecks)
	if b.feePending {
		b.lookAgainIn(ctx, &b.feeLook, feeChecks[b.feeLook.taken], "Look again for Stripe's fee")
	}
}

package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

// refunds names the refund activities by method reference; the receiver lives in the worker.
var refunds *activities.Refunds

// RefundInput starts Refund: by our id, or by Stripe's for a refund that was made in its dashboard.
type RefundInput struct {
	RefundID       booking.RefundID `json:"refundId,omitempty"`
	StripeRefundID string           `json:"stripeRefundId,omitempty"`
	CorrelationID  string           `json:"correlationId,omitempty"`
}

// RefundResult is the state at the end of the run; the query status returns the current one.
type RefundResult struct {
	RefundID       booking.RefundID     `json:"refundId,omitempty"`
	StripeRefundID string               `json:"stripeRefundId,omitempty"`
	Reference      booking.Reference    `json:"reference,omitempty"`
	Status         booking.RefundStatus `json:"status"`
	BookingStatus  booking.Status       `json:"bookingStatus,omitempty"`
}

// refund is the state of one run of Refund.
type refund struct {
	eventWatcher

	in             RefundInput
	ref            activities.RefundRef
	now            activities.RefundRecorded
	polls          pollSchedule
	postponedPolls pollSchedule // of a refund that Stripe refuses for now
	unpostedEnded  bool         // the wait for the balance transaction is over; reconciliation still finds it

	created bool // the refund is created, or refused for good
	rereads int  // requests to abandon it that were answered by reading its row
}

// Refund takes a refund from its row to its end: it creates the refund at Stripe under a fixed key, follows it through pending and
// requires_action for as long as that takes, and records it on each event. A run that starts on a settled refund (it failed after
// it succeeded, a late event) records and ends.
func Refund(ctx workflow.Context, in RefundInput) (RefundResult, error) {
	r := &refund{in: in, polls: pollSchedule{intervals: refundPolls}, postponedPolls: pollSchedule{intervals: postponedRefundPolls}}
	r.ref = activities.RefundRef{RefundID: in.RefundID, StripeRefundID: in.StripeRefundID}
	r.listen(ctx, "Something changed about the refund at Stripe")
	if err := workflow.SetQueryHandler(ctx, QueryStatus, func() (RefundResult, error) { return r.result(), nil }); err != nil {
		return RefundResult{}, err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, UpdateAbandonRefund, r.abandon, workflow.UpdateHandlerOptions{
		Description: "Ends a refund that Stripe refuses for now and that its row marks as abandoned, unless Stripe has made it",
	}); err != nil {
		return RefundResult{}, err
	}
	err := r.finish(ctx, r.run(ctx))
	return r.result(), err
}

func (r *refund) run(ctx workflow.Context) error {
	if r.ref.StripeRefundID == "" {
		if err := r.create(ctx); err != nil {
			return err
		}
	}
	r.created, r.woken = true, false
	return r.follow(ctx, r, "Read the refund again")
}

// awaited reports whether the refund is pending, or its balance transaction is missing. A refund of a payment that belongs to no
// booking is not awaited.
func (r *refund) awaited() bool {
	return !r.now.Foreign && (!r.now.Status.Settled() || r.now.Unposted && !r.unpostedEnded)
}

// nextPoll follows refundPolls. A settled refund whose balance transaction is missing after the last poll is read once more.
func (r *refund) nextPoll(workflow.Context) (time.Duration, bool, error) {
	if !r.awaited() {
		return 0, false, nil
	}
	if r.polls.exhausted() && r.now.Status.Settled() {
		r.unpostedEnded = true
		return 0, true, nil
	}
	return r.polls.interval(), true, nil
}

func (r *refund) polled() { r.polls.polled() }

// create requests the refund until it is made or refused for good. A refund that the balance does not cover, or that Stripe refuses
// for an unknown reason, is requested again when an event arrives (money has become available) and on postponedRefundPolls.
func (r *refund) create(ctx workflow.Context) error {
	creating := step{"Create the refund at Stripe", refunds.CreateRefund, moneyRetries}
	for {
		var outcome activities.RefundRecorded
		requested := r.woken
		r.woken = false
		if err := creating.run(ctx, r.ref, &outcome); err != nil {
			return err
		}
		r.now = outcome
		if requested {
			r.rereads++
		}
		r.emails.send(ctx, outcome.EmailIDs)
		r.ref.StripeRefundID, r.ref.Refusals = outcome.StripeRefundID, outcome.Refusals
		if !outcome.Postponed {
			return nil
		}
		r.describe(ctx)
		timeUp, err := r.wait(ctx, r.postponedPolls.interval(), "Request the refund again")
		if err != nil {
			return err
		}
		if timeUp {
			r.postponedPolls.polled()
		}
		r.take()
	}
}

// abandon has the refund's row read again, which says that an operator abandoned it, and answers with the outcome.
func (r *refund) abandon(ctx workflow.Context) (RefundResult, error) {
	before := r.rereads
	r.woken = !r.created
	err := workflow.Await(ctx, func() bool { return r.created || r.rereads > before })
	return r.result(), err
}

// record reads the refund at Stripe and records it, together with all events that arrived. A refund that Stripe refused does not
// exist there.
func (r *refund) record(ctx workflow.Context) error {
	events := idsOf(r.take())
	if r.ref.StripeRefundID == "" {
		r.recorded()
		return nil
	}
	in := activities.RecordRefundInput{RefundRef: r.ref, EventIDs: events}
	var outcome activities.RefundRecorded
	if err := (step{"Record the refund as Stripe has it", refunds.RecordRefund, moneyRetries}).run(ctx, in, &outcome); err != nil {
		return err
	}
	r.recorded()
	r.now = outcome
	r.emails.send(ctx, outcome.EmailIDs)
	return nil
}

func (r *refund) result() RefundResult {
	return RefundResult{
		RefundID: r.now.RefundID, StripeRefundID: r.ref.StripeRefundID, Reference: r.now.Reference,
		Status: r.now.Status, BookingStatus: r.now.BookingStatus,
	}
}

func (r *refund) describe(ctx workflow.Context) {
	waiting := "nothing: the workflow is done"
	switch {
	case r.now.Foreign:
		waiting = "nothing: its payment belongs to no booking"
	case r.now.Postponed:
		waiting = "Stripe, which refuses the refund for now: see the refund's `failure_reason` and the email to finance"
	case !r.now.Status.Settled():
		waiting = "Stripe and the customer's bank"
	case r.awaited():
		waiting = "the refund's balance transaction"
	case r.emails.inFlight > 0:
		waiting = "the mail server"
	}
	setDetails(ctx,
		fmt.Sprintf("**Refund %s** of booking %s is `%s`.\n", orDash(r.now.RefundID), orDash(r.now.Reference), r.now.Status),
		fmt.Sprintf("- At Stripe: `%s`", orDash(r.ref.StripeRefundID)),
		fmt.Sprintf("- Booking: `%s`", orDash(r.now.BookingStatus)),
		"- Waiting for: "+waiting,
	)
}

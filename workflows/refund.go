package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

var refunds *activities.Refunds

// RefundInput starts the workflow of a refund: our id, or Stripe's for one that was made in its dashboard.
type RefundInput struct {
	RefundID       booking.RefundID `json:"refundId,omitempty"`
	StripeRefundID string           `json:"stripeRefundId,omitempty"`
	CorrelationID  string           `json:"correlationId,omitempty"`
}

// RefundResult is how it ended.
type RefundResult struct {
	RefundID       booking.RefundID     `json:"refundId,omitempty"`
	StripeRefundID string               `json:"stripeRefundId,omitempty"`
	Reference      booking.Reference    `json:"reference,omitempty"`
	Status         booking.RefundStatus `json:"status"`
	BookingStatus  booking.Status       `json:"bookingStatus,omitempty"`
}

// refund is one refund from its reservation to the customer's bank.
type refund struct {
	watch
	in       RefundInput
	ref      activities.RefundRef
	now      activities.RefundRecorded
	patience looks
	again    looks // for asking again for one that Stripe refused to make for now
	givenUp  bool  // on its balance transaction: reconciliation still looks for it

	created bool // it is made, or refused for good
	answers int  // to requests to abandon it
}

// Refund takes a refund from its row to its end: it is created at Stripe under a fixed key, waited for through pending and
// requires_action for as long as that takes, and recorded on each event of Stripe's. A run that starts on a refund that
// is settled already (it fails after it succeeded, a late event) records and ends.
func Refund(ctx workflow.Context, in RefundInput) (RefundResult, error) {
	r := &refund{in: in, patience: looks{waits: refundLooks}, again: looks{waits: refusedRefundLooks}}
	r.ref = activities.RefundRef{RefundID: in.RefundID, StripeRefundID: in.StripeRefundID}
	r.listen(ctx, "Stripe has news of the refund")
	if err := workflow.SetQueryHandler(ctx, QueryStatus, func() (RefundResult, error) { return r.result(), nil }); err != nil {
		return RefundResult{}, err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, UpdateAbandonRefund, r.abandon, workflow.UpdateHandlerOptions{
		Description: "Ends a refund that Stripe refuses for now, as its row says, unless Stripe has made it",
	}); err != nil {
		return RefundResult{}, err
	}
	err := r.ended(ctx, r.run(ctx))
	return r.result(), err
}

func (r *refund) run(ctx workflow.Context) error {
	if r.ref.StripeRefundID == "" {
		if err := r.create(ctx); err != nil {
			return err
		}
	}
	r.created, r.woken = true, false
	for {
		if err := r.record(ctx); err != nil {
			return err
		}
		r.describe(ctx)
		if !r.waiting() {
			if ended, err := r.settle(ctx); ended || err != nil {
				r.describe(ctx)
				return err
			}
			continue
		}
		if r.patience.over() && r.now.Status.Settled() {
			r.givenUp = true
			continue
		}
		timeUp, err := r.wait(ctx, r.patience.next(), "Look at the refund again")
		if err != nil {
			return err
		}
		r.patience.count(timeUp)
	}
}

// waiting: it is on its way, or Stripe has not told its balance transaction. A refund of somebody else's payment is
// nothing to us.
func (r *refund) waiting() bool {
	return !r.now.Foreign && (!r.now.Status.Settled() || r.now.Unposted && !r.givenUp)
}

// create asks Stripe for the refund until it is made or refused for good. One that the balance does not cover, or that Stripe
// refuses for an unknown reason, is asked for again when an event comes (money has become available) and from time to time.
func (r *refund) create(ctx workflow.Context) error {
	creating := step{"Create the refund at Stripe", refunds.CreateRefund, moneyPatience}
	for {
		var outcome activities.RefundRecorded
		asked := r.woken
		r.woken = false
		if err := creating.run(ctx, r.ref, &outcome); err != nil {
			return err
		}
		r.now = outcome
		if asked {
			r.answers++
		}
		r.mails.send(ctx, outcome.EmailIDs)
		r.ref.StripeRefundID, r.ref.Refusals = outcome.StripeRefundID, outcome.Refusals
		if !outcome.Postponed {
			return nil
		}
		r.describe(ctx)
		timeUp, err := r.wait(ctx, r.again.next(), "Ask Stripe for the refund again")
		if err != nil {
			return err
		}
		r.again.count(timeUp)
		r.take()
	}
}

// abandon has the refund's row read again, which says that a person has abandoned it, and answers with what came of that.
func (r *refund) abandon(ctx workflow.Context) (RefundResult, error) {
	answered := r.answers
	r.woken = !r.created
	err := workflow.Await(ctx, func() bool { return r.created || r.answers > answered })
	return r.result(), err
}

// record runs the recording step over all events that have come. A refund that Stripe refused to make has nothing to be
// read there.
func (r *refund) record(ctx workflow.Context) error {
	if r.ref.StripeRefundID == "" {
		r.take()
		r.recorded()
		return nil
	}
	in := activities.RecordRefundInput{RefundRef: r.ref, EventIDs: r.take()}
	var outcome activities.RefundRecorded
	if err := (step{"Record what Stripe says of the refund", refunds.RecordRefund, moneyPatience}).run(ctx, in, &outcome); err != nil {
		return err
	}
	r.recorded()
	r.now = outcome
	r.mails.send(ctx, outcome.EmailIDs)
	return nil
}

func (r *refund) result() RefundResult {
	return RefundResult{
		RefundID: r.now.RefundID, StripeRefundID: r.ref.StripeRefundID, Reference: r.now.Reference,
		Status: r.now.Status, BookingStatus: r.now.BookingStatus,
	}
}

// startRefunds starts the workflows of refunds that the books ask for. They outlive the one that starts them; one that
// runs already is left to run.
func startRefunds(ctx workflow.Context, ids []booking.RefundID, asked map[booking.RefundID]bool, correlationID string) error {
	for _, id := range ids {
		if asked[id] {
			continue
		}
		child := workflow.WithChildOptions(ctx, refundChild(RefundWorkflowID(string(id)), "Refund "+string(id)))
		started := workflow.ExecuteChildWorkflow(child, TypeRefund, RefundInput{RefundID: id, CorrelationID: correlationID}).GetChildWorkflowExecution()
		var running *temporal.ChildWorkflowExecutionAlreadyStartedError
		if err := started.Get(ctx, nil); err != nil && !errors.As(err, &running) {
			return err
		}
		asked[id] = true
	}
	return nil
}

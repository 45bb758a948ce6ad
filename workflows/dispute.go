package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

var disputes *activities.Disputes

// DisputeInput starts the workflow of a dispute.
type DisputeInput struct {
	DisputeID     string `json:"disputeId"`
	CorrelationID string `json:"correlationId,omitempty"`
}

// DisputeResult is how it ended.
type DisputeResult struct {
	Reference     booking.Reference     `json:"reference,omitempty"`
	Status        booking.DisputeStatus `json:"status"`
	BookingStatus booking.Status        `json:"bookingStatus,omitempty"`
}

// dispute is one dispute from its first event to its decision.
type dispute struct {
	watch
	in       DisputeInput
	now      activities.DisputeRecorded
	reminded bool
	patience looks
	unpaid   looks                     // for the money of one that was won
	refunds  map[booking.RefundID]bool // whose workflows were started
}

// Dispute follows a dispute, whatever became of the booking's own workflow: on each event of Stripe's, and once a day
// beside, it is read and recorded, until it is decided and its money is where the decision puts it: that of one that is won
// is waited for as long as reinstatementLooks says, and then booked as it is. The finance department is reminded before
// evidence is due.
func Dispute(ctx workflow.Context, in DisputeInput) (DisputeResult, error) {
	d := &dispute{in: in, patience: looks{waits: disputeLooks}, unpaid: looks{waits: reinstatementLooks}, refunds: map[booking.RefundID]bool{}}
	d.listen(ctx, "Stripe has news of the dispute")
	if err := workflow.SetQueryHandler(ctx, QueryStatus, func() (DisputeResult, error) { return d.result(), nil }); err != nil {
		return DisputeResult{}, err
	}
	err := d.ended(ctx, d.run(ctx))
	return d.result(), err
}

func (d *dispute) run(ctx workflow.Context) error {
	for {
		if err := d.record(ctx); err != nil {
			return err
		}
		d.describe(ctx)
		if !d.waiting() {
			if ended, err := d.settle(ctx); ended || err != nil {
				d.describe(ctx)
				return err
			}
			continue
		}
		wait, err := d.nextLook(ctx)
		if err != nil {
			return err
		}
		timeUp, err := d.wait(ctx, wait, "Look at the dispute again")
		if err != nil {
			return err
		}
		d.patience.count(timeUp)
		d.unpaid.count(timeUp && d.now.Unreinstated)
	}
}

// waiting: undecided, or won and not paid back yet. A dispute of somebody else's payment is nothing to us.
func (d *dispute) waiting() bool {
	return !d.now.Foreign && (!d.now.Status.Closed() || d.now.Unreinstated)
}

// nextLook is in a day, or when finance has to be reminded of evidence, whichever comes first.
func (d *dispute) nextLook(ctx workflow.Context) (time.Duration, error) {
	wait := d.patience.next()
	if d.now.Unreinstated {
		wait = d.unpaid.next()
	}
	if d.now.DueBy == nil || d.reminded || !d.now.Status.NeedsResponse() {
		return wait, nil
	}
	left := d.now.DueBy.Add(-evidenceReminder).Sub(workflow.Now(ctx))
	if left > 0 {
		return min(wait, left), nil
	}
	d.reminded = true
	var queued activities.MailsQueued
	reminding := step{"Remind finance of the evidence", disputes.RemindOfDispute, moneyPatience}
	if err := reminding.run(ctx, activities.DisputeRef{DisputeID: d.in.DisputeID}, &queued); err != nil {
		return 0, err
	}
	d.mails.send(ctx, queued.EmailIDs)
	return wait, nil
}

func (d *dispute) record(ctx workflow.Context) error {
	in := activities.RecordDisputeInput{DisputeRef: activities.DisputeRef{DisputeID: d.in.DisputeID}, EventIDs: d.take(), LastLook: d.unpaid.over()}
	var outcome activities.DisputeRecorded
	if err := (step{"Record what Stripe says of the dispute", disputes.RecordDispute, moneyPatience}).run(ctx, in, &outcome); err != nil {
		return err
	}
	d.recorded()
	d.now = outcome
	d.mails.send(ctx, outcome.EmailIDs)
	return startRefunds(ctx, outcome.RefundIDs, d.refunds, d.in.CorrelationID)
}

func (d *dispute) result() DisputeResult {
	return DisputeResult{Reference: d.now.Reference, Status: d.now.Status, BookingStatus: d.now.BookingStatus}
}

package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

// disputes names the dispute activities by method reference; the receiver lives in the worker.
var disputes *activities.Disputes

// DisputeInput starts Dispute. DisputeID is Stripe's: dp_...
type DisputeInput struct {
	DisputeID     string `json:"disputeId"`
	CorrelationID string `json:"correlationId,omitempty"`
}

// DisputeResult is the state at the end of the run; the query status returns the current one.
type DisputeResult struct {
	Reference     booking.Reference     `json:"reference,omitempty"`
	Status        booking.DisputeStatus `json:"status"`
	BookingStatus booking.Status        `json:"bookingStatus,omitempty"`
}

// dispute is the state of one run of Dispute.
type dispute struct {
	eventWatcher

	in                 DisputeInput
	now                activities.DisputeRecorded
	reminded           bool
	polls              pollSchedule
	reinstatementPolls pollSchedule              // of a won dispute whose money is not back
	refunds            map[booking.RefundID]bool // whose workflows were started
	begun              int                       // how many recordings of the dispute have begun
	read               int                       // the number of the last one that has ended
	submitting         bool                      // an update submits evidence
}

// Dispute follows a dispute from its first event to its decision, whatever the state of the booking's workflow. It records the
// dispute on each event and once a day, until it is decided and its money is where the decision puts it. The money of a won
// dispute is awaited for as long as reinstatementPolls says, then booked as it is. Finance is reminded before evidence is due.
func Dispute(ctx workflow.Context, in DisputeInput) (DisputeResult, error) {
	d := &dispute{
		in: in, refunds: map[booking.RefundID]bool{},
		polls: pollSchedule{intervals: disputePolls}, reinstatementPolls: pollSchedule{intervals: reinstatementPolls},
	}
	d.listen(ctx, "Something changed about the dispute at Stripe")
	if err := workflow.SetQueryHandler(ctx, QueryStatus, func() (DisputeResult, error) { return d.result(), nil }); err != nil {
		return DisputeResult{}, err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, UpdateSubmitEvidence, d.submitEvidence, workflow.UpdateHandlerOptions{
		Description: "Submits the evidence that somebody has asked to submit, unless Stripe has taken or refused it",
	}); err != nil {
		return DisputeResult{}, err
	}
	err := d.finish(ctx, d.follow(ctx, d, "Read the dispute again"))
	return d.result(), err
}

// submitEvidence submits the evidence of the draft's row, one request at a time, and answers once the dispute was read again. What Stripe
// refuses is in the row.
func (d *dispute) submitEvidence(ctx workflow.Context) (DisputeResult, error) {
	if err := workflow.Await(ctx, func() bool { return !d.submitting }); err != nil {
		return d.result(), err
	}
	d.submitting = true
	submitting := step{"Submit the evidence to the bank", disputes.SubmitEvidence, moneyRetries}
	err := submitting.run(ctx, activities.DisputeRef{DisputeID: d.in.DisputeID}, nil)
	d.submitting = false
	if err != nil {
		return d.result(), err
	}
	before := d.begun // one that has begun may have read the dispute without the evidence
	d.woken = true
	err = workflow.Await(ctx, func() bool { return d.read > before })
	return d.result(), err
}

// awaited reports whether the dispute is undecided, or won and not paid back. A dispute of a payment that belongs to no booking is
// not awaited.
func (d *dispute) awaited() bool {
	return !d.now.Foreign && (!d.now.Status.Closed() || d.now.Unreinstated)
}

// nextPoll follows disputePolls or reinstatementPolls, or ends earlier when finance is to be reminded of evidence. It sends the
// reminder when that is due.
func (d *dispute) nextPoll(ctx workflow.Context) (wait time.Duration, awaited bool, err error) {
	if !d.awaited() {
		return 0, false, nil
	}
	wait = d.polls.interval()
	if d.now.Unreinstated {
		wait = d.reinstatementPolls.interval()
	}
	if d.now.DueBy == nil || d.reminded || !d.now.Status.NeedsResponse() {
		return wait, true, nil
	}
	left := d.now.DueBy.Add(-evidenceReminder).Sub(workflow.Now(ctx))
	if left > 0 {
		return min(wait, left), true, nil
	}
	d.reminded = true
	return wait, true, d.remind(ctx)
}

func (d *dispute) polled() {
	d.polls.polled()
	if d.now.Unreinstated {
		d.reinstatementPolls.polled()
	}
}

func (d *dispute) remind(ctx workflow.Context) error {
	var queued activities.EmailsQueued
	reminding := step{"Remind finance that evidence is due", disputes.RemindOfDispute, moneyRetries}
	if err := reminding.run(ctx, activities.DisputeRef{DisputeID: d.in.DisputeID}, &queued); err != nil {
		return err
	}
	d.emails.send(ctx, queued.EmailIDs)
	return nil
}

func (d *dispute) record(ctx workflow.Context) error {
	d.woken = false
	d.begun++
	in := activities.RecordDisputeInput{
		DisputeRef: activities.DisputeRef{DisputeID: d.in.DisputeID},
		EventIDs:   idsOf(d.take()),
		LastLook:   d.reinstatementPolls.exhausted(),
	}
	var outcome activities.DisputeRecorded
	if err := (step{"Record the dispute as Stripe has it", disputes.RecordDispute, moneyRetries}).run(ctx, in, &outcome); err != nil {
		return err
	}
	d.recorded()
	d.now, d.read = outcome, d.begun
	d.emails.send(ctx, outcome.EmailIDs)
	return startRefunds(ctx, outcome.RefundIDs, d.refunds, d.in.CorrelationID)
}

func (d *dispute) result() DisputeResult {
	return DisputeResult{Reference: d.now.Reference, Status: d.now.Status, BookingStatus: d.now.BookingStatus}
}

func (d *dispute) describe(ctx workflow.Context) {
	waiting := "nothing: the dispute is decided"
	switch {
	case d.now.Foreign:
		waiting = "nothing: its payment belongs to no booking"
	case d.now.Status.NeedsResponse():
		waiting = "evidence, to be submitted in the console or in Stripe's dashboard (see `starter evidence`)"
	case !d.now.Status.Closed():
		waiting = "the bank's decision"
	case d.awaited():
		waiting = "the disputed amount to come back"
	case d.emails.inFlight > 0:
		waiting = "the mail server"
	}
	lines := []string{
		fmt.Sprintf("**Dispute %s** of booking %s is `%s`.\n", d.in.DisputeID, orDash(d.now.Reference), d.now.Status),
		fmt.Sprintf("- Booking: `%s`", orDash(d.now.BookingStatus)),
		"- Waiting for: " + waiting,
	}
	if d.now.DueBy != nil {
		lines = append(lines, "- Evidence due: "+d.now.DueBy.UTC().Format(time.RFC3339))
	}
	setDetails(ctx, lines...)
}

package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

// payouts names the payout activities by method reference; the receiver lives in the worker.
var payouts *activities.Payouts

// PayoutInput starts Payout. PayoutID is Stripe's: po_...
type PayoutInput struct {
	PayoutID string `json:"payoutId"`
}

// PayoutResult is the state at the end of the run; the query status returns the current one. Proof is proven, unproven, manual or
// pending.
type PayoutResult struct {
	Status booking.PayoutStatus `json:"status"`
	Proof  string               `json:"proof"`
}

// payout is the state of one run of Payout.
type payout struct {
	eventWatcher

	in    PayoutInput
	now   activities.PayoutRecorded
	polls pollSchedule
}

// Payout records a payout on each event, and proves an automatic one: it compares what the payout pays out with the ledger. It
// ends when nothing more is expected. A later event starts it again, also for a payout that fails after it was paid.
func Payout(ctx workflow.Context, in PayoutInput) (PayoutResult, error) {
	p := &payout{in: in, polls: pollSchedule{intervals: proofPolls}}
	p.listen(ctx, "Something changed about the payout at Stripe")
	if err := workflow.SetQueryHandler(ctx, QueryStatus, func() (PayoutResult, error) { return p.result(), nil }); err != nil {
		return PayoutResult{}, err
	}
	err := p.finish(ctx, p.follow(ctx, p, "Compare the payout with the ledger again"))
	return p.result(), err
}

// nextPoll follows proofPolls. A payout that is not proven after the last poll is no longer awaited.
func (p *payout) nextPoll(workflow.Context) (time.Duration, bool, error) {
	return p.polls.interval(), p.now.Awaited() && !p.polls.exhausted(), nil
}

func (p *payout) polled() { p.polls.polled() }

func (p *payout) record(ctx workflow.Context) error {
	in := activities.RecordPayoutInput{PayoutID: p.in.PayoutID, EventIDs: idsOf(p.take()), LastLook: p.polls.exhausted()}
	var outcome activities.PayoutRecorded
	if err := (step{"Record the payout as Stripe has it", payouts.RecordPayout, moneyRetries}).run(ctx, in, &outcome); err != nil {
		return err
	}
	p.recorded()
	if outcome.Large {
		in.All = true
		long := workflow.WithActivityOptions(ctx, proving("Compare everything that the payout pays out with the ledger"))
		if err := workflow.ExecuteActivity(long, payouts.RecordPayout, in).Get(ctx, &outcome); err != nil {
			return err
		}
	}
	p.now = outcome
	p.emails.send(ctx, outcome.EmailIDs)
	return nil
}

func (p *payout) result() PayoutResult {
	return PayoutResult{Status: p.now.Status, Proof: string(p.now.Proof)}
}

func (p *payout) describe(ctx workflow.Context) {
	setDetails(ctx,
		fmt.Sprintf("**Payout %s** is `%s`.\n", p.in.PayoutID, p.now.Status),
		fmt.Sprintf("- Compared with its balance transactions: `%s`", p.now.Proof),
	)
}

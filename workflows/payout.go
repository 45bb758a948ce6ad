package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
)

var payouts *activities.Payouts

// PayoutInput starts the workflow of a payout.
type PayoutInput struct {
	PayoutID string `json:"payoutId"`
}

// PayoutResult is where the payout stood at the end of the run. Proof is proven, unproven, manual or pending.
type PayoutResult struct {
	Status booking.PayoutStatus `json:"status"`
	Proof  string               `json:"proof"`
}

// payout is one payout as far as Stripe has reported it.
type payout struct {
	watch
	in       PayoutInput
	now      activities.PayoutRecorded
	patience looks
}

// Payout records a payout on each event about it, and holds an automatic one against its balance transactions.
// It ends when there is nothing to wait for; the next event starts it again, also for a payout that fails after it was
// paid.
func Payout(ctx workflow.Context, in PayoutInput) (PayoutResult, error) {
	p := &payout{in: in, patience: looks{waits: proofLooks}}
	p.listen(ctx, "Stripe has news of the payout")
	if err := workflow.SetQueryHandler(ctx, QueryStatus, func() (PayoutResult, error) { return p.result(), nil }); err != nil {
		return PayoutResult{}, err
	}
	err := p.ended(ctx, p.run(ctx))
	return p.result(), err
}

func (p *payout) run(ctx workflow.Context) error {
	for {
		last := p.patience.over()
		if err := p.record(ctx, last); err != nil {
			return err
		}
		p.describe(ctx)
		if !p.now.Awaited() || last {
			if ended, err := p.settle(ctx); ended || err != nil {
				p.describe(ctx)
				return err
			}
			continue
		}
		timeUp, err := p.wait(ctx, p.patience.next(), "Hold the payout against the ledger again")
		if err != nil {
			return err
		}
		p.patience.count(timeUp)
	}
}

func (p *payout) record(ctx workflow.Context, last bool) error {
	in := activities.RecordPayoutInput{PayoutID: p.in.PayoutID, EventIDs: p.take(), LastLook: last}
	var outcome activities.PayoutRecorded
	if err := (step{"Record what Stripe says of the payout", payouts.RecordPayout, moneyPatience}).run(ctx, in, &outcome); err != nil {
		return err
	}
	p.recorded()
	if outcome.Large {
		in.All = true
		long := workflow.WithActivityOptions(ctx, proving("Hold all that the payout pays out against the ledger"))
		if err := workflow.ExecuteActivity(long, payouts.RecordPayout, in).Get(ctx, &outcome); err != nil {
			return err
		}
	}
	p.now = outcome
	p.mails.send(ctx, outcome.EmailIDs)
	return nil
}

func (p *payout) result() PayoutResult {
	return PayoutResult{Status: p.now.Status, Proof: string(p.now.Proof)}
}

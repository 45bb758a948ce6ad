package workflows

import (
	"cmp"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Every time-out and retry of the workflows stands here, each with its reason.

// WorkflowTaskTimeout is how much later than a worker's death its task is given to another one; 10 s are the server's own.
const WorkflowTaskTimeout = 5 * time.Second

// fastPath runs a step inside the workflow task: no round trip to the server, at most two short attempts. What they
// don't settle goes to the slow path.
func fastPath(summary string) workflow.LocalActivityOptions {
	return workflow.LocalActivityOptions{
		// A Stripe call is answered in well under 2 s as a rule; a hang must not hold a worker's slot for long.
		StartToCloseTimeout: 5 * time.Second,
		// Both attempts and the pause between them. The SDK heartbeats the workflow task meanwhile.
		ScheduleToCloseTimeout: 12 * time.Second,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    200 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumInterval:    time.Second,
			MaximumAttempts:    2,
		},
		Summary: summary,
	}
}

// patience is how long the slow path of a step is tried, and how widely its attempts are spaced.
type patience struct {
	total       time.Duration // from the first attempt to giving up
	maxInterval time.Duration
	attempt     time.Duration // what one attempt may take; zero for what a call or a transaction takes
}

var (
	// moneyPatience: what Stripe has done must reach the books, however long the database or Stripe is away. The end is
	// there only because everything is bounded; the workflow then fails, in red, for an operator.
	moneyPatience = patience{total: 30 * 24 * time.Hour, maxInterval: time.Minute}
	// mailPatience: a confirmation that comes after three days helps nobody; the row then says so.
	mailPatience = patience{total: 3 * 24 * time.Hour, maxInterval: 10 * time.Minute}
	// healPatience: a run that cannot look at its items for a day ends, with the reason; the next one finds the same.
	healPatience = patience{total: reconciliationPatience, maxInterval: time.Minute}
	// concludePatience: the end of a run adds up all of its items; 650,000 take half a minute on an idle database.
	concludePatience = patience{total: 30 * 24 * time.Hour, maxInterval: time.Minute, attempt: 10 * time.Minute}
)

// holdPatience lasts as long as the hold: after it nobody may pay any more, so a PaymentIntent is of no use. Always
// below the 24 h for which Stripe keeps idempotency keys, as holds are.
func holdPatience(left time.Duration) patience {
	return patience{total: max(left, 10*time.Second), maxInterval: 30 * time.Second}
}

// slowPath runs a step as an ordinary activity, where the Temporal UI shows it with its last failure.
func slowPath(summary string, p patience) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		// Above the 20 s of the Stripe client and of a mail exchange, so that their own errors come first.
		StartToCloseTimeout:    cmp.Or(p.attempt, 45*time.Second),
		ScheduleToCloseTimeout: p.total,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    time.Second,
			BackoffCoefficient: 2,
			MaximumInterval:    p.maxInterval,
		},
		Summary: summary,
	}
}

// recheckInterval: a payment that is processing when its hold ends is looked at again this often, beside its events.
const recheckInterval = 15 * time.Minute

// feeChecks is when to look again for a fee that Stripe has not told yet (async capture), should its charge.updated be
// lost. After the last one the workflow ends and leaves the fee to reconciliation.
var feeChecks = []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 48 * time.Hour}

// refundLooks is when to look at a refund again beside its events. Stripe settles most within minutes, banks take days;
// the last one repeats for as long as the refund is on its way (stripe.com/docs/refunds#trace-refunds).
var refundLooks = []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 24 * time.Hour, 24 * time.Hour}

// refusedRefundLooks is when to ask again for a refund that Stripe refused to make for now, beside the events that tell of new
// money. The last one repeats: a balance may stay empty over a weekend.
var refusedRefundLooks = []time.Duration{time.Minute, 10 * time.Minute, time.Hour}

// disputeLooks: a dispute takes months, and its events come within seconds. Once a day finds what was lost.
var disputeLooks = []time.Duration{time.Hour, 24 * time.Hour}

// reinstatementLooks is when to look for the money of a dispute that is won: Stripe gives it back with the decision. What is
// not back after the last one is booked as lost, and shown to an operator; should it come after all, its event brings it.
var reinstatementLooks = []time.Duration{time.Minute, time.Hour, 24 * time.Hour, 24 * time.Hour}

// evidenceReminder is how long before evidence is due the finance department hears of it again: three working days.
const evidenceReminder = 72 * time.Hour

// proofLooks is when to hold a payout against the ledger again: what it pays out is days old, so that the ledger knows it
// unless something is wrong. After the last one an operator has to look.
var proofLooks = []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}

const (
	// captureWarning is how long before an authorisation runs out the finance department is warned: a working day.
	captureWarning = 24 * time.Hour
	// captureMargin is how long before it runs out it is let go by us, so that the customer hears of it from us and the
	// books say why; Stripe would do it silently.
	captureMargin = time.Hour
)

// refundChild outlives the workflow that starts it. A refund's row says whether it is made already, so that another run
// on the same id is harmless.
func refundChild(workflowID, summary string) workflow.ChildWorkflowOptions {
	return workflow.ChildWorkflowOptions{
		WorkflowID:            workflowID,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowTaskTimeout:   WorkflowTaskTimeout,
		StaticSummary:         summary,
	}
}

// pageHeartbeat is longer than a page takes: a second at the rate limit, and a slow one of Stripe's up to the client's own 20 s.
const pageHeartbeat = 30 * time.Second

// reconciliationPatience bounds a scan: a window of a year at Stripe's limits takes hours.
const reconciliationPatience = 24 * time.Hour

// scanning runs a long activity with its place in the heartbeat: a worker that dies is noticed within the heartbeat's
// time-out, and another continues from there. Behind everything else on its queue, so that bookings do not feel it.
func scanning(summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		StartToCloseTimeout: reconciliationPatience,
		// Over all attempts: also one that hangs each time ends with the run.
		ScheduleToCloseTimeout: reconciliationPatience,
		HeartbeatTimeout:       pageHeartbeat,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    time.Second,
			BackoffCoefficient: 2,
			MaximumInterval:    time.Minute,
		},
		// A run that is cancelled, or of which a scan failed, ends after its scans: what they write belongs to it.
		WaitForCancellation: true,
		Priority:            temporal.Priority{PriorityKey: 5},
		Summary:             summary,
	}
}

// proving reads all that a large payout pays out, a page after the other, with its place in the heartbeat.
func proving(summary string) workflow.ActivityOptions {
	options := slowPath(summary, moneyPatience)
	// 1,000,000 payments in one payout are 10,000 pages: at 300 ms each, fifty minutes.
	options.StartToCloseTimeout, options.HeartbeatTimeout = 6*time.Hour, pageHeartbeat
	return options
}

// healingChild runs where bookings run, and outlives the run that asked for it.
func healingChild(id, queue string) workflow.ChildWorkflowOptions {
	return workflow.ChildWorkflowOptions{
		WorkflowID:            id,
		TaskQueue:             queue,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowTaskTimeout:   WorkflowTaskTimeout,
		StaticSummary:         "Asked by reconciliation",
	}
}

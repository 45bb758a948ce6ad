package workflows

import (
	"cmp"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Every timeout and retry policy of the workflows is in this file, the intervals of polls are in intervals.go.

// WorkflowTaskTimeout is how long the server waits for a worker that died before another one gets its workflow task. The server's
// default is 10 s.
const WorkflowTaskTimeout = 5 * time.Second

// fastPath runs a step as a local activity, inside the workflow task: no round trip to the server and at most two short attempts.
// A failure that may pass continues on the slow path.
func fastPath(summary string) workflow.LocalActivityOptions {
	return workflow.LocalActivityOptions{
		// Stripe usually answers well within 2 s; a call that hangs must not occupy the worker's slot for long.
		StartToCloseTimeout: 5 * time.Second,
		// Two attempts and the pause between them. The SDK heartbeats the workflow task meanwhile.
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

// retryWindow bounds the retries of a step on the slow path.
type retryWindow struct {
	total       time.Duration // from the first attempt until the step fails
	maxInterval time.Duration // between two attempts
	attempt     time.Duration // one attempt; zero for 45 s
}

var (
	// moneyRetries: what Stripe did must reach the books, however long the database or Stripe is down. After 30 days the workflow
	// fails, so that an operator sees it.
	moneyRetries = retryWindow{total: 30 * 24 * time.Hour, maxInterval: time.Minute}
	// emailRetries: a confirmation that arrives after three days helps nobody. The email's row then says that it was abandoned.
	emailRetries = retryWindow{total: 3 * 24 * time.Hour, maxInterval: 10 * time.Minute}
	// healRetries: a run that cannot read its items for a day fails with the reason. The next run finds the same items.
	healRetries = retryWindow{total: longestScan, maxInterval: time.Minute}
	// concludeRetries: the end of a run adds up all its items; 650,000 take half a minute on an idle database.
	concludeRetries = retryWindow{total: 30 * 24 * time.Hour, maxInterval: time.Minute, attempt: 10 * time.Minute}
)

// holdRetries lasts as long as the hold: a PaymentIntent created later could not be paid any more. Holds are shorter than the
// 24 h for which Stripe keeps idempotency keys.
func holdRetries(left time.Duration) retryWindow {
	return retryWindow{total: max(left, 10*time.Second), maxInterval: 30 * time.Second}
}

// slowPath runs a step as a regular activity. The Temporal UI shows it with its last failure.
func slowPath(summary string, retries retryWindow) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		// Longer than the 20 s of the Stripe client and the 30 s of an SMTP exchange, so that their own errors are reported.
		StartToCloseTimeout:    cmp.Or(retries.attempt, 45*time.Second),
		ScheduleToCloseTimeout: retries.total,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    time.Second,
			BackoffCoefficient: 2,
			MaximumInterval:    retries.maxInterval,
		},
		Summary: summary,
	}
}

// abandonedChild starts a workflow that outlives the one that starts it. A second run under the same id is harmless: it finds in
// the books what the first one did.
func abandonedChild(id, summary string) workflow.ChildWorkflowOptions {
	return workflow.ChildWorkflowOptions{
		WorkflowID:            id,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowTaskTimeout:   WorkflowTaskTimeout,
		StaticSummary:         summary,
	}
}

// healingChild starts the workflow that owns a finding's object on queue, where bookings run.
func healingChild(id, queue string) workflow.ChildWorkflowOptions {
	options := abandonedChild(id, "Started by a reconciliation")
	options.TaskQueue = queue
	return options
}

const (
	// pageHeartbeat is longer than a page takes: about a second at the rate limit, at most the 20 s of the Stripe client.
	pageHeartbeat = 30 * time.Second
	// longestScan bounds a scan: a look-back of a year takes hours at Stripe's rate limits.
	longestScan = 24 * time.Hour
)

// scanning runs a long activity that records its position in the heartbeat. When its worker dies, the server notices within
// pageHeartbeat and another worker resumes there. Scans have the lowest priority on their queue, so that bookings do not wait for them.
func scanning(summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		StartToCloseTimeout: longestScan,
		// Covers all attempts, so that a scan that hangs every time ends too.
		ScheduleToCloseTimeout: longestScan,
		HeartbeatTimeout:       pageHeartbeat,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    time.Second,
			BackoffCoefficient: 2,
			MaximumInterval:    time.Minute,
		},
		// A run that is cancelled, or whose scan failed, ends after its scans, because what they write belongs to it.
		WaitForCancellation: true,
		Priority:            temporal.Priority{PriorityKey: 5},
		Summary:             summary,
	}
}

// proving reads everything that a large payout pays out, page by page, with its position in the heartbeat.
func proving(summary string) workflow.ActivityOptions {
	options := slowPath(summary, moneyRetries)
	// A payout of 1,000,000 payments has 10,000 pages: fifty minutes at 300 ms each.
	options.StartToCloseTimeout, options.HeartbeatTimeout = 6*time.Hour, pageHeartbeat
	return options
}

// delivering sends the events of one webhook endpoint, for 30 s at most. What fails is the database or a missing key; a receiver that fails
// is a result. The endpoint's events wait meanwhile, and nothing is lost however long that takes.
func delivering() workflow.ActivityOptions {
	options := slowPath("Deliver events", moneyRetries)
	options.ScheduleToCloseTimeout = 0 // without an end: the run would only be started again
	options.StartToCloseTimeout = time.Minute
	return options
}

package workflows

import "time"

// feePolls: Stripe reports the fee of a payment later than the payment when it captures asynchronously. The polls cover a lost
// charge.updated; after the last one the workflow ends and leaves the fee to reconciliation.
var feePolls = []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 48 * time.Hour}

// uncancellablePolls: a payment that is processing, or in an unknown state, when its hold ends.
var uncancellablePolls = []time.Duration{15 * time.Minute}

// refundPolls: Stripe settles most refunds within minutes, banks take days (stripe.com/docs/refunds#trace-refunds). The last
// interval repeats while the refund is pending.
var refundPolls = []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 24 * time.Hour, 24 * time.Hour}

// postponedRefundPolls: when to request a refund again that Stripe refused for now, for example for want of balance. The last
// interval repeats, because a balance may stay empty over a weekend.
var postponedRefundPolls = []time.Duration{time.Minute, 10 * time.Minute, time.Hour}

// disputePolls: a dispute takes months and its events arrive within seconds. A daily poll finds what a lost event announced.
var disputePolls = []time.Duration{time.Hour, 24 * time.Hour}

// reinstatementPolls: Stripe returns the money of a won dispute with the decision. What is not back after the last poll is
// booked as lost and shown to an operator; if it arrives later, its event starts the workflow again.
var reinstatementPolls = []time.Duration{time.Minute, time.Hour, 24 * time.Hour, 24 * time.Hour}

// proofPolls: a payout pays out money that is days old, so the ledger has it unless something is wrong. After the last poll an
// operator has to act.
var proofPolls = []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}

const (
	// evidenceReminder is how long before its due date finance is reminded of evidence: three working days.
	evidenceReminder = 72 * time.Hour
	// captureWarning is how long before an authorisation expires finance is warned: a working day.
	captureWarning = 24 * time.Hour
	// captureMargin is how long before an authorisation expires the workflow releases it, so that the customer is emailed and the
	// books have the reason. Stripe would release it without either.
	captureMargin = time.Hour
)

// Package workflows holds Farebook's durable Temporal workflows: BookingPayment, Refund, ChargeRefunds, Dispute, Payout,
// Reconciliation, AccountFee, Unbooked, CancelTwins and SendMail.
//
// Workflow code is deterministic, which workflowcheck tests. Recorded histories in testdata must replay: a change of the
// commands that a workflow issues needs workflow.GetVersion and a new recorded history.
//
// It imports activities, booking, money, reconciliation and internal/correlation. It reaches Stripe, the database and the mail
// server through activities only, so it must not import their packages (store, internal/stripeapi), nor starter or worker.
package workflows

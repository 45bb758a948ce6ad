// Package workflows holds Farebook's durable Temporal workflows: BookingPayment, Refund, ChargeRefunds, Dispute, Payout,
// Reconciliation, AccountFee, Unbooked, CancelTwins and SendMail.
//
// Workflow code is deterministic (workflowcheck tests it) and reaches Stripe, the database and the mail server through package
// activities only; depguard keeps their packages out. Recorded histories in testdata must replay: a change of the commands that a
// workflow issues needs workflow.GetVersion and a new recorded history.
package workflows

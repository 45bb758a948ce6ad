package proof

// SQL that several waits share.
const (
	emailName  = `CONCAT('email ', e.id, ' (', CAST(e.dedupe_key AS CHAR), ')')`
	refundName = `CONCAT('refund ', CAST(r.refund_id AS CHAR), ' of ', CAST(b.reference AS CHAR))`
)

// waiting is a check for rows that have waited too long. It names those that have waited longest. rows is FROM and WHERE, name is SQL for a
// row's name, as an operator searches for it, awaits for what it waits for, and since for the deadline that has passed, or for the time at
// which it began to wait.
func waiting(number int, text, rows, name, awaits, since string) check {
	return check{
		number: number, text: text, breaks: "SELECT COUNT(*) " + rows,
		names: "SELECT CONCAT(" + name + ", ' waits for ', " + awaits + ", ' since ', DATE_FORMAT(" + since + ", '%Y-%m-%dT%H:%i:%sZ')) " +
			rows + " ORDER BY " + since,
	}
}

// waits say how long each kind of work may wait: somewhat longer than its workflow polls for it.
var waits = []check{
	waiting(8, "no won dispute waits for its money for more than two days", `
		FROM disputes d WHERE d.is_unreturned = 1 AND d.updated_at < TIMESTAMP(@now) - INTERVAL 2 DAY`,
		`CONCAT('dispute ', CAST(d.stripe_dispute_id AS CHAR))`, `'the rest of its money'`, `d.updated_at`),
	waiting(12, "no email waits for more than three days", `
		FROM emails e WHERE e.status = 'queued' AND e.created_at < TIMESTAMP(@now) - INTERVAL 73 HOUR`,
		emailName, `CONCAT('the mail server after ', e.attempts, ' attempts')`, `e.created_at`),
	waiting(12, "no email waits for more than an hour without an attempt", `
		FROM emails e WHERE e.status = 'queued' AND e.attempts = 0 AND e.sending_until IS NULL AND e.created_at < TIMESTAMP(@now) - INTERVAL 1 HOUR`,
		emailName, `'its first attempt'`, `e.created_at`),
	waiting(14, "no authorised payment is past its capture deadline", `
		FROM payments p JOIN bookings b ON b.id = p.booking_id
		WHERE p.status = 'authorized' AND b.status = 'pending_payment' AND p.capture_before < TIMESTAMP(@now)`,
		`CONCAT('booking ', CAST(b.reference AS CHAR))`, `'its capture or release, due'`, `p.capture_before`),
	waiting(14, "no bank debit is in transit for more than 30 days", `
		FROM payments p JOIN bookings b ON b.id = p.booking_id
		WHERE p.status = 'processing' AND p.updated_at < TIMESTAMP(@now) - INTERVAL 30 DAY`,
		`CONCAT('booking ', CAST(b.reference AS CHAR))`, `'the bank'`, `p.updated_at`),
	waiting(14, "no payment waits for Stripe's fee for more than a week", `
		FROM payments p JOIN financial_ledger l ON l.booking_id = p.booking_id AND l.type = 'payment'
		  AND l.stripe_payment_intent_id = p.stripe_payment_intent_id
		JOIN bookings b ON b.id = p.booking_id
		WHERE p.status = 'succeeded' AND p.fee_posted = FALSE AND l.posted_at < TIMESTAMP(@now) - INTERVAL 7 DAY`,
		`CONCAT('booking ', CAST(b.reference AS CHAR))`, `'the balance transaction of its payment'`, `l.posted_at`),
	waiting(14, "no settled refund waits for its balance transaction for more than a week", `
		FROM refunds r JOIN bookings b ON b.id = r.booking_id
		WHERE (r.status = 'succeeded' AND r.posted = FALSE OR r.status IN ('failed', 'canceled') AND r.posted = TRUE AND r.failure_posted = FALSE)
		  AND r.updated_at < TIMESTAMP(@now) - INTERVAL 7 DAY`,
		refundName, `'its balance transaction'`, `r.updated_at`),
	waiting(14, "no refund is pending for more than 45 days", `
		FROM refunds r JOIN bookings b ON b.id = r.booking_id
		WHERE r.status IN ('pending', 'requires_action') AND r.created_at < TIMESTAMP(@now) - INTERVAL 45 DAY`,
		refundName, `IF(r.status = 'pending', 'the bank', 'the customer')`, `r.created_at`),
	waiting(14, "no dispute waits for evidence two days after its deadline", `
		FROM disputes d WHERE d.status IN ('needs_response', 'warning_needs_response') AND d.due_by < TIMESTAMP(@now) - INTERVAL 2 DAY`,
		`CONCAT('dispute ', CAST(d.stripe_dispute_id AS CHAR))`, `'evidence, due'`, `d.due_by`),
	waiting(14, "no payout waits for its proof for more than three days", `
		FROM payouts o WHERE o.proof = 'pending' AND o.created_at < TIMESTAMP(@now) - INTERVAL 3 DAY`,
		`CONCAT('payout ', CAST(o.stripe_payout_id AS CHAR))`, `'its proof'`, `o.created_at`),
	waiting(14, "no booking is still payable an hour after its hold", `
		FROM bookings b LEFT JOIN payments p ON p.booking_id = b.id
		WHERE b.status = 'pending_payment' AND b.hold_expires_at < TIMESTAMP(@now) - INTERVAL 1 HOUR AND b.attention IS NULL
		  AND COALESCE(p.status, '') NOT IN ('processing', 'authorized', 'unknown')`,
		`CONCAT('booking ', CAST(b.reference AS CHAR))`, `'the end of its hold, due'`, `b.hold_expires_at`),
	waiting(14, "no further payment waits for more than a day to end with its booking", `
		FROM bookings b LEFT JOIN payments p ON p.booking_id = b.id
		WHERE b.cancel_due_at < TIMESTAMP(@now) - INTERVAL 1 DAY AND b.status <> 'disputed'
		  AND COALESCE(p.status, '') NOT IN ('processing', 'unknown')`,
		`CONCAT('booking ', CAST(b.reference AS CHAR))`, `'its cancellation, due'`, `b.cancel_due_at`),
	waiting(14, "no refund waits for more than a day to be requested from Stripe", `
		FROM refunds r JOIN bookings b ON b.id = r.booking_id
		WHERE r.status = 'requested' AND r.failure_reason = '' AND r.created_at < TIMESTAMP(@now) - INTERVAL 1 DAY`,
		refundName, `'the request to Stripe'`, `r.created_at`),
	waiting(14, "no refund that Stripe refuses for now waits for more than a week, or without an email to finance", `
		FROM refunds r JOIN bookings b ON b.id = r.booking_id LEFT JOIN emails e ON e.dedupe_key = CONCAT(r.refund_id, '/refund_waiting')
		WHERE r.status = 'requested' AND r.failure_reason <> '' AND (r.created_at < TIMESTAMP(@now) - INTERVAL 7 DAY OR e.id IS NULL)`,
		refundName, `CONCAT('Stripe, which answers ', r.failure_reason)`, `r.created_at`),
	waiting(14, "no reconciliation runs for more than two days", `
		FROM reconciliation_runs n WHERE n.status = 'running' AND n.started_at < TIMESTAMP(@now) - INTERVAL 2 DAY`,
		`CONCAT('reconciliation ', CAST(n.correlation_id AS CHAR))`, `'its end'`, `n.started_at`),
}

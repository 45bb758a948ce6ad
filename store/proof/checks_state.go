package proof

import (
	"strconv"

	"farebook/store"
)

// eventChecks are about Stripe's events that could not be processed.
var eventChecks = []check{
	namingEvents("no event waits for an operator, or has waited for more than an hour", `e.processed = FALSE AND (e.attempts >= `+
		strconv.Itoa(store.MaxEventAttempts)+` OR e.received_at < TIMESTAMP(@now) - INTERVAL 1 HOUR)`),
	// Such an event waits until the books have its booking again.
	namingEvents("no event is about a booking of ours that the books do not know", `e.state = 'unknown_booking'`),
	// An operator has ignored an event about moved money, although the books do not have the money and no item of a reconciliation about it
	// is resolved.
	namingEvents("the money of each ignored event is in the ledger or explained", `e.state = 'ignored'
		  AND e.type IN ('payment_intent.succeeded', 'refund.created', 'charge.dispute.funds_withdrawn',
		  'charge.dispute.funds_reinstated', 'payout.paid', 'payout.failed')
		  AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.stripe_payment_intent_id = e.object_id AND p.status = 'succeeded')
		  AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.stripe_refund_id = e.object_id AND r.posted)
		  AND NOT EXISTS (SELECT 1 FROM disputes d WHERE d.stripe_dispute_id = e.object_id)
		  AND NOT EXISTS (SELECT 1 FROM payouts o WHERE o.stripe_payout_id = e.object_id AND o.posted)
		  AND NOT EXISTS (SELECT 1 FROM reconciliation_items i WHERE i.stripe_id = e.object_id AND i.state = 'resolved')`),
}

// namingEvents is a check whose detail names the events that break it, and why those could not be processed.
func namingEvents(text, where string) check {
	return check{
		number: 9, text: text,
		breaks: "SELECT COUNT(*) FROM stripe_events e WHERE " + where,
		names: "SELECT CONCAT(e.stripe_event_id, ' (', e.type, ') is ', e.state, IF(e.last_error = '', '', " +
			"CONCAT(': ', LEFT(e.last_error, 120)))) FROM stripe_events e WHERE " + where + " ORDER BY e.id",
	}
}

// stateChecks are about rows in states that an index finds, and that few are in.
var stateChecks = []check{
	{number: 9, text: "no automatic payout is unproven", breaks: `SELECT COUNT(*) FROM payouts WHERE proof = 'unproven'`},
	{number: 14, text: "each object in a state at Stripe that this version does not know is shown to an operator", breaks: `
		SELECT COUNT(*) FROM (
		  SELECT stripe_refund_id AS id FROM refunds WHERE status = 'unknown'
		  UNION ALL SELECT stripe_dispute_id FROM disputes WHERE status = 'unknown'
		  UNION ALL SELECT stripe_payout_id FROM payouts WHERE status = 'unknown'
		  UNION ALL SELECT p.stripe_payment_intent_id FROM payments p JOIN bookings b ON b.id = p.booking_id
		            WHERE p.status = 'unknown' AND b.attention IS NULL) u
		WHERE NOT EXISTS (SELECT 1 FROM attention_items a WHERE a.kind = 'unknown_state' AND a.subject = CONCAT(u.id, '/status')
		                  AND (a.closed_at IS NULL OR a.closed_by <> ''))`},
	{number: 15, text: "no fence stops money from moving", breaks: `SELECT COUNT(*) FROM fences WHERE is_up = 1`},
	{
		number: 15, text: "no email is held for an operator's decision",
		breaks: `SELECT COUNT(*) FROM emails WHERE status = '` + store.EmailHeld + `'`,
	},
}

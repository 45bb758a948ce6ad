package proof

import "farebook/store/internal/journal"

// withheldEqualsDisputes is checked by booking, and for transactions without a booking, which must not move disputed money.
const withheldEqualsDisputes = "disputed funds equal what open disputes withhold, and chargebacks what lost disputes cost"

// disputeChecks compare disputes with the ledger, and payouts with it.
var disputeChecks = []check{
	{number: 8, text: withheldEqualsDisputes, of: ofBookings, breaks: `
		SELECT COUNT(*) FROM (SELECT booking_id, currency FROM (
		    SELECT d.booking_id, d.settlement_currency AS currency, d.withheld - d.loss AS funds, d.loss
		    FROM disputes d FORCE INDEX (idx_disputes_booking)
		    WHERE {d.booking_id} AND d.settlement_currency <> ''
		    UNION ALL
		    SELECT l.booking_id, e.currency, CASE e.account WHEN 'asset:disputed_funds' THEN -(` + journal.Net + `) ELSE 0 END,
		           CASE e.account WHEN 'expense:chargebacks' THEN -(` + journal.Net + `) ELSE 0 END
		    FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id
		      AND e.account IN ('asset:disputed_funds', 'expense:chargebacks')
		    WHERE {l.booking_id} AND l.type <> 'chargeback_relief') both_sides
		  GROUP BY booking_id, currency HAVING SUM(funds) <> 0 OR SUM(loss) <> 0) differing`},
	{number: 8, text: withheldEqualsDisputes, of: ofLedger, breaks: `
		SELECT COUNT(*) FROM financial_ledger l
		WHERE {l.id} AND l.booking_id IS NULL AND EXISTS (SELECT 1 FROM ledger_entries e
		  WHERE e.ledger_id = l.id AND e.account IN ('asset:disputed_funds', 'expense:chargebacks'))`},
	{number: 8, text: "a lost or closed dispute withholds nothing", of: ofDisputes, breaks: `
		SELECT COUNT(*) FROM disputes WHERE {id} AND withheld <> loss AND status IN ('lost', 'warning_closed')`},
	{number: 9, text: "each payout is in the ledger once, and once more when it was returned", of: ofPayouts, breaks: `
		SELECT COUNT(*) FROM payouts p
		WHERE {p.id} AND (p.posted <> (SELECT COUNT(*) FROM ` + byObject + ` WHERE ` + ofPayout + ` AND l.type = 'payout')
		  OR p.failure_posted <> (SELECT COUNT(*) FROM ` + byObject + ` WHERE ` + ofPayout + ` AND l.type = 'payout_reversal'))`},
	{number: 9, text: "what payouts have in transit are those that were sent and have neither arrived nor come back", of: ofPayouts, breaks: `
		SELECT COUNT(*) FROM payouts p
		LEFT JOIN (SELECT l.stripe_object_id AS id, SUM(IF(e.account = 'asset:payouts_in_transit', ` + journal.Net + `, 0)) AS in_transit,
		             SUM(` + journal.Net + `) AS sent
		           FROM payouts p STRAIGHT_JOIN ` + typesOfPayouts + ` STRAIGHT_JOIN ` + byObject + ` ON ` + ofPayout + ` AND l.type = kinds.type
		           STRAIGHT_JOIN ` + entriesOf + ` ON e.ledger_id = l.id AND e.currency = p.currency
		             AND e.account IN ('asset:payouts_in_transit', 'asset:bank')
		           WHERE {p.id} GROUP BY l.stripe_object_id) m ON m.id = p.stripe_payout_id
		WHERE {p.id} AND (COALESCE(m.sent, 0) <> IF(p.posted AND NOT p.failure_posted, p.amount, 0)
		  OR (p.failure_posted OR p.status = 'paid') AND COALESCE(m.in_transit, 0) <> 0)`},
}

// byObject reads transactions by the index that has the object of Stripe's. With statistics of tables that have just been filled, the
// server prefers the shorter index of bookings, and reads every transaction without a booking for each payout.
const byObject = "financial_ledger l FORCE INDEX (idx_ledger_unique_stripe_entry)"

// entriesOf reads the entries of transactions that are found already. The index of accounts would read every entry of an account instead.
const entriesOf = "ledger_entries e FORCE INDEX (idx_entries_ledger)"

// ofPayout are a payout's transactions: they have no booking and no PaymentIntent, by which the index begins.
const ofPayout = `l.booking_id IS NULL AND l.stripe_payment_intent_id IS NULL AND l.stripe_object_id = p.stripe_payout_id`

// typesOfPayouts are the types by which payouts are posted. A join instead of a list lets the server find each by the index, whose second
// column is the type.
const typesOfPayouts = `(SELECT _ascii'payout' COLLATE ascii_bin AS type UNION ALL SELECT _ascii'payout_reversal'
		             UNION ALL SELECT _ascii'payout_arrived' UNION ALL SELECT _ascii'payout_returned' UNION ALL SELECT _ascii'carry_over') kinds`

package proof

import (
	"time"

	"farebook/store/internal/journal"
)

// chargeChecks compare payments with the ledger.
var chargeChecks = []check{
	{number: 1, text: "no booking is charged twice", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM (SELECT booking_id FROM financial_ledger WHERE {booking_id} AND type = 'payment'
		  GROUP BY booking_id HAVING COUNT(*) > 1) twice`},
	{number: 2, text: "each succeeded PaymentIntent has exactly one payment in the ledger", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM payments p
		WHERE {p.booking_id} AND p.status = 'succeeded' AND 1 <> (SELECT COUNT(*) FROM financial_ledger l
		  WHERE l.booking_id = p.booking_id AND l.type = 'payment' AND l.stripe_payment_intent_id = p.stripe_payment_intent_id)`},
	{number: 2, text: "each payment in the ledger has a succeeded PaymentIntent", of: ofLedger, breaks: `
		SELECT COUNT(*) FROM financial_ledger l
		LEFT JOIN payments p ON p.booking_id = l.booking_id AND p.stripe_payment_intent_id = l.stripe_payment_intent_id
		WHERE {l.id} AND l.type = 'payment' AND COALESCE(p.status, '') <> 'succeeded'`},
	{number: 2, text: "the ledger's liability for a payment equals the captured amount", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM payments p
		LEFT JOIN (SELECT l.booking_id, e.currency, -SUM(` + journal.Net + `) AS owed
		           FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id
		             AND e.account IN ('liability:unearned_revenue', 'liability:customer_funds')
		           WHERE {l.booking_id} AND l.type IN ('payment', 'stripe_fee', 'partial_capture_reversal', 'correction', 'reversal')
		           GROUP BY l.booking_id, e.currency) o
		  ON o.booking_id = p.booking_id AND o.currency = p.currency
		WHERE {p.booking_id} AND p.status = 'succeeded' AND COALESCE(o.owed, 0) <> p.amount_captured`},
	{number: 2, text: "money in transit belongs to payments that are still processing", of: ofBookings, lag: time.Hour, breaks: `
		SELECT COUNT(*) FROM (SELECT l.booking_id, l.stripe_payment_intent_id, e.currency FROM financial_ledger l
		  JOIN ledger_entries e ON e.ledger_id = l.id AND e.account = 'liability:payments_in_transit'
		  WHERE {l.booking_id} GROUP BY l.booking_id, l.stripe_payment_intent_id, e.currency
		  HAVING SUM(` + journal.Net + `) <> 0) t
		JOIN payments p ON p.booking_id = t.booking_id AND p.stripe_payment_intent_id = t.stripe_payment_intent_id
		WHERE p.status IN ('succeeded', 'canceled') AND p.updated_at < TIMESTAMP(@now) - INTERVAL 1 HOUR`},
}

// ledgerChecks are about each transaction of the ledger.
var ledgerChecks = []check{
	{number: 3, text: "debits equal credits, per transaction and currency", of: ofLedger, breaks: `
		SELECT COUNT(DISTINCT ledger_id) FROM (SELECT ledger_id FROM ledger_entries e WHERE {e.ledger_id} GROUP BY ledger_id, currency
		  HAVING SUM(` + journal.Net + `) <> 0) unbalanced`},
	{
		number: 3, text: "each transaction has an effective date (`starter migrate` adds those that an older release left out)",
		breaks: `SELECT COUNT(*) FROM financial_ledger WHERE effective_at IS NULL`,
	},
	{number: 3, text: "each transaction has entries", of: ofLedger, breaks: `
		SELECT COUNT(*) FROM financial_ledger l WHERE {l.id} AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.ledger_id = l.id)`},
	{number: 5, text: "the clearing account has nothing from before the opening except the opening balance", of: ofLedger, breaks: `
		SELECT COUNT(*) FROM financial_ledger l JOIN ledger_opening o ON l.effective_at < o.opened_at
		WHERE {l.id} AND l.stripe_balance_transaction_id <> ''
		  AND EXISTS (SELECT 1 FROM ledger_entries e WHERE e.ledger_id = l.id AND e.account = 'asset:stripe_clearing')`},
	// Such a posting has no booking. It is found by the payment, because the payment may be recorded long after the posting.
	{number: 5, text: "no booking's money is posted as another integration's, or as from before the opening", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM (
		  SELECT l.operation_key FROM payments p JOIN financial_ledger l ON l.booking_id IS NULL
		    AND l.type IN ('other_integration', 'before_opening') AND l.stripe_payment_intent_id = p.stripe_payment_intent_id
		  WHERE {p.booking_id}
		  UNION ALL SELECT l.operation_key FROM payments p JOIN financial_ledger l ON l.booking_id = p.booking_id
		    AND l.type IN ('other_integration', 'before_opening') AND l.stripe_payment_intent_id = p.stripe_payment_intent_id
		  WHERE {p.booking_id}) l
		WHERE NOT EXISTS (SELECT 1 FROM financial_ledger r WHERE r.operation_key = CONCAT('reversal/', l.operation_key))`},
}

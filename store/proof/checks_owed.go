package proof

import (
	"strings"

	"farebook/ledger"
	"farebook/store/internal/journal"
)

// listOf is a list of accounts in SQL.
func listOf(accounts []ledger.Account) string {
	names := make([]string, len(accounts))
	for i, account := range accounts {
		names[i] = "'" + string(account) + "'"
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// owed are the sums of each booking's transactions in its currency: what refunds are payable, what is unearned, and what of the payment is
// owed or earned.
const owed = `(SELECT l.booking_id, e.currency,
		    -SUM(IF(e.account = 'liability:refunds_payable', ` + journal.Net + `, 0)) AS payable,
		    -SUM(IF(e.account IN ('liability:unearned_revenue', 'liability:customer_funds'), ` + journal.Net + `, 0)) AS unearned,
		    -SUM(` + journal.Net + `) AS remaining, SUM(IF(l.type = 'chargeback_relief' AND e.account IN ('liability:refunds_payable',
		      'liability:unearned_revenue', 'liability:customer_funds'), ` + journal.Net + `, 0)) AS relieved, SUM(l.type = 'correction') AS by_hand
		  FROM financial_ledger l JOIN ` + entriesOf + ` ON e.ledger_id = l.id AND e.account IN ('liability:unearned_revenue',
		    'liability:customer_funds', 'liability:refunds_payable', 'liability:airline_payable', 'income:flights', 'income:cancellation_fees',
		    'income:commission', 'income:service_fees', 'income:refunds')
		  WHERE {l.booking_id} GROUP BY l.booking_id, e.currency) o ON o.booking_id = b.id AND o.currency = b.currency`

// carriedOver are the bookings whose ledger follows the posting rules of this release: those of earlier ones are carried over by
// `starter ledger carry-over`.
const carriedOver = `b.ledger_rules >= 2`

// owedChecks are about what is owed to travellers, and when it is earned. A correction is an operator's, who may decide otherwise.
var owedChecks = []check{
	{number: 8, text: "what refunds are payable was promised and has not left, or has failed", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM bookings b JOIN payments p ON p.booking_id = b.id AND p.status = 'succeeded'
		LEFT JOIN ` + owed + `
		LEFT JOIN (SELECT booking_id, SUM(IF(status NOT IN ('failed', 'canceled') AND posted = FALSE, amount, 0)) AS outstanding,
		             SUM(IF(status IN ('failed', 'canceled') AND posted = failure_posted, amount, 0)) AS failed
		           FROM ` + refundsOfBookings + ` WHERE {booking_id} GROUP BY booking_id) r ON r.booking_id = b.id
		WHERE {b.id} AND ` + carriedOver + ` AND COALESCE(o.by_hand, 0) = 0
		  AND (COALESCE(o.payable, 0) < LEAST(COALESCE(r.outstanding, 0), GREATEST(COALESCE(o.remaining, 0), 0))
		    OR COALESCE(o.payable, 0) > COALESCE(r.outstanding + r.failed, 0)
		      AND (b.status IN ` + paid + ` OR b.cancelled_at IS NOT NULL))`},
	{
		number: 8, of: ofBookings,
		text: "no process of an earlier release has posted to a booking after it was carried over (`starter migrate`, then `starter ledger " +
			"carry-over`)",
		breaks: `SELECT COUNT(*) FROM bookings b WHERE {b.id} AND EXISTS (SELECT 1 FROM financial_ledger l WHERE l.booking_id = b.id
		  AND IF(` + carriedOver + `, l.period IS NULL, l.type IN ('refund_promised', 'cancellation', 'chargeback_relief', 'recognition',
		    'carry_over')))`,
	},
	{number: 8, text: "no manual journal is on an account that follows from Stripe's objects and from bookings", of: ofLedger, breaks: `
		SELECT COUNT(*) FROM financial_ledger l WHERE {l.id} AND l.type = 'manual' AND EXISTS (SELECT 1 FROM ledger_entries e
		  WHERE e.ledger_id = l.id AND NOT (l.booking_id IS NOT NULL AND e.account = 'liability:refunds_payable' AND e.side = 'debit')
		    AND e.account IN ` + listOf(ledger.NotForJournals) + `)`},
	{number: 8, text: "lost disputes free the books from no more than they took", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM bookings b JOIN payments p ON p.booking_id = b.id
		LEFT JOIN ` + owed + `
		WHERE {b.id} AND COALESCE(o.relieved, 0) NOT BETWEEN 0 AND p.amount_charged_back`},
	{number: 8, text: "nothing is unearned of a booking that is recognised", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM bookings b JOIN payments p ON p.booking_id = b.id
		LEFT JOIN ` + owed + `
		WHERE {b.id} AND ` + carriedOver + ` AND b.recognise_at IS NULL AND b.flight_json <> '{}' AND COALESCE(o.unearned, 0) <> 0`},
	{number: 8, text: "each booking is posted by its own revenue model, and an agent's parts are within its breakdown", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM bookings b JOIN (SELECT l.booking_id, e.currency,
		    SUM(e.account IN ('liability:unearned_revenue', 'income:flights', 'income:cancellation_fees')) AS of_principal,
		    SUM(e.account IN ('liability:customer_funds', 'liability:airline_payable', 'income:commission', 'income:service_fees')) AS of_agent,
		    -SUM(IF(e.account = 'liability:airline_payable', ` + journal.Net + `, 0)) AS airline,
		    -SUM(IF(e.account = 'income:commission', ` + journal.Net + `, 0)) AS commission,
		    -SUM(IF(e.account = 'income:service_fees', ` + journal.Net + `, 0)) AS service_fee, SUM(l.type = 'correction') AS by_hand
		  FROM financial_ledger l JOIN ` + entriesOf + ` ON e.ledger_id = l.id
		  WHERE {l.booking_id} GROUP BY l.booking_id, e.currency) p ON p.booking_id = b.id
		WHERE {b.id} AND IF(b.revenue_model = 'agent', p.of_principal > 0 OR p.currency = b.currency AND p.by_hand = 0 AND
		    (p.airline NOT BETWEEN 0 AND COALESCE(b.fare + b.taxes, b.amount) OR p.commission NOT BETWEEN 0 AND COALESCE(b.commission, 0)
		      OR p.service_fee NOT BETWEEN 0 AND COALESCE(b.service_fee, 0)), p.of_agent > 0)`},
}

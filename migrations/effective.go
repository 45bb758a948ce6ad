package migrations

import "fmt"

// eventDates maps each type of transaction to Stripe's events that date it, and to the object of the event. The first rule that
// finds an event wins. newest selects the last event before the posting, for objects that have several events with a posting
// each.
var eventDates = []struct {
	transaction, object, events string
	newest                      bool
}{
	{"payment", intentID, "'payment_intent.succeeded'", false},
	{"stripe_fee", chargeID, "'charge.updated'", true},
	{"stripe_fee", intentID, "'payment_intent.succeeded'", false},
	{"partial_capture_reversal", chargeID, "'charge.captured'", false},
	{"partial_capture_reversal", intentID, "'payment_intent.succeeded'", false},
	{"payment_in_transit", ownID, "'charge.pending'", false},
	{"payment_in_transit", intentID, "'payment_intent.processing'", false},
	{"payment_failure", ownID, "'charge.failed'", true},
	{"payment_failure", intentID, "'payment_intent.payment_failed'", true},
	{"refund", ownID, "'refund.created', 'refund.updated', 'charge.refund.updated'", false},
	{"refund_failure", ownID, "'refund.failed', 'refund.updated', 'charge.refund.updated'", true},
	{"dispute", disputeID, "'charge.dispute.funds_withdrawn'", true},
	{"dispute_reversal", disputeID, "'charge.dispute.funds_reinstated'", true},
	{"chargeback", chargebackID, "'charge.dispute.closed'", true},
	{"payout", ownID, "'payout.created'", false},
	{"payout_reversal", ownID, "'payout.failed', 'payout.canceled'", true},
}

// The objects: columns of the transaction w and of its booking's payment p. The id of a dispute is the last word of the
// description; the object id of a chargeback is the dispute's id and a number.
const (
	ownID        = "w.stripe_object_id"
	intentID     = "w.stripe_payment_intent_id"
	chargeID     = "p.stripe_charge_id"
	disputeID    = "SUBSTRING_INDEX(w.description, ' ', -1)"
	chargebackID = "SUBSTRING_INDEX(w.stripe_object_id, '/', 1)"
)

// effectiveDates date transactions that an older release posted without effective_at: by another transaction of the same balance
// transaction, else by the Stripe event that led to it, else by posted_at. effective_basis says which. Each statement dates the rows that
// the previous ones left.
func effectiveDates() []string {
	statements := []string{fillFrom("balance_transaction", `
		SELECT w.id, MIN(s.effective_at) AS at FROM financial_ledger w
		JOIN financial_ledger s ON s.stripe_balance_transaction_id = w.stripe_balance_transaction_id AND s.effective_basis = 'balance_transaction'
		WHERE w.id BETWEEN ? AND ? AND w.effective_at IS NULL AND w.stripe_balance_transaction_id <> '' AND w.type <> 'reversal'
		  -- A payment that completes a bank debit, with another balance transaction, takes effect later.
		  AND NOT (w.type = 'payment' AND s.type = 'payment_in_transit') GROUP BY w.id`)}
	for _, rule := range eventDates {
		at, bound := "MIN", ""
		if rule.newest { // Stripe's clock may be some seconds ahead of ours
			at, bound = "MAX", " AND e.stripe_created_at <= w.posted_at + INTERVAL 5 MINUTE"
		}
		statements = append(statements, fillFrom("stripe", fmt.Sprintf(`
		SELECT w.id, %s(e.stripe_created_at) AS at FROM financial_ledger w LEFT JOIN payments p ON p.booking_id = w.booking_id
		JOIN stripe_events e ON e.object_id = %s AND e.type IN (%s)%s
		WHERE w.id BETWEEN ? AND ? AND w.effective_at IS NULL AND w.type = '%s' GROUP BY w.id`, at, rule.object, rule.events, bound,
			rule.transaction)))
	}
	return append(statements,
		`UPDATE financial_ledger l JOIN financial_ledger o ON o.operation_key = SUBSTRING(l.operation_key, CHAR_LENGTH('reversal/') + 1)
		SET l.effective_at = o.effective_at, l.effective_basis = o.effective_basis
		WHERE l.id BETWEEN ? AND ? AND l.effective_at IS NULL AND l.type = 'reversal' AND o.effective_at IS NOT NULL`,
		`UPDATE financial_ledger SET effective_at = posted_at, effective_basis = 'posted' WHERE id BETWEEN ? AND ? AND effective_at IS NULL`)
}

// fillFrom dates the rows that a query for id and at returns. The query takes the range.
func fillFrom(basis, query string) string {
	return "UPDATE financial_ledger l JOIN (" + query + `) known ON known.id = l.id
		SET l.effective_at = known.at, l.effective_basis = '` + basis + "' WHERE l.effective_at IS NULL"
}

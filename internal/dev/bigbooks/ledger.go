package bigbooks

// ledgerTables: each transaction is posted when it took effect, with the entries of its type.
var ledgerTables = []statement{
	{"financial_ledger", `INSERT INTO financial_ledger (id, booking_id, type, stripe_payment_intent_id, stripe_object_id,
	  stripe_balance_transaction_id,
		  operation_key, description, posted_at, effective_at, effective_basis, period)
		SELECT id, n, type, IF(n IS NULL, NULL, {intent}), object_id, txn, operation, description, at, at,
		  IF(txn = '', 'stripe', 'balance_transaction'), DATE_FORMAT(at, '%Y-%m')
		FROM fill_transactions ORDER BY id`},
	{"ledger_entries", `INSERT INTO ledger_entries (id, ledger_id, account, side, amount, currency)
		SELECT 4 * t.id + l.line, t.id, l.account, l.side, IF(l.is_fee, t.fee, t.amount), t.currency
		FROM fill_transactions t STRAIGHT_JOIN fill_lines l ON l.type = t.type`},
}

// moneyBackTables: refunds, disputes and payouts.
var moneyBackTables = []statement{
	{"refunds", `INSERT INTO refunds (refund_id, booking_id, client_id, stripe_payment_intent_id, stripe_refund_id, origin, origin_key, amount,
	  currency, reason, status,
		  posted, correlation_id, created_at, updated_at, request_key, asked_at)
		SELECT CONCAT('RF-', {code}), n, client, {intent}, {refund}, IF(kind = 'cancelled', 'cancellation', 'api'),
		  IF(kind = 'cancelled', CONCAT('cancellation/', reference), NULL), back, currency, 'requested_by_customer',
		  IF(kind = 'refunding', 'pending', 'succeeded'), TRUE, {request}, {refund_at}, {refund_at}, UNHEX(SHA2(CONCAT('refund-request', n),
		  256)), {refund_at}
		FROM fill_bookings WHERE {has_refund} ORDER BY n`},
	{"disputes", `INSERT INTO disputes (booking_id, client_id, stripe_dispute_id, stripe_payment_intent_id, status, reason, amount, currency, due_by,
	  withheld, loss,
		  loss_postings, settlement_currency, created_at, updated_at)
		SELECT n, client, {dispute}, {intent}, CASE kind WHEN 'disputed' THEN 'needs_response' ELSE kind END, 'fraudulent', amount, currency,
		  {dispute_at} + INTERVAL 9 DAY, IF(kind = 'won', 0, amount), IF(kind = 'lost', amount, 0), kind = 'lost', currency, {dispute_at},
		  IF(kind = 'disputed', {dispute_at}, {decided_at})
		FROM fill_bookings WHERE {has_dispute} ORDER BY n`},
	{"payouts", `INSERT INTO payouts (id, stripe_payout_id, status, amount, currency, automatic, arrives_at, proof, transactions, posted,
	  created_at, updated_at)
		SELECT id, {payout}, 'paid', amount, currency, TRUE, at + INTERVAL 2 DAY, 'proven', payments, TRUE, at, at
		  FROM fill_payouts ORDER BY id`},
}

package bigbooks

// operatorTables: a reconciliation a day with two findings that it healed, a noted one every tenth day, matters for operators, and what
// was requested of all this; every tenth refund that was requested had been proposed, and its sender's limit counted it.
var operatorTables = []statement{
	{"reconciliation_runs", `INSERT INTO reconciliation_runs (id, correlation_id, scope, dry_run, lookback_days, payment_limit, status,
	  window_start, window_end,
		  scanned, started_at, completed_at)
		SELECT n, CONCAT('recon_', LEFT(SHA2(CONCAT('run', n), 256), 20)), 'all', FALSE, 7, 0, 'completed', {now} - INTERVAL {days} - n + 7 DAY,
		  {now} - INTERVAL {days} - n DAY, 7 * {per_day}, {now} - INTERVAL {days} - n DAY, {now} - INTERVAL {days} - n DAY + INTERVAL 5 MINUTE
		FROM fill_numbers WHERE n <= {days}`},
	{"reconciliation_items", `INSERT INTO reconciliation_items (run_id, fingerprint, class, object, stripe_id,
	  stripe_balance_transaction_id, stripe_payment_intent_id,
		  booking_reference, amount_here, amount_at_stripe, clearing_here, net_at_stripe, currency, reason, healing, state, note,
		  resolved_from, created_at, updated_at)
		SELECT run, CONCAT('missing_in_ledger/payment/', {intent}, '/', {txn}), 'missing_in_ledger', 'payment', {intent}, {txn}, {intent},
		  reference, 0,
		  amount - fee, 0, amount - fee, currency, 'Stripe has this payment, and the ledger does not', 'record_payment', 'fixed', '', NULL,
		  {paid_at}, {paid_at}
		FROM (SELECT b.*, 1 + b.n DIV {per_day} AS run FROM fill_bookings b WHERE MOD(b.n, {per_day}) IN (1, 2) AND {is_paid}) found
		  WHERE run <= {days}
		UNION ALL SELECT n, CONCAT('orphan_payment/payment/pi_other', n, '/txn_other', n), 'orphan_payment', 'payment', CONCAT('pi_other', n),
		  CONCAT('txn_other', n), CONCAT('pi_other', n), '', 0, 4500, 0, 4500, 'USD', 'this payment at Stripe belongs to no booking', '',
		  'resolved',
		  'a test payment of the shop', 'found', {now} - INTERVAL {days} - n DAY, {now} - INTERVAL {days} - n DAY
		FROM fill_numbers WHERE n <= {days} AND MOD(n, 10) = 5
		ORDER BY 1, 2`},
	{"attention_items", `INSERT INTO attention_items (booking_id, kind, subject, text, opened_at, closed_at, closed_by, note)
		SELECT n, 'other_payment', CONCAT('pi_second', n), 'A second PaymentIntent names the booking.', {paid_at}, {paid_at} + INTERVAL 1 HOUR,
		  'alice@bastion',
		  'refunded by hand' FROM fill_bookings WHERE slot = ` + number(closedSlot) + ` AND n < {n} - ` + number(mattersTo+underEyes) + `
		  AND {is_paid}
		UNION ALL SELECT n, 'other_payment', CONCAT('pi_second', n), 'A second PaymentIntent names the booking.', {paid_at}, NULL, '', ''
		FROM fill_bookings WHERE n BETWEEN {n} - ` + number(mattersTo+underEyes-1) + ` AND {n} - ` + number(mattersTo) + ` AND {is_paid}`},
	{"attention_steps", `INSERT INTO attention_steps (code, item_id, kind, text, at, actor)
		SELECT CONCAT('as_t', id), id, 'take', '', opened_at, 'alice@bastion' FROM attention_items WHERE closed_at IS NOT NULL
		UNION ALL SELECT CONCAT('as_c', id), id, 'comment', 'asked the traveller', opened_at + INTERVAL 1 MINUTE, 'alice@bastion'
		FROM attention_items WHERE closed_at IS NOT NULL ORDER BY 2, 1 DESC`},
	{"audit_log", `INSERT INTO audit_log (at, actor, client_id, api_key_id, action, subject, booking_id, correlation_id, detail)
		SELECT {now} - INTERVAL {days} DAY, 'filler', NULL, NULL, 'client.create', CONCAT('cl_', LEFT(SHA2(CONCAT('cl', n), 256), 12)), NULL,
		  {request}, ''
		FROM fill_numbers WHERE n <= {clients}
		UNION ALL SELECT {now} - INTERVAL {days} DAY, 'filler', NULL, NULL, 'api-key.create', CONCAT('ak_', LEFT(SHA2(CONCAT('ak', 2 * n), 256),
		  12)), NULL, {request}, ''
		FROM fill_numbers WHERE n <= {clients}
		UNION ALL SELECT at, 'importer', NULL, NULL, 'booking.import', reference, n, {request}, CONCAT('OLD-', n)
		FROM fill_bookings WHERE n <= {n} DIV ` + number(importedOf) + `
		UNION ALL SELECT {refund_at}, CONCAT('client ', client), client, 2 * client, IF(kind = 'cancelled', 'booking.cancel', 'refund.create'),
		  IF(kind = 'cancelled', reference, CONCAT('RF-', {code})), n, {request}, CONCAT(currency, ' ', back)
		FROM fill_bookings WHERE {has_refund}`},
	{"proposals", `INSERT INTO proposals (code, kind, state, booking_id, amount, currency, reason, note, proposed_at, proposed_by, decided_at,
		  decided_by, refund_id)
		SELECT CONCAT('pr_', UPPER(LEFT(SHA2(CONCAT('pr', n), 256), 10))), 'refund', 'sent', n, back, currency, 'requested_by_customer', 'a test',
		  {refund_at}, 'support', {refund_at}, 'finance', CONCAT('RF-', {code})
		FROM fill_bookings WHERE {has_refund} AND kind <> 'cancelled' AND MOD(n, 10) = 0`},
	{"moved_amounts", `INSERT INTO moved_amounts (api_key_id, kind, currency, amount, subject, at)
		SELECT 2, 'refund', currency, back, CONCAT('RF-', {code}), {refund_at}
		FROM fill_bookings WHERE {has_refund} AND kind <> 'cancelled' AND MOD(n, 10) = 0`},
	{"webhook_endpoints", `INSERT INTO webhook_endpoints (id, endpoint_id, client_id, url, description, contact_email, event_types, secret_number,
		  secret_key_id, created_at, updated_at)
		SELECT 1, '` + Endpoint + `', id, 'https://example.com/hooks', '', 'hooks@example.com', 'refund.failed', 1, '0011223344556677', created_at,
		  created_at FROM api_clients WHERE id = 1
		UNION ALL SELECT 2, '` + QuietEndpoint + `', id, 'https://example.com/quiet', '', 'hooks@example.com', 'refund.failed', 1,
		  '0011223344556677', created_at, created_at FROM api_clients WHERE id = 1`},
	{"webhook_deliveries", `INSERT INTO webhook_deliveries (endpoint_id, message_id, event_key, event_type, payload, occurred_at, delivered_at,
		  attempts, attempted_at, answer_status, answer_ms)
		SELECT 2, CONCAT('msg_', LEFT(SHA2(CONCAT('quiet', n), 256), 32)), CONCAT('booking.confirmed/', reference), 'booking.confirmed', '{}',
		  {paid_at}, {paid_at}, 1, {paid_at}, 204, 40 FROM fill_bookings WHERE {is_paid} AND n <= ` + number(quietEvents) + ` ORDER BY n`},
	{"webhook_deliveries", `INSERT INTO webhook_deliveries (endpoint_id, message_id, event_key, event_type, payload, occurred_at, delivered_at,
		  attempts, attempted_at, answer_status, answer_ms)
		SELECT 1, CONCAT('msg_', LEFT(SHA2(CONCAT('we', n), 256), 32)), CONCAT('booking.confirmed/', reference), 'booking.confirmed', '{}',
		  {paid_at}, {paid_at}, 1, {paid_at}, 204, 40 FROM fill_bookings WHERE {is_paid} ORDER BY n`},
}

// Endpoint is the webhook endpoint that has the events of all filled bookings.
const Endpoint = "we_0000000001"

// QuietEndpoint has the events of the oldest bookings alone.
const QuietEndpoint = "we_0000000002"

// quietEvents is up to which booking it has events.
const quietEvents = 20

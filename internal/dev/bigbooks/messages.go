package bigbooks

// messageTables: Stripe's events and the emails. A booking has the ids from 8n on.
var messageTables = []statement{
	{"stripe_events", `INSERT INTO stripe_events (id, stripe_event_id, type, api_version, object_id, livemode, booking_reference, payload,
	  payload_form, processed,
		  processed_at, note, stripe_created_at, received_at, state, attempts, next_attempt_at)
		SELECT id, CONCAT('evt_', LEFT(SHA2(CONCAT('evt', id), 256), 24)), type, '2023-10-16', object, FALSE, reference,
		  CONCAT('{"id":"evt_', LEFT(SHA2(CONCAT('evt', id), 256), 24), '","object":"event","type":"', type, '","data":{"object":{"id":"', object,
		    '","metadata":{"booking_reference":"', reference, '"}}}}'),
		  1, state <> 'received', IF(state = 'received', NULL, at), note, at, at, state, state = 'processed',
		  IF(state = 'received', {now} + INTERVAL 1 HOUR, NULL)
		FROM (
		  SELECT 8 * n AS id, IF({is_paid}, 'payment_intent.succeeded', 'payment_intent.canceled') AS type, {intent} AS object, reference,
		    'processed' AS state, '' AS note, {paid_at} AS at FROM fill_bookings WHERE kind <> 'open'
		  UNION ALL SELECT 8 * n + 1, 'charge.succeeded', {charge}, reference, 'processed', '', {paid_at} FROM fill_bookings WHERE {is_paid}
		  UNION ALL SELECT 8 * n + 2, 'refund.created', {refund}, reference, 'processed', '', {refund_at} FROM fill_bookings WHERE {has_refund}
		  UNION ALL SELECT 8 * n + 3, 'charge.dispute.created', {dispute}, '', 'processed', '', {dispute_at} FROM fill_bookings
		  WHERE {has_dispute}
		  UNION ALL SELECT 8 * n + 4, 'charge.dispute.closed', {dispute}, '', 'processed', '', {decided_at} FROM fill_bookings
		  WHERE kind IN ('lost', 'won')
		  UNION ALL SELECT 8 * n + 5, 'payment_intent.payment_failed', {intent}, reference, 'received', '', {now} FROM fill_bookings
		  WHERE n > {n} - ` +
		number(unread) + `
		  UNION ALL SELECT 8 * n + 6, 'payment_intent.created', CONCAT('pi_other', n), '', 'not_ours', 'it names no booking', at
		    FROM fill_bookings WHERE slot = ` + number(notOursSlot) + `
		  UNION ALL SELECT 8 * n + 7, 'charge.updated', {charge}, reference, 'ignored', 'decided by an operator', at
		    FROM fill_bookings WHERE slot = ` + number(ignoredSlot) + `
		  UNION ALL SELECT 8 * ({n} + 1) + id, 'payout.paid', {payout}, '', 'processed', '', at FROM fill_payouts
		) events ORDER BY id`},
	{"emails", `INSERT INTO emails (id, booking_id, kind, dedupe_key, message_id, status, attempts, created_at, sent_at, audience,
	  resent_of, recipient_sha256,
		  last_error)
		SELECT id, n, kind, CONCAT(owner, '/', occasion), CONCAT('<', LOWER(owner), '.', occasion, '@bookings.farebook.example>'), status,
		  status <> 'suppressed', at, IF(status = 'sent', at, NULL), audience, resent_of, recipient,
		  IF(status = 'suppressed', 'not sent: the system from which the booking was imported has sent it', '')
		FROM (
		  SELECT 8 * n AS id, n, IF({is_paid}, 'booking_confirmed', 'hold_expired') AS kind, reference AS owner,
		    IF({is_paid}, 'booking_confirmed', 'hold_expired') AS occasion, IF(n <= {n} DIV ` + number(importedOf) + `, 'suppressed',
		    'sent') AS status,
		    {paid_at} AS at, 'customer' AS audience, NULL AS resent_of,
		    IF({is_paid}, NULL, UNHEX(SHA2(CONCAT('traveller', n DIV 3, '@example.com'), 256))) AS recipient FROM fill_bookings
		    WHERE kind <> 'open'
		  UNION ALL SELECT 8 * n + 1, n, 'refunded', CONCAT('RF-', {code}), 'refunded', 'sent', {refund_at}, 'customer', NULL, NULL
		    FROM fill_bookings WHERE {has_refund} AND kind <> 'refunding'
		  UNION ALL SELECT 8 * n + 2, n, 'booking_cancelled_paid', reference, 'booking_cancelled_paid', 'sent', {refund_at}, 'customer', NULL,
		  NULL
		    FROM fill_bookings WHERE kind = 'cancelled'
		  UNION ALL SELECT 8 * n + 3, n, 'dispute_opened', {dispute}, 'dispute_opened', 'sent', {dispute_at}, 'finance', NULL, NULL
		    FROM fill_bookings WHERE {has_dispute}
		  UNION ALL SELECT 8 * n + 4, n, 'dispute_closed', {dispute}, 'dispute_closed', 'sent', {decided_at}, 'finance', NULL, NULL
		    FROM fill_bookings WHERE kind IN ('lost', 'won')
		  UNION ALL SELECT 8 * n + 5, n, 'booking_confirmed', CONCAT('resent/', 8 * n), '1', 'sent', at + INTERVAL 1 DAY, 'customer', 8 * n, NULL
		    FROM fill_bookings WHERE slot = ` + number(resentSlot) + ` AND {is_paid} AND at < {now} - INTERVAL 1 DAY
		  UNION ALL SELECT 8 * n + 6, n, 'payment_failed', reference, 'payment_failed', 'queued', {now}, 'customer', NULL,
		    UNHEX(SHA2(CONCAT('traveller', n DIV 3, '@example.com'), 256)) FROM fill_bookings WHERE n > {n} - ` + number(unsent) + `
		  UNION ALL SELECT 8 * ({n} + 1) + n, NULL, 'reconciliation', CONCAT('recon_', LEFT(SHA2(CONCAT('run', n), 256), 20)),
		  'reconciliation', 'sent',
		    {now} - INTERVAL {days} - n DAY, 'finance', NULL, NULL FROM fill_numbers WHERE n <= {days}
		) mails ORDER BY id`},
}

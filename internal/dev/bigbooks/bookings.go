package bigbooks

// clientTables: each client has a key that was revoked, and one that is in use.
var clientTables = []statement{
	{"api_clients", `INSERT INTO api_clients (id, client_id, name, created_by, created_at)
		SELECT n, CONCAT('cl_', LEFT(SHA2(CONCAT('cl', n), 256), 12)), CONCAT('client ', n), 'filler', {now} - INTERVAL {days} DAY
		FROM fill_numbers WHERE n <= {clients}`},
	{"api_keys", `INSERT INTO api_keys (id, client_id, key_id, token_prefix, scopes, name, token_sha256, created_by, created_at,
	  last_used_at, revoked_at)
		SELECT 2 * n - old, n, CONCAT('ak_', LEFT(SHA2(CONCAT('ak', 2 * n - old), 256), 12)), 'fbk_bigb',
		  'bookings:read,bookings:write,refunds:write,reconciliation:read,reconciliation:write', CONCAT('client ', n),
		  UNHEX(SHA2(CONCAT('fbk_', IF(old, 'revoked', 'bigbooks'), n), 256)), 'filler', {now} - INTERVAL {days} DAY, {now} - INTERVAL old DAY,
		  IF(old, {now} - INTERVAL 1 DAY, NULL)
		FROM fill_numbers CROSS JOIN (SELECT 0 AS old UNION ALL SELECT 1) keys_of WHERE n <= {clients} ORDER BY 1`},
}

// bookingTables: bookings with their payments, and what their requests have left.
var bookingTables = []statement{
	{"bookings", `INSERT INTO bookings (id, reference, api_key_id, client_id, status, customer_name, customer_email, customer_locale,
	  flight_json, flight_number, amount,
		  currency, hold_expires_at, correlation_id, attention, created_at, updated_at, capture_method, cancelled_at, cancel_percent,
		  payment_methods,
		  request_key)
		SELECT n, reference, 2 * client, client, CASE kind WHEN 'open' THEN 'pending_payment' WHEN 'expired' THEN 'expired'
		    WHEN 'partly' THEN 'partially_refunded' WHEN 'cancelled' THEN 'partially_refunded' WHEN 'refunded' THEN 'refunded'
		    WHEN 'lost' THEN 'refunded' WHEN 'disputed' THEN 'disputed' ELSE 'confirmed' END,
		  CONCAT('Traveller ', n DIV 3), CONCAT('traveller', n DIV 3, '@example.com'), IF(MOD(n, 7) = 0, 'ar', 'en'),
		  '{"number":"EK2","from":"LHR","to":"DXB","departsAt":"2031-05-01T14:20:00+01:00",'
		    '"arrivesAt":"2031-05-02T00:20:00+04:00","passengers":[{"name":"Layla Haddad"}]}', 'EK2',
		  amount, currency, at + INTERVAL IF(kind = 'open', 60, 30) MINUTE, {request},
		  IF(n BETWEEN {n} - ` + number(mattersTo+underEyes-1) + ` AND {n} - ` + number(mattersTo) + ` AND {is_paid},
		  'A second PaymentIntent names the booking.', NULL),
		  at, at + INTERVAL 5 MINUTE, 'automatic', IF(kind = 'cancelled', at + INTERVAL 3 DAY, NULL), IF(kind = 'cancelled', 50, NULL),
		  'automatic', IF(n <= {n} DIV ` + number(importedOf) + `, NULL, UNHEX(SHA2(CONCAT('request', n), 256)))
		FROM fill_bookings ORDER BY n`},
	{"payments", `INSERT INTO payments (id, booking_id, stripe_payment_intent_id, status, amount, amount_captured, currency,
	  stripe_charge_id, fee_posted,
		  created_at, updated_at, amount_refunded, amount_charged_back)
		SELECT n, n, {intent}, CASE kind WHEN 'open' THEN 'pending' WHEN 'expired' THEN 'canceled' ELSE 'succeeded' END, amount,
		  IF({is_paid}, amount, 0), currency, IF({is_paid}, {charge}, ''), {is_paid}, at, {paid_at},
		  IF(kind = 'refunding', 0, back), IF(kind = 'lost', amount, 0)
		FROM fill_bookings ORDER BY n`},
	{"payment_twins", `INSERT INTO payment_twins (booking_id, created_at, checked_at)
		SELECT n, at, at + INTERVAL 2 HOUR FROM fill_bookings WHERE slot = ` + number(twinSlot) + ` AND at < {now} - INTERVAL 1 DAY`},
	{"imported_bookings", `INSERT INTO imported_bookings (booking_id, earlier_reference, imported_at)
		SELECT n, CONCAT('OLD-', n), at FROM fill_bookings WHERE n <= {n} DIV ` + number(importedOf)},
	{"idempotency_keys", `INSERT INTO idempotency_keys (api_key_id, client_id, idempotency_key, request_sha256, booking_id, answer_status,
	  answer_body, created_at,
		  operation, resource)
		SELECT 2 * client, client, CONCAT('booking-', LEFT(SHA2(CONCAT('key', n), 256), 32)), UNHEX(SHA2(n, 256)), n, 201,
		  CONCAT('{"reference":"', reference, '","status":"pending_payment","amount":{"value":', amount, ',"currency":"', currency,
		    '"},"payment":{"paymentIntentId":"', {intent},
		    '","status":"pending"},"flight":{"number":"EK2","from":"LHR","to":"DXB"},"holdExpiresAt":"', at, '"}'),
		  at, 'create-booking', reference
		FROM fill_bookings WHERE n > {n} DIV ` + number(importedOf) + `
		UNION ALL SELECT 2 * client, client, CONCAT('refund-', LEFT(SHA2(CONCAT('key', n), 256), 32)), UNHEX(SHA2(CONCAT('refund', n), 256)),
		  n, 201,
		  CONCAT('{"id":"RF-', {code}, '","status":"pending"}'), {refund_at}, 'create-refund', CONCAT('RF-', {code})
		FROM fill_bookings WHERE {has_refund} AND kind <> 'cancelled'`},
}

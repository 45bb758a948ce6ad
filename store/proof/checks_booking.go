package proof

// paid are the statuses of a booking whose payment was captured and not late.
const paid = `('confirmed', 'partially_refunded', 'refunded', 'disputed')`

// bookingChecks compare bookings with their money, and with what was sent and answered.
var bookingChecks = []check{
	{number: 6, text: "each confirmed booking has captured money", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM bookings b LEFT JOIN payments p ON p.booking_id = b.id
		WHERE {b.id} AND b.status IN ` + paid + ` AND (COALESCE(p.status, '') <> 'succeeded' OR p.amount_captured <= 0
		  OR b.capture_method = 'automatic' AND p.amount_captured <> b.amount)`},
	{number: 7, text: "captured money belongs to a booking, is being refunded, or is shown to an operator", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM payments p JOIN bookings b ON b.id = p.booking_id
		WHERE {p.booking_id} AND p.status = 'succeeded' AND b.status NOT IN ` + paid + ` AND b.cancelled_at IS NULL AND b.attention IS NULL
		  AND p.amount_captured > p.amount_refunded + p.amount_charged_back + COALESCE((SELECT SUM(e.amount) FROM financial_ledger l
		    JOIN ledger_entries e ON e.ledger_id = l.id AND e.account = 'liability:refunds_payable' AND e.side = 'debit'
		    WHERE l.booking_id = b.id AND l.type = 'manual'), 0)
		  AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.booking_id = b.id
		    AND r.status IN ('requested', 'pending', 'requires_action', 'unknown'))
		  AND NOT EXISTS (SELECT 1 FROM disputes d WHERE d.booking_id = b.id AND d.status IN ('needs_response', 'under_review', 'unknown'))`},
	{number: 7, text: "each paid booking's status matches its money", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM bookings b JOIN payments p ON p.booking_id = b.id
		WHERE {b.id} AND (b.status IN ` + paid + ` OR b.cancelled_at IS NOT NULL) AND b.status <> CASE
		  WHEN EXISTS (SELECT 1 FROM disputes d WHERE d.booking_id = b.id AND d.status IN ('needs_response', 'under_review', 'unknown'))
		    THEN 'disputed'
		  WHEN p.amount_refunded + p.amount_charged_back >= p.amount_captured THEN 'refunded'
		  WHEN p.amount_refunded + p.amount_charged_back > 0 THEN 'partially_refunded'
		  WHEN b.cancelled_at IS NOT NULL THEN 'cancelled' ELSE 'confirmed' END`},
	{number: 7, text: "each further payment is of a booking, in its currency", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM bookings b LEFT JOIN bookings o ON o.reference = b.supplement_of
		WHERE {b.id} AND b.supplement_of IS NOT NULL
		  AND (o.id IS NULL OR o.supplement_of IS NOT NULL OR o.currency <> b.currency OR o.supplements = 0)`},
	// What a refund that failed has left is for an operator.
	{number: 7, text: "each further payment ends with its booking", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM bookings b STRAIGHT_JOIN bookings s FORCE INDEX (idx_bookings_supplement) ON s.supplement_of = b.reference
		WHERE {b.id} AND b.supplements > 0 AND (b.cancelled_at IS NOT NULL OR b.status IN ('cancelled', 'expired', 'payment_failed'))
		  AND s.cancelled_at IS NULL AND s.cancel_due_at IS NULL AND s.status IN ('pending_payment', 'confirmed', 'partially_refunded')
		  AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.booking_id = s.id)`},
	{number: 10, text: "the booking or refund of each idempotency key exists", of: ofKeys, breaks: `
		SELECT COUNT(*) FROM idempotency_keys k
		LEFT JOIN bookings b ON k.operation IN ('create-booking', 'create-payment') AND b.reference = k.resource
		LEFT JOIN refunds r ON k.operation = 'create-refund' AND r.refund_id = k.resource
		WHERE {k.id} AND k.operation IN ('create-booking', 'create-payment', 'create-refund') AND b.id IS NULL AND r.id IS NULL`},
	{number: 12, text: "each booking that was confirmed has exactly one confirmation email", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM bookings b
		LEFT JOIN (SELECT booking_id, COUNT(*) AS n FROM emails WHERE {booking_id} AND kind = 'booking_confirmed' AND resent_of IS NULL
		           GROUP BY booking_id) e
		  ON e.booking_id = b.id
		WHERE {b.id} AND b.status IN ` + paid + ` AND COALESCE(e.n, 0) <> 1`},
}

// refundsOfBookings reads refunds by their bookings. While there are few refunds, the server would rather read all of them.
const refundsOfBookings = `refunds r FORCE INDEX (idx_refunds_booking)`

// refundChecks compare refunds with payments, the ledger and emails.
var refundChecks = []check{
	{number: 8, text: "refunds never exceed the captured amount", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM payments p
		JOIN (SELECT booking_id, SUM(amount) AS reserved, SUM(CASE status WHEN 'requested' THEN 0 ELSE amount END) AS made,
		             MAX(origin = 'dashboard') AS by_hand
		      FROM ` + refundsOfBookings + ` WHERE {booking_id} AND status NOT IN ('failed', 'canceled') GROUP BY booking_id) r
		  ON r.booking_id = p.booking_id
		WHERE p.status = 'succeeded' AND (r.made > p.amount_captured OR NOT r.by_hand AND r.reserved > p.amount_captured)`},
	{number: 8, text: "each payment's refunded amount is the sum of its succeeded refunds", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM payments p
		LEFT JOIN (SELECT booking_id, SUM(amount) AS refunded FROM ` + refundsOfBookings + `
		           WHERE {booking_id} AND status = 'succeeded' GROUP BY booking_id) r
		  ON r.booking_id = p.booking_id
		WHERE {p.booking_id} AND p.amount_refunded <> COALESCE(r.refunded, 0)`},
	{number: 8, text: "each refund that Stripe's balance paid, or got back, is in the ledger once", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM ` + refundsOfBookings + `
		LEFT JOIN (SELECT booking_id, stripe_object_id, SUM(type = 'refund') AS paid, SUM(type = 'refund_failure') AS back
		           FROM financial_ledger WHERE {booking_id} AND type IN ('refund', 'refund_failure')
		           GROUP BY booking_id, stripe_object_id) l
		  ON l.booking_id = r.booking_id AND l.stripe_object_id = r.stripe_refund_id
		WHERE {r.booking_id} AND (COALESCE(l.paid, 0) <> r.posted OR COALESCE(l.back, 0) <> r.failure_posted)`},
	{number: 12, text: "each refund that succeeded has its email to the customer", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM ` + refundsOfBookings + `
		WHERE {r.booking_id} AND r.status = 'succeeded' AND NOT EXISTS (SELECT 1 FROM emails e
		  WHERE e.dedupe_key = CONCAT(r.refund_id, '/refunded') AND e.kind = 'refunded' AND e.resent_of IS NULL)`},
}

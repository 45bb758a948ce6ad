package proof

// eventsOf are the events that follow from the states of bookings, their refunds, disputes and payments, by their keys: those of which a
// state of today says that they were written. A booking whose dispute was won, and one that was cancelled and refunded, have others.
const eventsOf = `(
	  SELECT b.id AS booking_id, CONCAT(CASE WHEN b.status IN ` + paid + ` THEN 'booking.confirmed' WHEN b.status = 'expired' THEN 'booking.expired'
	      WHEN b.status = 'payment_failed' THEN 'booking.payment_failed' ELSE 'booking.cancelled' END, '/', b.reference) AS event_key
	    FROM bookings b WHERE {b.id} AND b.status <> 'pending_payment'
	  UNION ALL SELECT b.id, CONCAT('booking.cancelled/', b.reference) FROM bookings b WHERE {b.id} AND b.cancelled_at IS NOT NULL
	  UNION ALL SELECT r.booking_id, CONCAT('refund.succeeded/', r.refund_id) FROM ` + refundsOfBookings + `
	    WHERE {r.booking_id} AND r.status = 'succeeded'
	  UNION ALL SELECT d.booking_id, CONCAT('dispute.opened/', d.stripe_dispute_id) FROM disputes d FORCE INDEX (idx_disputes_booking)
	    WHERE {d.booking_id}) h`

// webhookChecks are about what is sent to webhook endpoints.
var webhookChecks = []check{
	// An endpoint that was changed since, as when it was disabled or subscribed to less, is left out, because it may not have subscribed then.
	// So is one that was changed in the minute before: its transaction may have ended after the booking's. An import writes no events.
	{number: 12, text: "each change of a booking that a webhook endpoint subscribes to is written for it", of: ofBookings, breaks: `
		SELECT COUNT(*) FROM webhook_endpoints e JOIN bookings o ON o.client_id = e.client_id JOIN ` + eventsOf + ` ON h.booking_id = o.id
		LEFT JOIN imported_bookings i ON i.booking_id = o.id
		WHERE e.is_enabled = 1 AND {o.id} AND o.created_at > e.updated_at + INTERVAL 1 MINUTE
		  AND i.booking_id IS NULL
		  AND FIND_IN_SET(SUBSTRING_INDEX(h.event_key, '/', 1), e.event_types) > 0
		  AND NOT EXISTS (SELECT 1 FROM webhook_deliveries w WHERE w.endpoint_id = e.id AND w.event_key = CAST(h.event_key AS BINARY))`},
}

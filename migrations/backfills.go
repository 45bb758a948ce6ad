package migrations

import "time"

// backfills are those of all releases whose rows may still be met, in the order in which they are run. A new one is added with the
// migration that adds the column, and removed when no release that leaves the column empty can run any more.
func backfills(zone *time.Location) []backfill {
	return []backfill{
		{
			name: "ledger-effective-at", task: "effective dates of the ledger", table: "financial_ledger", missing: "effective_at IS NULL",
			statements: effectiveDates(),
		},
		{
			name: "ledger-period", task: "periods of the ledger", table: "financial_ledger",
			missing: "period IS NULL AND effective_at IS NOT NULL", statements: []string{earlierRules, missingPeriods(zone)},
		},
		{
			name: rezonePass, task: "periods of the ledger in another time zone", table: "financial_ledger",
			missing: "FALSE", statements: []string{otherPeriods(zone)}, // setZone says which rows
		},
		{
			name: "bookings-client", task: "clients of bookings", table: "bookings", missing: "client_id IS NULL",
			statements: []string{clientOf("bookings")},
		},
		{
			name: "idempotency-keys-client", task: "clients of idempotency keys", table: "idempotency_keys", missing: "client_id IS NULL",
			statements: []string{clientOf("idempotency_keys")},
		},
		{
			name: "bookings-flight", task: "flights of bookings", table: "bookings", missing: "flight_number IS NULL AND flight_json <> '{}'",
			statements: []string{
				"UPDATE bookings SET flight_number = LEFT(JSON_VALUE(flight_json, '$.number'), 16) WHERE id BETWEEN ? AND ? AND flight_number IS NULL",
			},
		},
		{
			name: "refunds-client", task: "clients of refunds", table: "refunds", missing: "client_id IS NULL",
			statements: []string{clientOfBooking("refunds")},
		},
		{
			name: "disputes-client", task: "clients of disputes", table: "disputes", missing: "client_id IS NULL",
			statements: []string{clientOfBooking("disputes")},
		},
		{
			name: "bookings-attention", task: "matters that need attention", table: "bookings", missing: attentionWithoutMatter,
			statements: []string{attentionOfBookings},
		},
	}
}

// earlierRules has bookings carried over once more (store/carry_over.go) to which a release without periods has posted, by its own posting
// rules, after they were carried over.
const earlierRules = `UPDATE financial_ledger l JOIN bookings b ON b.id = l.booking_id SET b.ledger_rules = 1
	WHERE l.id BETWEEN ? AND ? AND l.period IS NULL AND l.effective_at IS NOT NULL AND b.ledger_rules > 1`

// clientOf gives rows the client of their API key. Keys get theirs first (store.AdoptAPIKeys).
func clientOf(table string) string {
	return "UPDATE " + table + " t JOIN api_keys k ON k.id = t.api_key_id SET t.client_id = k.client_id " +
		"WHERE t.id BETWEEN ? AND ? AND t.client_id IS NULL AND k.client_id IS NOT NULL"
}

// clientOfBooking gives rows the client of their booking, which has its own first (bookings-client).
func clientOfBooking(table string) string {
	return "UPDATE " + table + " t JOIN bookings b ON b.id = t.booking_id SET t.client_id = b.client_id " +
		"WHERE t.id BETWEEN ? AND ? AND t.client_id IS NULL AND b.client_id IS NOT NULL"
}

// attentionOfBookings makes an open matter of each text that an older release wrote to bookings alone, unless the booking has one with
// this text. The text's hash is the subject (earlierSubject in store/attention.go), and so part of the UNIQUE key. bookings.attention has
// the first 200 characters of a matter's text.
const attentionOfBookings = `INSERT IGNORE INTO attention_items (booking_id, kind, subject, text, opened_at)
	SELECT b.id, 'earlier', LEFT(SHA2(b.attention, 256), 16), b.attention, b.updated_at FROM bookings b
	WHERE b.id BETWEEN ? AND ? AND ` + attentionWithoutMatter

// attentionWithoutMatter are the bookings b with a text and no open matter that has it.
const attentionWithoutMatter = `b.attention IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM attention_items a WHERE a.booking_id = b.id AND a.closed_at IS NULL AND LEFT(a.text, 200) = b.attention)`

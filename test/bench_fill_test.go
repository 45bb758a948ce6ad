package test

import (
	"hash/crc32"
	"strconv"
	"testing"

	"farebook/internal/dev/testdb"
)

// thisMonth is the period of a row that is planted by SQL and takes effect now.
const thisMonth = "DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m')"

// fillLedger writes paid bookings, four entries each, by SQL: through the application it would take minutes and prove
// nothing more.
func fillLedger(t testing.TB, db *testdb.DB, bookings int, intent, transaction string) {
	t.Helper()
	db.Exec(t, "INSERT IGNORE INTO api_keys (id, name, token_sha256) VALUES (1, 'bench', UNHEX(SHA2('bench', 256)))")
	db.Exec(t, "CREATE TABLE numbers (n INT PRIMARY KEY)")
	db.Exec(t, "INSERT INTO numbers VALUES (1)")
	for n := 1; n < bookings; n *= 2 {
		db.Exec(t, "INSERT INTO numbers SELECT n + ? FROM numbers WHERE n + ? <= ?", n, n, bookings)
	}
	after := strconv.Itoa(filledAfter(db))
	for _, statement := range []string{
		`INSERT INTO bookings (id, reference, api_key_id, status, customer_name, customer_email, customer_locale, flight_json, amount, currency,
		   hold_expires_at, correlation_id, created_at, updated_at)
		 SELECT n, CONCAT('FB-', LPAD(` + after + ` + n, 8, '0')), 1, 'confirmed', 'Layla', 'layla@example.com', 'en', '{}', 45900, 'USD', NOW(), 'c', NOW(), NOW() FROM numbers`,
		`INSERT INTO payments (booking_id, stripe_payment_intent_id, status, amount, amount_captured, currency, fee_posted, created_at, updated_at)
		 SELECT n, CONCAT('` + intent + `', n), 'succeeded', 45900, 45900, 'USD', TRUE, NOW(), NOW() FROM numbers`,
		`INSERT INTO financial_ledger (id, booking_id, type, stripe_payment_intent_id, stripe_balance_transaction_id, description, posted_at,
		   effective_at, effective_basis, period)
		 SELECT n, n, 'payment', CONCAT('` + intent + `', n), CONCAT('` + transaction +
			`', n), 'Payment', NOW(), NOW(), 'balance_transaction', ` + thisMonth + ` FROM numbers`,
		`INSERT INTO ledger_entries (ledger_id, account, side, amount, currency)
		 SELECT n, e.account, e.side, e.amount, 'USD' FROM numbers JOIN (
		   SELECT 'asset:stripe_clearing' AS account, 'debit' AS side, 45900 AS amount UNION ALL SELECT 'liability:unearned_revenue', 'credit',
		     45900
		   UNION ALL SELECT 'expense:stripe_fees', 'debit', 1361 UNION ALL SELECT 'asset:stripe_clearing', 'credit', 1361) e`,
		`INSERT INTO emails (booking_id, kind, dedupe_key, message_id, status, created_at)
		 SELECT n, 'booking_confirmed', CONCAT('FB-', LPAD(` + after + ` + n, 8, '0'), '/booking_confirmed'), CONCAT('<', n, '@bench>'), 'sent', NOW() FROM numbers`,
		"ANALYZE TABLE bookings, payments, financial_ledger, ledger_entries, emails",
	} {
		db.Exec(t, statement)
	}
}

// filledAfter is the number that the references of a database's filled bookings follow. Each test has another: workflow ids contain the
// references and all tests share one Temporal namespace, so two tests that heal the same reference would share its workflow.
func filledAfter(db *testdb.DB) int {
	return int(crc32.ChecksumIEEE([]byte(db.Name)) % 90_000_000)
}

// unpost takes what was posted for a filled booking out of the ledger, as if it had never been heard of.
func unpost(t testing.TB, db *testdb.DB, booking int) {
	t.Helper()
	db.Exec(t, "DELETE e FROM ledger_entries e JOIN financial_ledger l ON l.id = e.ledger_id WHERE l.booking_id = ?", booking)
	db.Exec(t, "DELETE FROM financial_ledger WHERE booking_id = ?", booking)
}

package test

import (
	"testing"
	"time"

	"farebook/internal/testdb"
)

// entriesToVerify is the size of the ledger that `starter verify` is measured on.
const entriesToVerify = 1_000_000

// BenchmarkVerify checks every promise of the books over a million ledger entries, beside one plain count of the same
// entries: the floor that any check stands on.
func BenchmarkVerify(b *testing.B) {
	db := testdb.New(b)
	fillLedger(b, db, entriesToVerify/4, "pi_", "txn_")
	b.ResetTimer()
	var verify, count time.Duration
	for range b.N {
		began := time.Now()
		promises, err := db.Store.CheckPromises(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		verify += time.Since(began)
		for _, promise := range promises {
			if !promise.Held {
				b.Fatalf("%s: %s", promise.Text, promise.Detail)
			}
		}
		began = time.Now()
		db.Count(b, "SELECT COUNT(*) FROM ledger_entries WHERE amount > 0")
		count += time.Since(began)
	}
	b.ReportMetric(verify.Seconds()/float64(b.N), "verify-s")
	b.ReportMetric(float64(verify)/float64(count), "x-plain-count")
}

// fillLedger writes paid bookings, four entries each, by SQL: through the application it would take minutes and prove
// nothing more.
func fillLedger(b *testing.B, db *testdb.DB, bookings int, intent, transaction string) {
	b.Helper()
	db.Exec(b, "INSERT IGNORE INTO api_keys (id, name, token_sha256) VALUES (1, 'bench', UNHEX(SHA2('bench', 256)))")
	db.Exec(b, "CREATE TABLE numbers (n INT PRIMARY KEY)")
	db.Exec(b, "INSERT INTO numbers VALUES (1)")
	for n := 1; n < bookings; n *= 2 {
		db.Exec(b, "INSERT INTO numbers SELECT n + ? FROM numbers WHERE n + ? <= ?", n, n, bookings)
	}
	for _, statement := range []string{
		`INSERT INTO bookings (id, reference, api_key_id, status, customer_name, customer_email, customer_locale, flight_json, amount, currency,
		   hold_expires_at, correlation_id, created_at, updated_at)
		 SELECT n, CONCAT('FB-', LPAD(n, 8, '0')), 1, 'confirmed', 'Layla', 'layla@example.com', 'en', '{}', 45900, 'USD', NOW(), 'c', NOW(), NOW() FROM numbers`,
		`INSERT INTO payments (booking_id, stripe_payment_intent_id, status, amount, amount_captured, currency, fee_posted, created_at, updated_at)
		 SELECT n, CONCAT('` + intent + `', n), 'succeeded', 45900, 45900, 'USD', TRUE, NOW(), NOW() FROM numbers`,
		`INSERT INTO financial_ledger (id, booking_id, type, stripe_payment_intent_id, stripe_balance_transaction_id, description, posted_at)
		 SELECT n, n, 'payment', CONCAT('` + intent + `', n), CONCAT('` + transaction + `', n), 'Payment', NOW() FROM numbers`,
		`INSERT INTO ledger_entries (ledger_id, account, side, amount, currency)
		 SELECT n, e.account, e.side, e.amount, 'USD' FROM numbers JOIN (
		   SELECT 'asset:stripe_clearing' AS account, 'debit' AS side, 45900 AS amount UNION ALL SELECT 'liability:unearned_revenue', 'credit', 45900
		   UNION ALL SELECT 'expense:stripe_fees', 'debit', 1361 UNION ALL SELECT 'asset:stripe_clearing', 'credit', 1361) e`,
		`INSERT INTO emails (booking_id, kind, dedupe_key, message_id, status, created_at)
		 SELECT n, 'booking_confirmed', CONCAT('FB-', LPAD(n, 8, '0'), '/booking_confirmed'), CONCAT('<', n, '@bench>'), 'sent', NOW() FROM numbers`,
		"ANALYZE TABLE bookings, payments, financial_ledger, ledger_entries, emails",
	} {
		db.Exec(b, statement)
	}
}

package test

import (
	"testing"
	"time"

	"farebook/internal/dev/testdb"
	"farebook/store/proof"
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
		proven, err := proof.New(db.Store).Whole(b.Context(), proof.Options{Restart: true})
		if err != nil {
			b.Fatal(err)
		}
		verify += time.Since(began)
		for _, promise := range proven.Promises {
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

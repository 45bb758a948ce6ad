package test

import (
	"testing"
	"time"

	"farebook/internal/testdb"
	"farebook/internal/testkit"
)

const (
	// paymentsToReconcile are spread over the look-back.
	paymentsToReconcile = 20_000
	// missingOnes of them are not in the ledger, beside those that fit.
	missingOnes = 5
)

// BenchmarkReconcile holds a ledger of paid bookings against a Stripe with as many, some of them missing here, within 25
// calls a second. It prints calls and time beside the floor that the rate limit sets, and beside one retrieve each.
func BenchmarkReconcile(b *testing.B) {
	s := testkit.New(b, testkit.Options{Quiet: true, CallsPerSecond: 25})
	fillReconciled(b, s.DB)
	end := time.Now()
	s.Stripe.Fill(paymentsToReconcile, end.AddDate(0, 0, -7).Add(time.Hour), end)
	b.ResetTimer()
	for range b.N {
		calls := len(s.Stripe.Journal().Records())
		began := time.Now()
		run := reconcile(s, `{"dryRun":true,"scope":"ledger"}`)
		took := time.Since(began).Seconds()
		calls = len(s.Stripe.Journal().Records()) - calls
		if found := run.classes(); found["missing_in_ledger"] != missingOnes || len(run.Details) != missingOnes {
			b.Fatalf("found %v", found)
		}
		floor := float64(paymentsToReconcile) / 100 / 25
		b.ReportMetric(float64(calls), "calls")
		b.ReportMetric(float64(calls)/(paymentsToReconcile/100), "x-of-N/100")
		b.ReportMetric(took, "s")
		b.ReportMetric(took/floor, "x-of-floor")
		b.ReportMetric(float64(testkit.CostOf(s.RunHistory("Reconciliation:"+run.CorrelationID)).Actions)/(paymentsToReconcile/1000), "actions/1000")
	}
}

// fillReconciled writes the bookings, payments and postings of what Fill makes at the stand-in, but for a few.
func fillReconciled(b *testing.B, db *testdb.DB) {
	b.Helper()
	fillLedger(b, db, paymentsToReconcile, "pi_fill_", "txn_fill_")
	for i := range missingOnes {
		n := (i + 1) * paymentsToReconcile / (missingOnes + 1)
		db.Exec(b, "DELETE e FROM ledger_entries e JOIN financial_ledger l ON l.id = e.ledger_id WHERE l.booking_id = ?", n)
		db.Exec(b, "DELETE FROM financial_ledger WHERE booking_id = ?", n)
	}
}

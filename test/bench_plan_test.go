package test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"farebook/internal/dev/testkit"
	"farebook/reconciliation"
	"farebook/starter/dispatch"
	"farebook/store/recon"
	"farebook/workflows"
)

// healable of the items of a plan are payments whose events were lost; nobody may heal the rest.
const healable = 100

// BenchmarkApplyPlan carries out a plan that a dry run has left, of so many items, and prints what the worker's memory and the
// histories of the run come to.
func BenchmarkApplyPlan(b *testing.B) {
	items := benchSize(b, "FAREBOOK_BENCH_ITEMS", 20_000) // ITEMS of `make bench`
	s := testkit.New(b, testkit.Options{Quiet: true, Processes: true, CallsPerSecond: benchRate})
	fillLedger(b, s.DB, healable, "pi_fill_", "txn_fill_")
	s.Stripe.Fill(healable, filledAfter(s.DB), time.Now().Add(-12*time.Hour), time.Now().Add(-4*time.Hour))
	for i := range healable {
		unpost(b, s.DB, i+1)
	}
	b.ResetTimer()
	for range b.N {
		plan := planOf(s, items)
		idle, _ := s.Memory("worker")
		client, id := dispatch.NewClient(s.Temporal, s.Config.TaskQueue), dispatch.NewRunID()
		began := time.Now()
		require.NoError(b, client.StartReconciliation(b.Context(), id, reconciliation.Options{LookbackDays: 7, Scope: reconciliation.ScopeAll},
			plan))
		_, err := client.AwaitReconciliation(b.Context(), id)
		require.NoError(b, err)
		took := time.Since(began)
		_, peak := s.Memory("worker")
		run, err := recon.New(s.DB.Store).Run(b.Context(), id)
		require.NoError(b, err)
		tally, err := recon.New(s.DB.Store).Tally(b.Context(), run.ID)
		require.NoError(b, err)
		require.EqualValues(b, items, tally.Found)
		require.EqualValues(b, healable, tally.Fixed)
		pieces, events, bytes := histories(s, workflows.ReconciliationWorkflowID(id))
		b.ReportMetric(took.Seconds()/float64(items)*1000, "s/1000")
		b.ReportMetric(float64(peak>>20), "MB")
		b.ReportMetric(float64(pieces), "histories")
		fmt.Printf("\n%d items, %d of them healed: %.1f s, %.2f s per 1,000; %d histories of at most %d events and %d kB; the worker had %d "+
			"MB before and %d MB at most\n",
			items, healable, took.Seconds(), took.Seconds()/float64(items)*1000, pieces, events, bytes>>10, idle>>20, peak>>20)
	}
}

// planOf is a dry run that found so many differences, by SQL.
func planOf(s *testkit.Stack, items int) string {
	s.T.Helper()
	plan := reconcileLong(s, `{"dryRun":true,"scope":"ledger"}`)
	require.Equal(s.T, healable, plan.classes()["missing_in_ledger"])
	run, err := recon.New(s.DB.Store).Run(s.T.Context(), plan.CorrelationID)
	require.NoError(s.T, err)
	s.DB.Exec(s.T, "CREATE TABLE IF NOT EXISTS planned (n INT PRIMARY KEY)")
	s.DB.Exec(s.T, "INSERT IGNORE INTO planned VALUES (1)")
	for n := 1; n < items-healable; n *= 2 {
		s.DB.Exec(s.T, "INSERT IGNORE INTO planned SELECT n + ? FROM planned WHERE n + ? <= ?", n, n, items-healable)
	}
	s.DB.Exec(s.T, `INSERT INTO reconciliation_items (run_id, fingerprint, class, object, stripe_id, stripe_balance_transaction_id, stripe_payment_intent_id,
		  amount_here, amount_at_stripe, clearing_here, net_at_stripe, currency, reason, healing, state, created_at, updated_at)
		SELECT ?, CONCAT('orphan_payment/payment/pi_foreign_', n, '/txn_foreign_', n), 'orphan_payment', 'payment', CONCAT('pi_foreign_', n),
		  CONCAT('txn_foreign_', n),
		  CONCAT('pi_foreign_', n), 0, 44539, 0, 44539, 'USD', 'this payment at Stripe belongs to no booking', '', 'found', NOW(6), NOW(6) FROM planned`, run.ID)
	s.DB.Exec(s.T, "UPDATE reconciliation_runs SET plan_sha256 = ? WHERE id = ?", digestOf(s, run.ID), run.ID)
	return plan.CorrelationID
}

// histories is how many a workflow has had, and the most events and bytes that one of them has.
func histories(s *testkit.Stack, workflowID string) (pieces int, events, bytes int64) {
	s.T.Helper()
	var token []byte
	for {
		page, err := s.Temporal.ListWorkflow(s.T.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowId = '%s'", workflowID), NextPageToken: token,
		})
		require.NoError(s.T, err)
		for _, run := range page.GetExecutions() {
			pieces++
			events, bytes = max(events, run.GetHistoryLength()), max(bytes, run.GetHistorySizeBytes())
		}
		token = page.GetNextPageToken()
		if len(token) == 0 {
			return pieces, events, bytes
		}
	}
}

// digestOf is of a plan's items, as a dry run writes it.
func digestOf(s *testkit.Stack, runID uint64) string {
	s.T.Helper()
	sum := sha256.New()
	for after := ""; ; {
		findings, next, err := recon.New(s.DB.Store).FindingsByFingerprint(s.T.Context(), runID, after, 500)
		require.NoError(s.T, err)
		for _, f := range findings {
			_, _ = fmt.Fprintf(sum, "%s|%d|%d|%s|%s\n", f.Fingerprint(), f.Here, f.AtStripe, f.Currency, f.Healing) // a hash takes everything
		}
		if len(findings) < 500 {
			return hex.EncodeToString(sum.Sum(nil))
		}
		after = next
	}
}

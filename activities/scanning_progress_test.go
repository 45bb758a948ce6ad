package activities_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"farebook/activities"
	"farebook/internal/dev/fakestripe"
	"farebook/reconciliation"
	"farebook/store/recon"
)

func (s *stack) beginRun(id string) recon.Run {
	s.t.Helper()
	run, err := recon.New(s.Store).BeginRun(s.t.Context(), recon.Run{
		CorrelationID: id, Options: reconciliation.Options{LookbackDays: 7, Scope: reconciliation.ScopeAll},
		WindowStart: time.Now().UTC(), WindowEnd: time.Now().UTC(), StartedAt: time.Now().UTC(),
	})
	require.NoError(s.t, err)
	return run
}

// A scan that fails is tried again, until it has got no further for hours: then its failure is the last, and says why.
func TestScanThatGetsNoFurtherForHours(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	run := s.beginRun("recon_1")
	s.fault(http.MethodGet, "/v1/refunds", fakestripe.FaultUnauthorized, 2)
	in := activities.ScanInput{RunID: run.ID, Object: reconciliation.ObjectRefund, Window: reconciliation.LookBack(time.Now(), 7)}
	for _, c := range []struct {
		since time.Duration
		last  bool
	}{{time.Hour, false}, {4 * time.Hour, true}} {
		attempts := s.attempts()
		attempts.env.SetHeartbeatDetails(activities.Scanned{Lines: 100, Moved: time.Now().Add(-c.since)})
		err := attempts.attempt("ScanStates", in, nil)
		var failure *temporal.ApplicationError
		require.ErrorAs(t, err, &failure)
		require.Equal(t, c.last, failure.NonRetryable(), "%v", err)
		require.ErrorContains(t, err, "list refunds")
		if c.last {
			require.Equal(t, activities.ScanStuck, failure.Type())
			require.ErrorContains(t, err, "no progress for more than 3h")
		}
	}
}

// A plan is copied page by page: the next attempt continues after the last page, and each item is there once.
func TestPlanIsCopiedInPieces(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	const items = 1200
	plan := s.beginRun("recon_plan")
	findings := make([]reconciliation.Finding, items)
	for i := range findings {
		findings[i] = reconciliation.Finding{
			Class: reconciliation.MissingInLedger, Object: reconciliation.ObjectPayment, StripeID: fmt.Sprintf("pi_%d", i),
			PaymentIntentID:      fmt.Sprintf("pi_%d", i),
			BalanceTransactionID: fmt.Sprintf("txn_%d", i), AtStripe: 44539, Net: 44539, Currency: "USD", Reason: "lost",
			Healing: reconciliation.HealPayment,
		}
	}
	require.NoError(t, recon.New(s.Store).AddFindings(t.Context(), plan.ID, findings))
	s.run("ConcludeReconciliation", activities.ConcludeInput{CorrelationID: "recon_plan"}, nil)
	middle := s.Count(t, "SELECT id FROM reconciliation_items ORDER BY id LIMIT 1 OFFSET 699")

	run := s.beginRun("recon_apply")
	copied := func() int { return s.Count(t, "SELECT COUNT(*) FROM reconciliation_items WHERE run_id = ?", run.ID) }
	in := activities.CopyPlanInput{RunID: run.ID, Planned: "recon_plan"}
	later := s.attempts()
	later.env.SetHeartbeatDetails(activities.Scanned{Row: uint64(middle)})
	require.NoError(t, later.attempt("CopyPlan", in, nil))
	require.Equal(t, 500, copied())
	for range 2 {
		s.run("CopyPlan", in, nil)
		require.Equal(t, items, copied())
	}
	require.Equal(t, items, s.Count(t,
		"SELECT COUNT(*) FROM reconciliation_items WHERE run_id = ? AND clearing_here = 0 AND net_at_stripe = 44539", run.ID))

	s.Exec(t, "UPDATE reconciliation_items SET amount_at_stripe = 1 WHERE run_id = ? LIMIT 1", plan.ID)
	require.ErrorContains(t, s.attempts().attempt("CopyPlan", in, nil), "does not match its digest")
}

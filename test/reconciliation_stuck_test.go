package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
	"farebook/starter/dispatch"
)

// While Stripe's list fails, a scan is tried again; once it has got no further for hours, its run ends as failed, says why, exits with 1
// and finance gets an email. The next run finds what there is.
func TestRunWhoseScanFailsForHoursEndsWithItsReason(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("scanned", nil)
	s.AwaitQuiet()
	s.Stripe.Faults().Add(fakestripe.Fault{
		Method: http.MethodGet, Path: "/v1/balance_transactions", Kind: fakestripe.FaultHTML502,
		Count: 1_000_000,
	})
	var started struct{ CorrelationID string }
	s.Post("/v1/reconciliations", "", []byte(`{"scope":"ledger"}`)).Into(t, &started)
	client := dispatch.NewClient(s.Temporal, s.Config.TaskQueue)
	s.Eventually(func() bool {
		at, err := client.ReconciliationProgress(t.Context(), started.CorrelationID)
		return err == nil && at.Trouble != ""
	}, "no scan is tried again")
	require.Equal(t, "running", s.DB.Text(t, "SELECT status FROM reconciliation_runs"))

	s.DB.Clock.Advance(4 * time.Hour)
	out, err := starterWith(s, "reconcile", "follow", started.CorrelationID)
	require.Error(t, err)
	require.Contains(t, out, started.CorrelationID+" is failed")
	require.Regexp(t, `error: no progress for more than 3h0m0s: Stripe: list balance transactions failed: `, out)
	s.Eventually(func() bool { return s.FinanceMailCount("reconciliation") == 1 }, "finance did not hear of it; logs:\n%s", s.Logs)
	s.Stripe.Faults().Clear()
	run := reconcile(s, `{"scope":"ledger"}`)
	require.Equal(t, "completed", run.Status)
	require.Empty(t, run.Details)
}

package devstack_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/fakestripe"
)

// The database and the Temporal server are killed while a reconciliation is in the middle of a page: the run continues when they run
// again, and heals the payment with lost events once.
func TestReconciliationSurvivesItsServers(t *testing.T) {
	t.Parallel()
	progress := &safeBuffer{}
	stack, err := devstack.Up(t.Context(), devstack.Options{
		Dir: t.TempDir(), Fast: true, Headless: true, Progress: progress, Env: []string{"RECONCILE_LAG=0s"},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stack.Stop()) })
	payOne(t, stack, "heard@example.com")
	stack.Stripe.SetWebhook("", "lost") // all later events are lost
	bookAndPay(t, stack, "lost@example.com")

	stack.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/balance_transactions", Kind: fakestripe.FaultHang})
	var started struct{ CorrelationID string }
	require.Eventually(t, func() bool { // under one key: a machine that starts three servers answers 503 for once
		return call(t, stack, http.MethodPost, "/v1/reconciliations", &started) == http.StatusAccepted
	}, patience, 200*time.Millisecond)
	require.Eventually(t, func() bool { return stack.Stripe.Faults().Hanging() == 1 }, patience, 20*time.Millisecond)
	for _, server := range []interface {
		Name() string
		Kill() error
	}{stack.MariaDB, stack.Temporal} {
		require.NoError(t, server.Kill())
		back := server.Name() + " runs again"
		require.Eventually(t, func() bool { return strings.Contains(progress.String(), back) }, patience, 50*time.Millisecond)
	}
	stack.Stripe.Faults().Clear()

	var run struct {
		Status        string
		Fixed, Failed int
		Details       []struct{ Class, State string }
	}
	require.Eventually(t, func() bool {
		return call(t, stack, http.MethodGet, "/v1/reconciliations/"+started.CorrelationID, &run) == http.StatusOK && run.Status != "running"
	}, patience, 200*time.Millisecond)
	require.Equal(t, "completed", run.Status)
	require.Equal(t, 1, run.Fixed, "one payment, counted once: its state, and what was missing in the ledger: %+v", run)
	require.Zero(t, run.Failed)
	require.Len(t, run.Details, 2)
	awaitConfirmation(t, stack, "lost@example.com")
}

// call sends a request to the API and returns the status; 0 if the API does not respond.
func call(t *testing.T, stack *devstack.Stack, method, path string, into any) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, stack.APIURL+path, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+stack.APIKey)
	if method == http.MethodPost {
		r.Header.Set("Idempotency-Key", path)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	defer func() { require.NoError(t, response.Body.Close()) }()
	if json.NewDecoder(response.Body).Decode(into) != nil {
		return 0
	}
	return response.StatusCode
}

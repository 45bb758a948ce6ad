package api_test

import (
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/starter/api"
	"farebook/starter/dispatch"
)

// notReady are the parts that /readyz names; none when it says yes.
func (s *server) notReady() (parts []string) {
	s.t.Helper()
	got := s.do(http.MethodGet, "/readyz", nil)
	if got.status == http.StatusOK {
		return nil
	}
	require.Equal(s.t, http.StatusServiceUnavailable, got.status, "%s", got.body)
	for _, problem := range got.problem(s.t).Errors {
		parts = append(parts, problem.Location)
	}
	return parts
}

func (s *server) takesWebhooks() bool {
	return s.do(http.MethodGet, "/readyz/webhooks", nil).status == http.StatusOK
}

// No booking can be taken while nobody polls the task queue. Once a worker does, one can. Webhooks are received all the while.
func TestReadyOnceAWorkerPolls(t *testing.T) {
	t.Parallel()
	var temporal client.Client
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) { temporal = deps.Temporal })
	require.Equal(t, []string{"worker"}, s.notReady())
	require.True(t, s.takesWebhooks())
	polls := worker.New(temporal, "no-worker-"+t.Name(), worker.Options{})
	polls.RegisterWorkflowWithOptions(func(workflow.Context) error { return nil }, workflow.RegisterOptions{Name: "Nothing"})
	polls.RegisterActivity(func() error { return nil })
	require.NoError(t, polls.Start())
	t.Cleanup(polls.Stop)
	require.Eventually(t, func() bool { return s.notReady() == nil }, testkit.Patience, testkit.Pace)
}

// No booking can be taken in a namespace that does not exist, as before setup or after Temporal has lost its database.
func TestNotReadyWithoutANamespace(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ *testdb.DB, deps *api.Deps) {
		temporal, err := client.NewLazyClient(client.Options{
			HostPort: temporalAddress(t), Namespace: "no-such-namespace", Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		})
		require.NoError(t, err)
		t.Cleanup(temporal.Close)
		deps.Temporal, deps.Dispatch = temporal, dispatch.NewClient(temporal, "bookings").In("no-such-namespace")
	})
	require.Equal(t, []string{"namespace", "worker"}, s.notReady())
	require.True(t, s.takesWebhooks())
}

package service_test

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"farebook/internal/clock"
	"farebook/internal/config"
	"farebook/internal/dev/devstack"
	"farebook/internal/dev/freeport"
	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/internal/logging"
	"farebook/starter/command"
	"farebook/starter/dispatch"
	"farebook/worker/service"
)

// A worker that is started before Temporal stays: it waits for the server, then for the namespace that setup makes, and then works.
func TestWorkerWaitsForTemporalAndItsNamespace(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	port, err := freeport.Next()
	require.NoError(t, err)
	cfg, _, err := config.LoadFrom([]string{
		"DATABASE_DSN=" + db.AppDSN, "TEMPORAL_ADDRESS=127.0.0.1:" + strconv.Itoa(port), "TEMPORAL_NAMESPACE=late", "LOG_LEVEL=debug",
	})
	require.NoError(t, err)
	logs := &testkit.Buffer{}
	ctx, stop := context.WithCancel(t.Context())
	worker, err := service.New(ctx, cfg, clock.System{}, logging.New(logs, "worker", cfg.LogLevel))
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	waits := func(why string) {
		t.Helper()
		require.Eventually(t, func() bool { return waitsFor(logs, why) }, testkit.Patience, testkit.Pace, "%s", logs)
	}
	waits("connection")
	server, err := devstack.StartTemporal(t.Context(), t.TempDir(), devstack.ForTests(), devstack.Headless(), devstack.WithPort(port))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Kill()) })
	waits("late is not found")
	require.NoError(t, command.Setup(t.Context(), cfg, slog.New(slog.DiscardHandler)))
	temporal, err := client.NewLazyClient(client.Options{HostPort: server.Address(), Namespace: "late"})
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	dispatcher := dispatch.NewClient(temporal, cfg.TaskQueue).In("late")
	require.Eventually(t, func() bool { return dispatcher.CheckPolled(t.Context()) == nil }, testkit.Patience, testkit.Pace, "%s", logs)
	stop()
	require.NoError(t, <-ended)
}

// waitsFor tells whether the worker has logged that it waits, for a reason.
func waitsFor(logs *testkit.Buffer, why string) bool {
	for line := range strings.Lines(logs.String()) {
		if strings.Contains(line, "waiting for Temporal") && strings.Contains(line, why) {
			return true
		}
	}
	return false
}

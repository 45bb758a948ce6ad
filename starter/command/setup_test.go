package command_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"farebook/internal/config"
	"farebook/internal/dev/testkit"
	"farebook/starter/command"
	"farebook/starter/dispatch"
	"farebook/workflows"
)

// newNamespace configures a namespace that does not exist yet, and dials it.
func newNamespace(t *testing.T, environment ...string) (config.Config, client.Client, *dispatch.Client) {
	t.Helper()
	address := os.Getenv("FAREBOOK_TEST_TEMPORAL_ADDRESS")
	require.NotEmpty(t, address, "no Temporal server: run `make test`, or set FAREBOOK_TEST_TEMPORAL_ADDRESS")
	namespace := fmt.Sprintf("setup-%x", rand.Uint64())
	cfg, _, err := config.LoadFrom(append(environment, "TEMPORAL_ADDRESS="+address, "TEMPORAL_NAMESPACE="+namespace), config.Temporal)
	require.NoError(t, err)
	options, err := cfg.TemporalOptions()
	require.NoError(t, err)
	dialled, err := dispatch.Dial(options, nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(dialled.Close)
	return cfg, dialled, dispatch.NewClient(dialled, cfg.TaskQueue).In(namespace)
}

// Once setup has ended on a server that knows nothing of Farebook, a booking's workflow can be started and is found, histories are
// kept for 30 days, and reconciliation runs every night. A second setup changes nothing, an operator's schedule included.
func TestSetupPreparesAnEmptyTemporal(t *testing.T) {
	t.Parallel()
	cfg, dialled, dispatcher := newNamespace(t, "RECONCILE_TIME_ZONE=Asia/Dubai")
	require.Error(t, dispatcher.CheckNamespace(t.Context()))
	require.NoError(t, command.Setup(t.Context(), cfg, slog.New(slog.DiscardHandler)))
	_, err := dialled.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "found", TaskQueue: cfg.TaskQueue,
		TypedSearchAttributes: temporal.NewSearchAttributes(workflows.SearchBookingReference.ValueSet("FB-1")),
	}, workflows.TypeBookingPayment)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		found, err := dialled.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "BookingReference = 'FB-1'"})
		return err == nil && found.GetCount() == 1
	}, testkit.Patience, testkit.Pace)
	namespace, err := dialled.WorkflowService().DescribeNamespace(t.Context(),
		&workflowservice.DescribeNamespaceRequest{Namespace: options(t, cfg).Namespace})
	require.NoError(t, err)
	require.Equal(t, 30*24*time.Hour, namespace.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
	made, err := dispatcher.Schedule(t.Context())
	require.NoError(t, err)
	require.Equal(t, "30 2 * * *", made.Cron)
	require.Equal(t, "Asia/Dubai", made.TimeZone)

	changed := made.Schedule
	changed.Cron = "15 4 * * *"
	require.NoError(t, dispatcher.ApplySchedule(t.Context(), changed))
	require.NoError(t, command.Setup(t.Context(), cfg, slog.New(slog.DiscardHandler)))
	kept, err := dispatcher.Schedule(t.Context())
	require.NoError(t, err)
	require.Equal(t, "15 4 * * *", kept.Cron)
}

func options(t *testing.T, cfg config.Config) client.Options {
	t.Helper()
	read, err := cfg.TemporalOptions()
	require.NoError(t, err)
	return read
}

// RECONCILE_SCHEDULE=none is for systems that something else reconciles.
func TestSetupMakesNoScheduleWhenTold(t *testing.T) {
	t.Parallel()
	cfg, _, dispatcher := newNamespace(t, "RECONCILE_SCHEDULE=none")
	require.NoError(t, command.Setup(t.Context(), cfg, slog.New(slog.DiscardHandler)))
	_, err := dispatcher.Schedule(t.Context())
	require.ErrorIs(t, err, dispatch.ErrNoSchedule)
}

// A run at half past two falls into the hour that clocks in Berlin skip in spring. One at half past three does not, nor does one of
// every hour, nor one on a day on which no clock changes.
func TestScheduleWarnsOfTheHourThatClocksSkip(t *testing.T) {
	t.Parallel()
	cfg, _, dispatcher := newNamespace(t, "RECONCILE_SCHEDULE=none")
	require.NoError(t, command.Setup(t.Context(), cfg, slog.New(slog.DiscardHandler)))
	for _, c := range []struct {
		cron, zone string
		warned     bool
	}{
		{"30 2 * * *", "Europe/Berlin", true},
		{"30 2 * * 0", "Europe/Berlin", true},
		{"0 2 * * *", "America/New_York", true},
		{"30 3 * * *", "Europe/Berlin", false},
		{"30 * * * *", "Europe/Berlin", false},
		{"30 2 * * 2", "Europe/Berlin", false},
		{"30 2 * * *", "UTC", false},
		{"30 2 * * *", "Asia/Dubai", false},
	} {
		schedule := dispatch.Schedule{Cron: c.cron, TimeZone: c.zone}
		require.NoError(t, dispatcher.ApplySchedule(t.Context(), schedule))
		var warnings []string
		require.NoError(t, command.WarnOfGap(t.Context(), dispatcher, schedule, time.Now(),
			func(text string) { warnings = append(warnings, text) }))
		if !c.warned {
			require.Empty(t, warnings, "%s in %s", c.cron, c.zone)
			continue
		}
		require.Len(t, warnings, 1, "%s in %s", c.cron, c.zone)
		require.Contains(t, warnings[0], "skip from 02:00 to 03:00")
	}
}

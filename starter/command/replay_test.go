package command_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/dev/testkit"
	"farebook/internal/exitcode"
	"farebook/starter/command"
	"farebook/workflows"
)

// replayed is the part of the command's JSON that the tests read.
type replayed struct {
	Types []struct {
		Type                                                  string
		InThisBuild                                           bool
		Running, Closed, Failed, NotStarted, LeftOut, Expired int
	}
	Failures []struct {
		Type, WorkflowID, RunID, State, Difference string
		Event                                      int
	}
}

// replayBuild replays the stack's histories against the workflows of some build.
func replayBuild(t *testing.T, build map[string]any, args ...string) (replayed, error) {
	t.Helper()
	replay := command.ReplayCommand(build)
	var out bytes.Buffer
	replay.SetOut(&out)
	replay.SetErr(io.Discard)
	replay.SetArgs(append(args, "--format", "json"))
	replay.SilenceUsage, replay.SilenceErrors = true, true
	err := replay.ExecuteContext(t.Context())
	var found replayed
	require.NoError(t, json.Unmarshal(out.Bytes(), &found), "%v", err)
	return found, err
}

// Before a build with another order of steps replaces this one, a replay names the bookings that would stop, where, and why. A type that
// the build does not have fails for its running workflows only. Not parallel: the command reads the process's environment.
func TestReplayNamesWorkflowsThatABuildCannotContinue(t *testing.T) {
	s := testkit.New(t, testkit.Options{Sweep: time.Hour}) // a signal that the sweeper repeats may start another run
	for _, pair := range s.Environment() {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "TEMPORAL_") || name == "FAREBOOK_TASK_QUEUE" {
			t.Setenv(name, value)
		}
	}
	open := s.WorkflowID(s.Book("open", testkit.BookingBody(nil)).Reference)
	paid := s.BookAndPay("paid", nil)
	s.AwaitWorkflowEnd(paid.Reference)
	retired, err := s.Temporal.ExecuteWorkflow(t.Context(),
		client.StartWorkflowOptions{ID: "Retired:1", TaskQueue: s.Config.TaskQueue}, "Retired")
	require.NoError(t, err)

	var found replayed
	s.Eventually(func() bool { // Temporal's search lags
		found, err = replayBuild(t, workflows.ByType())
		return len(found.Types) == len(workflows.ByType())+1 && found.Types[1].Running == 1 && found.Types[1].Closed == 1
	}, "the replay does not find the bookings")
	require.Equal(t, exitcode.Findings, exitcode.Of(err), "the retired type runs")
	require.Len(t, found.Failures, 1)
	require.Equal(t, "Retired:1", found.Failures[0].WorkflowID)
	require.Contains(t, found.Failures[0].Difference, `this build has no workflow of the type "Retired"`)
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), "Retired:1", retired.GetRunID(), "a test"))
	s.Eventually(func() bool {
		found, err = replayBuild(t, workflows.ByType())
		return err == nil
	}, "a closed workflow of a type that the build does not have fails the replay")
	last := found.Types[len(found.Types)-1]
	require.Equal(t, "Retired", last.Type)
	require.False(t, last.InThisBuild)
	require.Equal(t, 1, last.Closed)

	changed := workflows.ByType()
	changed[workflows.TypeBookingPayment] = func(ctx workflow.Context, in workflows.BookingPaymentInput) (any, error) {
		if err := workflow.Sleep(ctx, time.Minute); err != nil {
			return nil, err
		}
		return workflows.BookingPayment(ctx, in)
	}
	found, err = replayBuild(t, changed)
	require.Equal(t, exitcode.Findings, exitcode.Of(err))
	require.ErrorContains(t, err, "histories that this build cannot continue: 2")
	require.Len(t, found.Failures, 2)
	for _, failure := range found.Failures {
		require.Equal(t, workflows.TypeBookingPayment, failure.Type)
		require.Equal(t, map[bool]string{true: "running", false: "closed"}[failure.WorkflowID == open], failure.State)
		require.Equal(t, s.LatestRun(failure.WorkflowID), failure.RunID)
		require.Positive(t, failure.Event)
		require.Regexp(t, `^the history has .*; this build (has|does not|runs)`, failure.Difference)
	}
	found, err = replayBuild(t, changed, "--closed", "0", "--limit", "0", "--type", workflows.TypeBookingPayment)
	require.NoError(t, err)
	require.Len(t, found.Types, 1)
	require.Equal(t, 1, found.Types[0].LeftOut, "the running booking is beyond the limit")
	_, err = replayBuild(t, changed, "--type", workflows.TypeRefund)
	require.NoError(t, err, "another type is not concerned")
}

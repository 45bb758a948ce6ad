package replay_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"farebook/starter/replay"
	"farebook/workflows"
)

// history reads a recorded history.
func history(t *testing.T, name string) []*historypb.HistoryEvent {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "workflows", "testdata", name+".json"))
	require.NoError(t, err)
	defer func() { _ = file.Close() }() // only read
	read, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
	require.NoError(t, err)
	return read.GetEvents()
}

// step is a part of a workflow.
type step func(workflow.Context) error

// build is this build with another workflow under one name: one of these steps.
func build(name string, steps ...step) map[string]any {
	changed := workflows.ByType()
	changed[name] = func(ctx workflow.Context, _ any) error {
		for _, take := range steps {
			if err := take(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	return changed
}

func local(activity string) step {
	return func(ctx workflow.Context) error {
		ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{ScheduleToCloseTimeout: time.Minute})
		return workflow.ExecuteLocalActivity(ctx, activity).Get(ctx, nil)
	}
}

func regular(activity string) step {
	return func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{ScheduleToCloseTimeout: time.Minute})
		return workflow.ExecuteActivity(ctx, activity).Get(ctx, nil)
	}
}

func timer(ctx workflow.Context) error { return workflow.Sleep(ctx, time.Hour) }

func child(ctx workflow.Context) error {
	return workflow.ExecuteChildWorkflow(ctx, "Healing").Get(ctx, nil)
}

func failure(workflow.Context) error { return errors.New("the code fails") }

func sideEffect(ctx workflow.Context) error {
	return workflow.SideEffect(ctx, func(workflow.Context) any { return 1 }).Get(new(int))
}

func attributes(ctx workflow.Context) error {
	err := workflow.UpsertTypedSearchAttributes(ctx, workflows.SearchBookingStatus.ValueSet("expired"))
	return errors.Join(err, forever(ctx))
}

// forever waits for a signal that no history has.
func forever(ctx workflow.Context) error {
	workflow.GetSignalChannel(ctx, "never").Receive(ctx, nil)
	return nil
}

// A history that does not fit is explained by its event and by what differs.
func TestDifferencesAreExplained(t *testing.T) {
	t.Parallel()
	const scan, fee = "reconciliation_clean", "account_fee"
	for _, c := range []struct {
		name, history string
		events        int // of the history; 0 for all
		steps         []step
		event         int64
		text          string
	}{
		{"a step less", fee, 0, nil, 5, "the history has local activity RecordAccountFee; this build does not"},
		{
			"another local activity", "refund_pending", 0,
			[]step{local("CreateRefund"), local("SendEmail")},
			6, "the history has local activity RecordRefund; this build runs local activity SendEmail",
		},
		{
			"a timer before the end", fee, 0,
			[]step{local("RecordAccountFee"), timer},
			6, "after this event, this build has a timer; the history does not",
		},
		{
			"no end", fee, 0,
			[]step{local("RecordAccountFee"), forever},
			6, "the history ends with the workflow's completion; this build does something else",
		},
		{
			"a failure at the end", fee, 0,
			[]step{local("RecordAccountFee"), failure},
			6, "the history ends with the workflow's completion; this build does something else",
		},
		{
			"a side effect", fee, 0,
			[]step{sideEffect, local("RecordAccountFee")},
			4, "in the task of this event, this build records a side effect; the history does not",
		},
		{
			"a panic", fee, 0,
			[]step{local("RecordAccountFee"), func(workflow.Context) error { panic("no such fee") }},
			4, "in the task of this event, the code fails: no such fee",
		},
		{
			"no timer", "payout_proven", 0,
			[]step{local("RecordPayout"), forever},
			7, "the history has a timer of 10s; this build does not",
		},
		{
			"no activity, in a history with its result", scan, 0,
			[]step{local("BeginReconciliation"), forever},
			6, "the history has activity ScanWindow; this build does not",
		},
		{
			"no activity, in a history without its result", scan, 6,
			[]step{local("BeginReconciliation"), forever},
			6, "the history has activity ScanWindow; this build does not",
		},
		{
			"another activity", scan, 6,
			[]step{local("BeginReconciliation"), regular("ScanAll")},
			6, "the history has activity ScanWindow; this build has activity ScanAll",
		},
		{
			"a timer for an activity", scan, 6,
			[]step{local("BeginReconciliation"), timer},
			6, "the history has activity ScanWindow; this build does not",
		},
		{
			"a child workflow before the end", fee, 0,
			[]step{local("RecordAccountFee"), child},
			6, "after this event, this build has a child workflow; the history does not",
		},
		{
			"search attributes before the end", fee, 0,
			[]step{local("RecordAccountFee"), attributes},
			6, "after this event, this build has upsert workflow search attributes; the history does not",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events := history(t, c.history)
			if c.events > 0 {
				events = events[:c.events]
			}
			kind := events[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()
			found, fit := replay.Compare(t, build(kind, c.steps...), events)
			require.False(t, fit)
			require.Equal(t, replay.Difference{Event: c.event, Text: c.text}, found)
		})
	}
}

// Data that the build has no converter for, such as encrypted data, is named by its encoding.
func TestUnreadableDataIsNamed(t *testing.T) {
	t.Parallel()
	events := history(t, "send_mail")
	input := events[0].GetWorkflowExecutionStartedEventAttributes().GetInput().GetPayloads()[0]
	input.Metadata[converter.MetadataEncoding] = []byte("binary/encrypted")
	found, fit := replay.Compare(t, workflows.ByType(), events)
	require.False(t, fit)
	require.Equal(t, `the history has data in the encoding "binary/encrypted", which this build cannot read`, found.Text)
}

// The last task says whether a workflow is pinned: an operator may unpin it.
func TestPinnedWorkflowsAreKnown(t *testing.T) {
	t.Parallel()
	events := history(t, "payout_proven")
	require.False(t, replay.IsPinned(events))
	tasks := 0
	for _, event := range events {
		if task := event.GetWorkflowTaskCompletedEventAttributes(); task != nil {
			task.VersioningBehavior = enumspb.VERSIONING_BEHAVIOR_PINNED
			tasks++
			require.True(t, replay.IsPinned(events[:event.GetEventId()]))
		}
	}
	require.Equal(t, 2, tasks)
	events[12].GetWorkflowTaskCompletedEventAttributes().VersioningBehavior = enumspb.VERSIONING_BEHAVIOR_AUTO_UPGRADE
	require.False(t, replay.IsPinned(events))
}

// A running workflow's history is a beginning of a closed one's, up to a task that waits or runs: all of them fit this build.
func TestRunningHistoriesFit(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, name := range []string{"booking_payment_captured", "refund_pending", "dispute_won", "reconciliation_clean"} {
		events := history(t, name)
		for i := 5; i < len(events); i++ {
			switch events[i].GetEventType() {
			case enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED:
				tried++
				found, fit := replay.Compare(t, workflows.ByType(), events[:i+1])
				require.True(t, fit, "%s up to event %d: %s", name, i+1, found.Text)
			}
		}
	}
	require.Greater(t, tried, 10)
}

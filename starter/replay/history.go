package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/correlation"
)

// replayRun replays one run and counts its outcome.
func (r *Replayer) replayRun(ctx context.Context, run *workflowpb.WorkflowExecutionInfo, counted *tally) error {
	found := Failure{
		Type: run.GetType().GetName(), WorkflowID: run.GetExecution().GetWorkflowId(), RunID: run.GetExecution().GetRunId(),
		Open: run.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
	}
	if r.Workflows[found.Type] == nil {
		if !found.Open { // a retired type: nothing will continue it
			counted.add(found, fits)
			return nil
		}
		found.Difference = Difference{Event: 1, Text: fmt.Sprintf("this build has no workflow of the type %q", found.Type)}
		counted.add(found, differs)
		return nil
	}
	events, err := r.read(ctx, found.WorkflowID, found.RunID)
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &missing):
		counted.add(found, expired)
		return nil
	case err != nil:
		return fmt.Errorf("read the history of %s: %w", found.WorkflowID, err)
	case len(tasksOf(events)) == 0: // no worker has completed a task, so that there is nothing to compare
		counted.add(found, notStarted)
		return nil
	}
	difference, fit := r.compare(ctx, workflow.Execution{ID: found.WorkflowID, RunID: found.RunID}, events)
	if err := ctx.Err(); err != nil {
		return err
	}
	found.Difference = difference
	switch {
	case fit:
		counted.add(found, fits)
	case found.Open && isPinned(events):
		counted.add(found, pinned)
	default:
		counted.add(found, differs)
	}
	return nil
}

// read reads the whole history of a run.
func (r *Replayer) read(ctx context.Context, workflowID, runID string) (events []*historypb.HistoryEvent, err error) {
	pages := r.Temporal.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for pages.HasNext() {
		event, err := pages.Next()
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	if r.Payloads == nil {
		return events, nil
	}
	return events, r.Payloads.DecodeHistory(ctx, events)
}

// isPinned reports whether Worker Versioning keeps a workflow on the build that completed its last task. There has to be one.
func isPinned(events []*historypb.HistoryEvent) bool {
	tasks := tasksOf(events)
	last := events[tasks[len(tasks)-1].start].GetWorkflowTaskCompletedEventAttributes()
	return last.GetVersioningBehavior() == enumspb.VERSIONING_BEHAVIOR_PINNED
}

// replayLimit bounds the replay of one history, which takes milliseconds: only workflow code that never waits takes longer.
const replayLimit = time.Minute

var errEndless = fmt.Errorf("the workflow's code does not come to its next wait within %s", replayLimit)

// replayEvents runs the build's workflow against a history. The SDK's own time-out of a second for code that does not wait is off: it
// mistakes a busy machine for a fault.
func (r *Replayer) replayEvents(ctx context.Context, run workflow.Execution, events []*historypb.HistoryEvent) error {
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		ContextPropagators: []workflow.ContextPropagator{correlation.Propagator()}, DisableDeadlockDetection: true,
	})
	if err != nil {
		return err
	}
	for name, function := range r.Workflows {
		replayer.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{Name: name})
	}
	ended := make(chan error, 1)
	go func() {
		// A replayer keeps the result of each history, so this one is for a single history. What the SDK logs is in its error as well.
		ended <- replayer.ReplayWorkflowHistoryWithOptions(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
			&historypb.History{Events: events}, worker.ReplayWorkflowHistoryOptions{OriginalExecution: run})
	}()
	limited, cancel := context.WithTimeout(ctx, replayLimit)
	defer cancel()
	select {
	case err := <-ended:
		return err
	case <-limited.Done():
		return cmp.Or(ctx.Err(), errEndless)
	}
}

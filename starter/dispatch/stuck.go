package dispatch

import (
	"context"
	"errors"
	"fmt"
	"sync"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"
)

// Stuck is a running workflow whose workflow task fails on every attempt, as after an incompatible deployment. It has neither failed nor
// waits for anything, and no list of the Temporal UI shows it.
type Stuck struct {
	WorkflowID string
	Attempts   int32
	Cause      string // Temporal's name for it, such as NonDeterministicError; empty when the history has no cause
}

func (s Stuck) String() string {
	text := fmt.Sprintf("%s (attempt %d", s.WorkflowID, s.Attempts)
	if s.Cause != "" {
		text += ", " + s.Cause
	}
	return text + ")"
}

const (
	// stuckAttempts is more than the death of a worker explains, whose task is retried once.
	stuckAttempts = 3
	// maxRunning bounds how many running workflows are examined, and describedAtOnce how many at a time.
	maxRunning      = 20_000
	describedAtOnce = 16
)

// StuckAt reports whether a workflow is stuck; false for one that does not exist.
func (c *Client) StuckAt(ctx context.Context, workflowID string) (Stuck, bool, error) {
	latest, err := c.temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	var unknown *serviceerror.NotFound
	if errors.As(err, &unknown) {
		return Stuck{}, false, nil
	}
	task := latest.GetPendingWorkflowTask()
	if err != nil || task.GetAttempt() < stuckAttempts {
		return Stuck{}, false, err
	}
	stuck := Stuck{WorkflowID: workflowID, Attempts: task.GetAttempt()}
	stuck.Cause, err = c.causeOf(ctx, latest.GetWorkflowExecutionInfo().GetExecution().GetWorkflowId(),
		latest.GetWorkflowExecutionInfo().GetExecution().GetRunId())
	return stuck, true, err
}

// causeOf returns why the last workflow task in the history failed. Temporal records only the first of consecutive failures.
func (c *Client) causeOf(ctx context.Context, workflowID, runID string) (string, error) {
	events := c.temporal.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	cause := ""
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return "", err
		}
		switch event.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED:
			cause = event.GetWorkflowTaskFailedEventAttributes().GetCause().String()
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
			cause = "timed out"
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			cause = ""
		}
	}
	return cause, nil
}

// AllStuck returns the stuck workflows of all task queues. It examines the newest 20,000 running ones.
func (c *Client) AllStuck(ctx context.Context) (stuck []Stuck, err error) {
	running, err := c.runningIDs(ctx)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(describedAtOnce)
	for _, id := range running {
		group.Go(func() error {
			one, is, err := c.StuckAt(ctx, id)
			if is {
				mu.Lock()
				defer mu.Unlock()
				stuck = append(stuck, one)
			}
			return err
		})
	}
	return stuck, group.Wait()
}

func (c *Client) runningIDs(ctx context.Context) (ids []string, err error) {
	query := fmt.Sprintf("TaskQueue IN (%q, %q, %q) AND ExecutionStatus = 'Running'", c.taskQueue, c.reconciliationQueue(),
		WebhooksQueue(c.taskQueue))
	for page := []byte(nil); len(ids) < maxRunning; {
		list, err := c.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, NextPageToken: page})
		if err != nil {
			return nil, err
		}
		for _, run := range list.GetExecutions() {
			ids = append(ids, run.GetExecution().GetWorkflowId())
		}
		page = list.GetNextPageToken()
		if len(page) == 0 {
			break
		}
	}
	return ids, nil
}

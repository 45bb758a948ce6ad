package storm

import (
	"context"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// list returns the executions that a query of Temporal's visibility finds.
func (s *System) list(ctx context.Context, query string) (found []*workflow.WorkflowExecutionInfo, err error) {
	var token []byte
	for {
		page, err := s.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, NextPageToken: token})
		if err != nil {
			return nil, err
		}
		found = append(found, page.GetExecutions()...)
		if token = page.GetNextPageToken(); len(token) == 0 {
			return found, nil
		}
	}
}

// stuck names the open workflows that have work which nobody finishes: an activity or a task that is pending. One that waits for a timer or
// a signal has none.
func (s *System) stuck(ctx context.Context) (ids []string, err error) {
	open, err := s.list(ctx, "ExecutionStatus = 'Running'")
	if err != nil {
		return nil, err
	}
	failures := s.keysOf(operators).FailureConverter()
	for _, one := range open {
		id := one.GetExecution()
		described, err := s.Temporal.DescribeWorkflowExecution(ctx, id.GetWorkflowId(), id.GetRunId())
		if err != nil {
			return nil, err
		}
		if described.GetWorkflowExecutionInfo().GetStatus() != enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
			continue
		}
		for _, activity := range described.GetPendingActivities() {
			ids = append(ids, fmt.Sprintf("%s in %s, attempt %d: %s", id.GetWorkflowId(), activity.GetActivityType().GetName(),
				activity.GetAttempt(), failures.FailureToError(activity.GetLastFailure())))
		}
		if described.GetPendingWorkflowTask() != nil {
			ids = append(ids, id.GetWorkflowId()+" in a workflow task")
		}
	}
	return ids, nil
}

// checkWorkflows requires that no workflow has failed, and returns how many are open by type: each of them waits for a bank, an operator
// or the end of a hold.
func (s *System) checkWorkflows(ctx context.Context) (open map[string]int, err error) {
	failed, err := s.list(ctx, "ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated')")
	if err != nil {
		return nil, err
	}
	for _, one := range failed {
		s.violated("promise 14: workflow %s has ended as %s", one.GetExecution().GetWorkflowId(), one.GetStatus())
	}
	running, err := s.list(ctx, "ExecutionStatus = 'Running'")
	open = map[string]int{}
	for _, one := range running {
		open[one.GetType().GetName()]++
	}
	return open, err
}

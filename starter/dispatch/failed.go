package dispatch

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// maxFailed bounds how many failed runs are examined.
const maxFailed = 200

// Failed returns the ids of workflows on this task queue whose latest run failed or timed out. An operator has to examine them. A
// workflow whose later run did not fail is left out.
func (c *Client) Failed(ctx context.Context) ([]string, error) {
	query := fmt.Sprintf("TaskQueue = %q AND ExecutionStatus IN ('Failed', 'TimedOut')", c.taskQueue)
	list, err := c.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: maxFailed})
	if err != nil {
		return nil, err
	}
	var failed []string
	seen := map[string]bool{}
	for _, run := range list.GetExecutions() {
		id := run.GetExecution().GetWorkflowId()
		if seen[id] {
			continue
		}
		seen[id] = true
		latest, err := c.temporal.DescribeWorkflowExecution(ctx, id, "")
		if err != nil {
			return nil, err
		}
		switch latest.GetWorkflowExecutionInfo().GetStatus() {
		case enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
			failed = append(failed, id)
		}
	}
	return failed, nil
}

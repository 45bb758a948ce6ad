package replay

import (
	"context"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// listPage is how many runs one request lists.
const listPage = 100

// list calls do for the newest runs of a query, at most limit, and returns how many there were. Temporal lists running ones by their
// start, and closed ones by their end.
func (r *Replayer) list(ctx context.Context, query string, limit int, do func(*workflowpb.WorkflowExecutionInfo)) (listed int, err error) {
	for page := []byte(nil); listed < limit; {
		answer, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: query, NextPageToken: page, PageSize: int32(min(limit-listed, listPage)),
		})
		if err != nil {
			return listed, err
		}
		for _, run := range answer.GetExecutions() {
			do(run)
			listed++
		}
		page = answer.GetNextPageToken()
		if len(page) == 0 {
			break
		}
	}
	return listed, nil
}

// countLeftOut counts the running workflows of a query that the limit left out.
func (r *Replayer) countLeftOut(ctx context.Context, query string, counted *tally) error {
	answer, err := r.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	if err != nil {
		return err
	}
	counted.leaveOut(max(0, answer.GetCount()-int64(r.Open)))
	return nil
}

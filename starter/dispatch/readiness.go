package dispatch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"farebook/workflows"
)

// SearchAttributes returns the names of the search attributes that workflows set.
func SearchAttributes() []string {
	return []string{
		workflows.SearchBookingReference.GetName(), workflows.SearchBookingStatus.GetName(),
		workflows.SearchPaymentIntentID.GetName(),
	}
}

// CheckNamespace returns an error unless the namespace exists and has all search attributes, so that workflows can be started and found.
func (c *Client) CheckNamespace(ctx context.Context) error {
	query := ""
	for _, name := range SearchAttributes() {
		if query != "" {
			query += " AND "
		}
		query += name + " = 'none'"
	}
	_, err := c.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: c.namespace, Query: query})
	return err
}

// ErrNobodyPolls says that no worker polls the task queue of bookings.
var ErrNobodyPolls = errors.New("no worker polls the task queue of bookings")

// pollMemory is longer than the minute that one poll lasts. Temporal lists pollers of the last five minutes.
const pollMemory = 90 * time.Second

func polledLately(poller *taskqueuepb.PollerInfo) bool {
	return time.Since(poller.GetLastAccessTime().AsTime()) < pollMemory
}

// CheckPolled returns ErrNobodyPolls unless a worker polled the task queue of bookings within pollMemory, for workflows and for activities.
func (c *Client) CheckPolled(ctx context.Context) error {
	for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY} {
		queue, err := c.temporal.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
			Namespace: c.namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: c.taskQueue}, TaskQueueType: kind,
		})
		if err != nil {
			return fmt.Errorf("ask Temporal who polls %s: %w", c.taskQueue, err)
		}
		if !slices.ContainsFunc(queue.GetPollers(), polledLately) {
			return ErrNobodyPolls
		}
	}
	return nil
}

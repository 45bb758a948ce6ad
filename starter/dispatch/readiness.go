package dispatch

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"farebook/internal/deployment"
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

// ErrNobodyPolls says that new bookings reach no worker.
var ErrNobodyPolls = errors.New("no worker polls the task queue of bookings")

// CheckPolled returns ErrNobodyPolls unless workers poll the task queue of bookings, for workflows and for activities: of each build that
// gets new bookings, because Temporal does not give them to any other build.
func (c *Client) CheckPolled(ctx context.Context) error {
	for _, kind := range []enumspb.TaskQueueType{enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY} {
		state, err := c.BookingsQueue().Read(ctx, kind)
		if err != nil {
			return err
		}
		workers := state.Workers()
		for _, build := range state.Routing.Builds() {
			if workers[build] == 0 {
				return notPolled(build)
			}
		}
	}
	return nil
}

func notPolled(build deployment.Build) error {
	if !build.Versioned() {
		return ErrNobodyPolls
	}
	return fmt.Errorf("%w as build %s of deployment %s, which gets new bookings: see `starter deploy status`", ErrNobodyPolls, build.ID,
		build.Deployment)
}

// Deployment returns a Worker Deployment whose workers poll both task queues.
func (c *Client) Deployment(name string) deployment.Deployment {
	reconciliation := c.BookingsQueue()
	reconciliation.Name = c.reconciliationQueue()
	return deployment.Deployment{Name: name, Queues: []deployment.Queue{c.BookingsQueue(), reconciliation}}
}

// BookingsQueue is the task queue of bookings, for what asks which build works on it.
func (c *Client) BookingsQueue() deployment.Queue {
	return deployment.Queue{Temporal: c.temporal, Namespace: c.namespace, Name: c.taskQueue}
}

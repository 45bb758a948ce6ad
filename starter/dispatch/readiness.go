package dispatch

import (
	"context"
	"errors"
	"fmt"

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
	builds, err := c.BookingsQueue().Unattended(ctx)
	if err != nil || len(builds) == 0 {
		return err
	}
	return notPolled(builds[0])
}

// Unattended counts the builds that get new workflows of a queue and that no worker polls as, by the three queues.
func (c *Client) Unattended(ctx context.Context) (bookings, reconciliations, webhooks int, err error) {
	var counts [3]int
	for i, queue := range c.queues() {
		builds, err := queue.Unattended(ctx)
		if err != nil {
			return 0, 0, 0, err
		}
		counts[i] = len(builds)
	}
	return counts[0], counts[1], counts[2], nil
}

func notPolled(build deployment.Build) error {
	if !build.Versioned() {
		return ErrNobodyPolls
	}
	return fmt.Errorf("%w as build %s of deployment %s, which gets new bookings: see `starter deploy status`", ErrNobodyPolls, build.ID,
		build.Deployment)
}

// Deployment returns a Worker Deployment whose workers poll all task queues.
func (c *Client) Deployment(name string) deployment.Deployment {
	queues := c.queues()
	return deployment.Deployment{Name: name, Data: c.payloads.DataConverter(), Queues: queues[:]}
}

// queues are that of bookings, that of reconciliations, proofs and seals, and that of deliveries.
func (c *Client) queues() [3]deployment.Queue {
	return [...]deployment.Queue{c.BookingsQueue(), c.queueNamed(c.reconciliationQueue()), c.queueNamed(WebhooksQueue(c.taskQueue))}
}

// BookingsQueue is the task queue of bookings, for what asks which build works on it.
func (c *Client) BookingsQueue() deployment.Queue {
	return deployment.Queue{Temporal: c.temporal, Namespace: c.namespace, Name: c.taskQueue}
}

// queueNamed is another task queue.
func (c *Client) queueNamed(name string) deployment.Queue {
	queue := c.BookingsQueue()
	queue.Name = name
	return queue
}

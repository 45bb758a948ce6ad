// Package dispatch speaks to Temporal for the API, the commands and the sweeper: it starts workflows, messages them, keeps the
// schedule of reconciliation and asks about runs. It imports workflows for their names and inputs.
package dispatch

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"farebook/booking"
	"farebook/workflows"
)

// Client starts and messages workflows: what the HTTP API knows of Temporal.
type Client struct {
	temporal  client.Client
	taskQueue string
	namespace string
}

// NewClient speaks through c; workflows run on taskQueue (TaskQueueBookings unless a test isolates itself).
func NewClient(c client.Client, taskQueue string) *Client {
	return &Client{temporal: c, taskQueue: taskQueue, namespace: client.DefaultNamespace}
}

// In names the namespace that c was dialled with, unless it is the default one: some of Temporal's requests have to repeat it.
func (c *Client) In(namespace string) *Client {
	if namespace != "" {
		c.namespace = namespace
	}
	return c
}

// subject is what a workflow is about.
type subject struct {
	id        string // of the workflow
	kind      string // its type
	input     any
	summary   string
	reference booking.Reference // of the booking; empty without one, or before it is known
}

// options of a start. A running one is joined; a closed one may be followed by another, which then finds in the books
// what was done and does nothing twice: MySQL decides, as it remembers for ever and Temporal for its retention only.
func (c *Client) options(s subject) client.StartWorkflowOptions {
	options := client.StartWorkflowOptions{
		ID:                       s.id,
		TaskQueue:                c.taskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowTaskTimeout:      workflows.WorkflowTaskTimeout,
		StaticSummary:            s.summary,
	}
	if s.reference != "" {
		options.TypedSearchAttributes = temporal.NewSearchAttributes(workflows.SearchBookingReference.ValueSet(string(s.reference)))
	}
	return options
}

// start starts a workflow, or leaves the one that runs. Harmless when repeated.
func (c *Client) start(ctx context.Context, s subject) error {
	_, err := c.temporal.ExecuteWorkflow(ctx, c.options(s), s.kind, s.input)
	return err
}

// deliver tells a workflow that its object may have changed at Stripe, starting it when it does not run: late money is money too.
func (c *Client) deliver(ctx context.Context, s subject, event workflows.StripeEvent) error {
	_, err := c.temporal.SignalWithStartWorkflow(ctx, s.id, workflows.SignalStripeEvent, event, c.options(s), s.kind, s.input)
	return err
}

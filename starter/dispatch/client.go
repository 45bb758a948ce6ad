// Package dispatch is the Temporal client of the API, the commands, the inbox, the sweeper and the worker: it starts workflows,
// signals, updates and queries them, and keeps the schedule of reconciliation. It imports workflows and activities for names
// and inputs, store for the rows that workflows are started with, booking, money, notice, reconciliation, internal/deployment,
// correlation, logging and payload, and must not import the rest of starter.
package dispatch

import (
	"cmp"
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"farebook/booking"
	"farebook/internal/payload"
	"farebook/workflows"
)

// Client starts, signals, updates and queries workflows. Create it with NewClient.
type Client struct {
	temporal  client.Client
	taskQueue string
	namespace string
	payloads  *payload.Codec
}

// NewClient returns a client that uses c. Workflows run on taskQueue: TaskQueueBookings, except in a test that isolates itself.
func NewClient(c client.Client, taskQueue string) *Client {
	return &Client{temporal: c, taskQueue: taskQueue, namespace: client.DefaultNamespace, payloads: payload.NewCodec(nil)}
}

// In sets the namespace that c was dialled with, which some requests repeat; empty means the default one. It returns c.
func (c *Client) In(namespace string) *Client {
	if namespace != "" {
		c.namespace = namespace
	}
	return c
}

// Decoding sets the codec that c was dialled with, by which it reads what the SDK hands out encrypted. It returns c.
func (c *Client) Decoding(codec *payload.Codec) *Client {
	c.payloads = codec
	return c
}

// subject is one workflow: its id, type and input.
type subject struct {
	id        string // workflow id
	kind      string // workflow type
	input     any
	summary   string
	reference booking.Reference // of the booking; empty without one, or before it is known
	queue     string            // task queue; empty for that of bookings
}

// options returns the start options of a subject. A running workflow is joined. After a closed one a new run starts: it reads in MySQL
// what was done and repeats nothing, because Temporal forgets a closed workflow after its retention period.
func (c *Client) options(s subject) client.StartWorkflowOptions {
	options := client.StartWorkflowOptions{
		ID:                       s.id,
		TaskQueue:                cmp.Or(s.queue, c.taskQueue),
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

// start starts a workflow, or joins the one that runs under its id.
func (c *Client) start(ctx context.Context, s subject) error {
	_, err := c.temporal.ExecuteWorkflow(ctx, c.options(s), s.kind, s.input)
	return err
}

// deliver signals a workflow that its object may have changed at Stripe, and starts the workflow if it does not run.
func (c *Client) deliver(ctx context.Context, s subject, event workflows.StripeEvent) error {
	_, err := c.temporal.SignalWithStartWorkflow(ctx, s.id, workflows.SignalStripeEvent, event, c.options(s), s.kind, s.input)
	return err
}

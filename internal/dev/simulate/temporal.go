package simulate

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// temporalClient is the client of the world's Temporal, for starter/dispatch. What it does not implement panics.
type temporalClient struct {
	client.Client

	world *world
}

func (r *run) runID() string { return strconv.Itoa(r.number) }

// handle of a run.
type handle struct{ *run }

func (h handle) GetID() string                  { return h.id }
func (h handle) GetRunID() string               { return h.runID() }
func (h handle) GetFirstExecutionRunID() string { return h.runID() }

// Get implements client.WorkflowRun.
func (h handle) Get(context.Context, any) error {
	return errors.New("a simulation waits for no result of a workflow")
}

// GetWithOptions implements client.WorkflowRun.
func (h handle) GetWithOptions(ctx context.Context, out any, _ client.WorkflowRunGetOptions) error {
	return h.Get(ctx, out)
}

func first(args []any) any {
	if len(args) == 0 {
		return nil
	}
	return args[0]
}

// ExecuteWorkflow implements client.Client.
func (c temporalClient) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, kind any, args ...any,
) (client.WorkflowRun, error) {
	known := c.world.runs[options.ID]
	if known != nil && known.ended && options.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("it has ended", "", known.runID())
	}
	return handle{c.world.start(options.ID, fmt.Sprint(kind), first(args))}, nil
}

// SignalWithStartWorkflow implements client.Client.
func (c temporalClient) SignalWithStartWorkflow(_ context.Context, id, signal string, in any, _ client.StartWorkflowOptions, kind any,
	args ...any,
) (client.WorkflowRun, error) {
	r := c.world.start(id, fmt.Sprint(kind), first(args))
	c.world.signal(r, signal, in)
	return handle{r}, nil
}

// SignalWorkflow implements client.Client.
func (c temporalClient) SignalWorkflow(_ context.Context, id, _, signal string, in any) error {
	r := c.world.running(id)
	if r == nil {
		return serviceerror.NewNotFound("no workflow runs under the id " + id)
	}
	c.world.signal(r, signal, in)
	return nil
}

// starting is the start of an update-with-start.
type starting struct {
	client.WithStartWorkflowOperation

	id, kind string
	input    any
}

// NewWithStartWorkflowOperation implements client.Client.
func (c temporalClient) NewWithStartWorkflowOperation(options client.StartWorkflowOptions, kind any, args ...any,
) client.WithStartWorkflowOperation {
	return &starting{id: options.ID, kind: fmt.Sprint(kind), input: first(args)}
}

// UpdateWithStartWorkflow implements client.Client. It returns once the update has its answer.
func (c temporalClient) UpdateWithStartWorkflow(_ context.Context, options client.UpdateWithStartWorkflowOptions,
) (client.WorkflowUpdateHandle, error) {
	about, ok := options.StartWorkflowOperation.(*starting)
	if !ok {
		return nil, errors.New("an update begins with NewWithStartWorkflowOperation")
	}
	r := c.world.start(about.id, about.kind, about.input)
	update := options.UpdateOptions
	result, err := c.world.ask(r, update.UpdateID, update.UpdateName, update.Args)
	var collided *serviceerror.WorkflowNotReady
	if errors.As(err, &collided) {
		return nil, err
	}
	return answered{r, update.UpdateID, result, err}, nil
}

// answered is the handle of an update that has its answer.
type answered struct {
	run    *run
	id     string
	result any
	err    error
}

func (a answered) WorkflowID() string { return a.run.id }
func (a answered) RunID() string      { return a.run.runID() }
func (a answered) UpdateID() string   { return a.id }

// Get implements client.WorkflowUpdateHandle.
func (a answered) Get(_ context.Context, out any) error {
	if a.err == nil && a.result != nil && out != nil {
		reflect.ValueOf(out).Elem().Set(reflect.ValueOf(a.result))
	}
	return a.err
}

// DescribeWorkflowExecution implements client.Client.
func (c temporalClient) DescribeWorkflowExecution(_ context.Context, id, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	r := c.world.runs[id]
	if r == nil {
		return nil, serviceerror.NewNotFound("no workflow has the id " + id)
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: r.status()},
	}, nil
}

// GetWorkflow implements client.Client.
func (c temporalClient) GetWorkflow(_ context.Context, id, _ string) client.WorkflowRun {
	return handle{c.world.runs[id]}
}

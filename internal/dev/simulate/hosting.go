package simulate

import (
	"errors"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// hosting gives each run its own id, signals, handlers, children and activities, although all runs are coroutines of one workflow of the
// SDK's. Timers, futures, channels and selectors are the SDK's.
type hosting struct {
	interceptor.WorkerInterceptorBase

	world *world
}

// InterceptWorkflow implements interceptor.WorkerInterceptor.
func (h *hosting) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor,
) interceptor.WorkflowInboundInterceptor {
	return &inbound{interceptor.WorkflowInboundInterceptorBase{Next: next}, h.world}
}

type inbound struct {
	interceptor.WorkflowInboundInterceptorBase

	world *world
}

// Init implements interceptor.WorkflowInboundInterceptor.
func (i *inbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&outbound{interceptor.WorkflowOutboundInterceptorBase{Next: out}, i.world})
}

type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase

	world *world
}

// GetInfo implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) GetInfo(ctx workflow.Context) *workflow.Info {
	info := o.Next.GetInfo(ctx)
	r := runOf(ctx)
	if r == nil {
		return info
	}
	of := *info
	of.WorkflowExecution = workflow.Execution{ID: r.id, RunID: r.runID()}
	of.WorkflowType.Name = r.kind
	return &of
}

// GetVersion implements interceptor.WorkflowOutboundInterceptor: every run begins on this build.
func (o *outbound) GetVersion(_ workflow.Context, _ string, _, newest workflow.Version) workflow.Version {
	return newest
}

// GetSignalChannel implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) GetSignalChannel(ctx workflow.Context, name string) workflow.ReceiveChannel {
	return runOf(ctx).channel(ctx, name)
}

// GetSignalChannelWithOptions implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) GetSignalChannelWithOptions(ctx workflow.Context, name string, _ workflow.SignalChannelOptions) workflow.ReceiveChannel {
	return runOf(ctx).channel(ctx, name)
}

// SetUpdateHandler implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) SetUpdateHandler(ctx workflow.Context, name string, handler any, options workflow.UpdateHandlerOptions) error {
	r := runOf(ctx)
	if r == nil {
		return o.Next.SetUpdateHandler(ctx, name, handler, options)
	}
	r.updates[name] = updateHandler{handler, options.Validator}
	return nil
}

// SetQueryHandler implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) SetQueryHandler(ctx workflow.Context, name string, handler any) error {
	runOf(ctx).queries[name] = handler
	return nil
}

// UpsertTypedSearchAttributes implements interceptor.WorkflowOutboundInterceptor: nobody searches.
func (o *outbound) UpsertTypedSearchAttributes(workflow.Context, ...temporal.SearchAttributeUpdate) error {
	return nil
}

// ExecuteActivity implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	options := workflow.GetActivityOptions(ctx)
	limit := options.ScheduleToCloseTimeout
	return o.world.steps.do(ctx, &step{run: runOf(ctx), name: name, args: args, retries: options.RetryPolicy, limit: limit})
}

// ExecuteLocalActivity implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	options := workflow.GetLocalActivityOptions(ctx)
	limit := options.ScheduleToCloseTimeout
	return o.world.steps.do(ctx, &step{run: runOf(ctx), name: name, local: true, args: args, retries: options.RetryPolicy, limit: limit})
}

// NewTimer implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) NewTimer(ctx workflow.Context, d time.Duration) workflow.Future {
	return o.NewTimerWithOptions(ctx, d, workflow.TimerOptions{})
}

// NewTimerWithOptions implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) NewTimerWithOptions(ctx workflow.Context, d time.Duration, options workflow.TimerOptions) workflow.Future {
	timer := o.Next.NewTimerWithOptions(ctx, d, options)
	if r := runOf(ctx); r != nil {
		r.story.times(workflow.Now(ctx), d, timer)
	}
	return timer
}

// child is the future of a workflow that a run has started. Nobody here waits for its result.
type child struct {
	workflow.Future

	started workflow.Future
}

// GetChildWorkflowExecution implements workflow.ChildWorkflowFuture.
func (c child) GetChildWorkflowExecution() workflow.Future { return c.started }

// SignalChildWorkflow implements workflow.ChildWorkflowFuture.
func (c child) SignalChildWorkflow(workflow.Context, string, any) workflow.Future { return c.started }

// ExecuteChildWorkflow implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) ExecuteChildWorkflow(ctx workflow.Context, kind string, args ...any) workflow.ChildWorkflowFuture {
	result, _ := workflow.NewFuture(ctx)
	id := workflow.GetChildWorkflowOptions(ctx).WorkflowID
	started := o.command(ctx, id, startLine(id, kind, args), func() (any, error) {
		if o.world.running(id) != nil {
			return nil, &temporal.ChildWorkflowExecutionAlreadyStartedError{}
		}
		r := o.world.start(id, kind, first(args))
		return workflow.Execution{ID: id, RunID: r.runID()}, nil
	})
	return child{result, started}
}

// SignalExternalWorkflow implements interceptor.WorkflowOutboundInterceptor.
func (o *outbound) SignalExternalWorkflow(ctx workflow.Context, id, _, name string, arg any) workflow.Future {
	return o.command(ctx, id, signalLine(id, name, arg), func() (any, error) {
		r := o.world.running(id)
		if r == nil {
			return nil, errors.New("no workflow runs under the id " + id)
		}
		o.world.signal(r, name, arg)
		return nil, nil
	})
}

// command asks the server for something about another workflow. It is done, and its outcome comes, after the run's other coroutines had
// their turn: the server gets commands at the end of a task.
func (o *outbound) command(ctx workflow.Context, id, line string, do func() (any, error)) workflow.Future {
	outcome, set := workflow.NewFuture(ctx)
	r := runOf(ctx)
	number := r.story.did(o.world.now(), line, true)
	o.world.after(commandTime, func(ctx workflow.Context) {
		value, err := do()
		if !r.ended {
			e := entry{came: anOutcome, at: workflow.Now(ctx), number: number, name: id}
			if err != nil {
				e.failure = failureOf(err)
			}
			r.story.got(e)
		}
		set.Set(value, err)
	})
	return outcome
}

// commandTime is how long the server takes to start or signal another workflow.
const commandTime = 5 * time.Millisecond

// taskTime is the longest time that a started run, or a step, waits for a worker.
const taskTime = 300 * time.Millisecond

package simulate

import (
	"context"
	"strconv"
	"sync"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// stage is where a story is played: what the worker's interceptors and the player share.
type stage struct {
	interceptor.WorkerInterceptorBase

	story  *story
	came   []entry
	with   int
	timers map[int]time.Duration // by number: how long the server waits
	ends   map[int]entry         // the outcome of each step by number
	due    map[int]chan struct{} // closed when the player lets a step end

	mu      sync.Mutex
	lines   []string
	seen    int
	changed chan struct{}
}

func newStage(s *story) *stage {
	p := &stage{
		story: s, came: s.arrivals(), with: s.with(), timers: map[int]time.Duration{}, ends: map[int]entry{}, due: map[int]chan struct{}{},
		changed: make(chan struct{}, 1),
	}
	for _, e := range p.came {
		if e.came == anOutcome {
			p.ends[e.number] = e
		}
	}
	for number := range s.asked {
		p.due[number+1] = make(chan struct{})
	}
	return p
}

// state is what the run has done, and how many things it has got.
func (p *stage) state() (lines []string, seen int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lines, p.seen
}

func (p *stage) change(do func()) {
	p.mu.Lock()
	do()
	p.mu.Unlock()
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// InterceptWorkflow implements interceptor.WorkerInterceptor. A worker that has lost the run from its memory begins it anew.
func (p *stage) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	one := &instance{stage: p}
	return &played{interceptor.WorkflowInboundInterceptorBase{Next: next}, one}
}

// instance is the run in the memory of a worker. Only the run's code calls its methods, when it is played and when its history is replayed.
type instance struct {
	*stage

	did      []string
	asked    int
	messages int // signals and updates
	awaited  []workflow.Future
}

func (i *instance) do(line string, asks bool) int {
	if asks {
		i.asked++
	}
	i.did = append(i.did, line)
	did := i.did
	i.change(func() { i.lines = did })
	return i.asked
}

// got is how many of the things that came in the story the run has got.
func (i *instance) got() int {
	got := i.messages
	for _, future := range i.awaited {
		if future.IsReady() {
			got++
		}
	}
	return got
}

// now is the model's time at which the last thing came that the run has got.
func (i *instance) now() time.Time {
	got := min(i.got(), len(i.came))
	if got <= i.with {
		return i.story.began
	}
	return i.came[got-1].at
}

// played observes what the server's run is given.
type played struct {
	interceptor.WorkflowInboundInterceptorBase

	*instance
}

// Init implements interceptor.WorkflowInboundInterceptor.
func (p *played) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return p.Next.Init(&playing{interceptor.WorkflowOutboundInterceptorBase{Next: out}, p.instance})
}

// ExecuteWorkflow implements interceptor.WorkflowInboundInterceptor. The condition is never true: the SDK asks for it whenever the run may
// have got something.
func (p *played) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		_ = workflow.Await(ctx, func() bool {
			got := p.got()
			p.change(func() { p.seen = got })
			return false
		})
	})
	result, err := p.Next.ExecuteWorkflow(ctx, in)
	line, _ := endLine(result, err)
	p.do(line, false)
	return result, err
}

// HandleSignal implements interceptor.WorkflowInboundInterceptor.
func (p *played) HandleSignal(ctx workflow.Context, in *interceptor.HandleSignalInput) error {
	p.messages++
	return p.Next.HandleSignal(ctx, in)
}

// ExecuteUpdate implements interceptor.WorkflowInboundInterceptor.
func (p *played) ExecuteUpdate(ctx workflow.Context, in *interceptor.UpdateInput) (any, error) {
	p.messages++
	result, err := p.Next.ExecuteUpdate(ctx, in)
	p.do(answerLine(in.Name, result, err), false)
	return result, err
}

// playing observes what the server's run does. It changes how long things take, and the queue of the workflows that the run starts.
type playing struct {
	interceptor.WorkflowOutboundInterceptorBase

	*instance
}

// Now implements interceptor.WorkflowOutboundInterceptor.
func (p *playing) Now(workflow.Context) time.Time { return p.now() }

// GetInfo implements interceptor.WorkflowOutboundInterceptor. As in the model, the server finds no history long enough for a new run.
func (p *playing) GetInfo(ctx workflow.Context) *workflow.Info {
	info := p.Next.GetInfo(ctx)
	return &workflow.Info{
		WorkflowExecution: info.WorkflowExecution, WorkflowType: info.WorkflowType, TaskQueueName: info.TaskQueueName, Namespace: info.Namespace,
	}
}

// NewTimer implements interceptor.WorkflowOutboundInterceptor.
func (p *playing) NewTimer(ctx workflow.Context, d time.Duration) workflow.Future {
	return p.NewTimerWithOptions(ctx, d, workflow.TimerOptions{})
}

// NewTimerWithOptions implements interceptor.WorkflowOutboundInterceptor.
func (p *playing) NewTimerWithOptions(ctx workflow.Context, d time.Duration, options workflow.TimerOptions) workflow.Future {
	if d > 0 {
		number := p.do(timerLine(d), true)
		d = max(d, neverFires)
		if short := p.timers[number]; short > 0 {
			d = short
		}
		return p.await(p.Next.NewTimerWithOptions(ctx, d, options))
	}
	return p.Next.NewTimerWithOptions(ctx, d, options)
}

func (p *playing) await(future workflow.Future) workflow.Future {
	p.awaited = append(p.awaited, future)
	return future
}

// numberHeader carries the number of a step to the activity.
const numberHeader = "simulate-step"

func (p *playing) step(ctx workflow.Context, line string) {
	number := p.do(line, true)
	interceptor.WorkflowHeader(ctx)[numberHeader] = payloads(strconv.Itoa(number))[0]
}

// ExecuteActivity implements interceptor.WorkflowOutboundInterceptor.
func (p *playing) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	p.step(ctx, stepLine(false, name, args))
	return p.await(p.Next.ExecuteActivity(ctx, name, args...))
}

// ExecuteLocalActivity implements interceptor.WorkflowOutboundInterceptor.
func (p *playing) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	p.step(ctx, stepLine(true, name, args))
	options := workflow.GetLocalActivityOptions(ctx)
	options.StartToCloseTimeout, options.ScheduleToCloseTimeout = neverFires, neverFires
	return p.await(p.Next.ExecuteLocalActivity(workflow.WithLocalActivityOptions(ctx, options), name, args...))
}

// ExecuteChildWorkflow implements interceptor.WorkflowOutboundInterceptor.
func (p *playing) ExecuteChildWorkflow(ctx workflow.Context, kind string, args ...any) workflow.ChildWorkflowFuture {
	options := workflow.GetChildWorkflowOptions(ctx)
	p.do(startLine(options.WorkflowID, kind, args), true)
	options.TaskQueue = idleQueue
	child := p.Next.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, options), kind, args...)
	p.await(child.GetChildWorkflowExecution())
	return child
}

// SignalExternalWorkflow implements interceptor.WorkflowOutboundInterceptor.
func (p *playing) SignalExternalWorkflow(ctx workflow.Context, id, run, name string, arg any) workflow.Future {
	p.do(signalLine(id, name, arg), true)
	return p.await(p.Next.SignalExternalWorkflow(ctx, id, run, name, arg))
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (p *stage) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &replying{interceptor.ActivityInboundInterceptorBase{Next: next}, p}
}

// replying answers for the activities as the story has it, once the player lets them.
type replying struct {
	interceptor.ActivityInboundInterceptorBase

	*stage
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor.
func (r *replying) ExecuteActivity(ctx context.Context, _ *interceptor.ExecuteActivityInput) (any, error) {
	var text string
	if err := converter.GetDefaultDataConverter().FromPayload(interceptor.Header(ctx)[numberHeader], &text); err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(text)
	if err != nil || r.due[number] == nil {
		<-ctx.Done() // a step that the story does not have: the player finds its line
		return nil, ctx.Err()
	}
	select {
	case <-r.due[number]:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	end := r.ends[number]
	if end.failure != nil {
		return nil, temporal.GetDefaultFailureConverter().FailureToError(end.failure)
	}
	if len(end.values) == 0 {
		return nil, nil //nolint:nilnil // an activity without a result
	}
	return converter.NewRawValue(end.values[0]), nil
}

package simulate

import (
	"context"
	"reflect"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"farebook/internal/wait"
)

// attempting gives activities what Temporal says of their attempt: by the world's clock, and with the heartbeat of the attempt before.
type attempting struct {
	interceptor.WorkerInterceptorBase

	steps *steps
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (a *attempting) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor,
) interceptor.ActivityInboundInterceptor {
	return &attemptIn{interceptor.ActivityInboundInterceptorBase{Next: next}, a.steps}
}

type attemptIn struct {
	interceptor.ActivityInboundInterceptorBase

	steps *steps
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor. An activity that waits for others lets the world act.
func (a *attemptIn) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	return a.Next.ExecuteActivity(wait.WithOthers(ctx, a.steps.world.sleep), in)
}

// Init implements interceptor.ActivityInboundInterceptor.
func (a *attemptIn) Init(out interceptor.ActivityOutboundInterceptor) error {
	return a.Next.Init(&attemptOut{interceptor.ActivityOutboundInterceptorBase{Next: out}, a.steps})
}

type attemptOut struct {
	interceptor.ActivityOutboundInterceptorBase

	steps *steps
}

// acting is the step whose attempt acts now: another one may wait for others meanwhile.
func (a *attemptOut) acting() *step { return a.steps.world.visitor.step }

// GetInfo implements interceptor.ActivityOutboundInterceptor.
func (a *attemptOut) GetInfo(ctx context.Context) activity.Info {
	info, one := a.Next.GetInfo(ctx), a.acting()
	info.Attempt, info.ScheduledTime, info.StartedTime = int32(one.attempt), one.began, a.steps.world.clock.Now() //nolint:gosec // few
	info.WorkflowExecution.ID, info.WorkflowExecution.RunID = one.run.id, one.run.runID()
	return info
}

// RecordHeartbeat implements interceptor.ActivityOutboundInterceptor. The SDK sends some heartbeats late: a worker that dies loses them.
func (a *attemptOut) RecordHeartbeat(_ context.Context, details ...any) {
	if !a.steps.world.chance(a.steps.deaths) {
		a.acting().heartbeat = details
	}
}

// HasHeartbeatDetails implements interceptor.ActivityOutboundInterceptor.
func (a *attemptOut) HasHeartbeatDetails(context.Context) bool { return len(a.acting().last) > 0 }

// GetHeartbeatDetails implements interceptor.ActivityOutboundInterceptor.
func (a *attemptOut) GetHeartbeatDetails(_ context.Context, into ...any) error {
	last := a.acting().last
	for i, detail := range last[:min(len(into), len(last))] {
		reflect.ValueOf(into[i]).Elem().Set(reflect.ValueOf(detail))
	}
	return nil
}

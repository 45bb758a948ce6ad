package testkit

import (
	"context"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"farebook/internal/clock"
	"farebook/internal/logging"
	"farebook/worker/service"
)

// Days returns Temporal's test environment for one workflow, in which a workflow's timers fire at once: a test runs through the days
// in which a mail server is down or a bank decides. Activities, database, Stripe and mail server are the stack's, and the environment
// moves the stack's clock, so that the same time passes for all of them. It retries an activity ten times at most. Use it with NoWorker.
func (s *Stack) Days() *testsuite.TestWorkflowEnvironment {
	s.T.Helper()
	all, err := service.NewActivities(s.Config, s.DB.Store, service.Measures{}, logging.New(s.Logs, "worker", s.Config.LogLevel))
	require.NoError(s.T, err)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quietTemporal())
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(Patience)
	env.SetStartTime(s.DB.Clock.Now())
	env.SetWorkerOptions(worker.Options{
		// A busy machine may not run a workflow for a second, after which the SDK calls it deadlocked.
		DeadlockDetectionTimeout: Patience,
		Interceptors:             []interceptor.WorkerInterceptor{&follower{env: env, clock: s.DB.Clock}},
	})
	service.Register(env, all)
	return env
}

// follower advances the stack's clock to the workflow's time before each activity. It never sets the clock back: workflow time does not
// pass while an activity runs.
type follower struct {
	interceptor.WorkerInterceptorBase
	env   *testsuite.TestWorkflowEnvironment
	clock *clock.Movable
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (f *follower) InterceptActivity(_ context.Context,
	next interceptor.ActivityInboundInterceptor,
) interceptor.ActivityInboundInterceptor {
	following := &followingActivity{follower: f}
	following.Next = next
	return following
}

type followingActivity struct {
	interceptor.ActivityInboundInterceptorBase
	*follower
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor. It runs for local activities as well.
func (f *followingActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	f.clock.AdvanceTo(f.env.Now())
	return f.Next.ExecuteActivity(ctx, in)
}

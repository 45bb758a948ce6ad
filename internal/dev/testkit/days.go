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

// Days runs one workflow in Temporal's own environment for tests, in which the time that workflows wait for passes at once:
// days, in which a mail server stays away or a bank takes its time. It retries an activity ten times at most. Activities, database, Stripe and mail server are the
// stack's, and so is the clock: what a workflow waits for has passed for all of them. No worker should be beside it.
func (s *Stack) Days() *testsuite.TestWorkflowEnvironment {
	s.T.Helper()
	all, err := service.NewActivities(s.Config, s.DB.Store, logging.New(s.Logs, "worker", s.Config.LogLevel))
	require.NoError(s.T, err)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quietTemporal())
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(Patience)
	env.SetStartTime(s.DB.Clock.Now())
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&follower{env: env, clock: s.DB.Clock}}})
	service.Register(env, all)
	return env
}

// follower sets a clock to the time of a workflow before each of its activities. It never sets it back: while an activity is at
// work, the time of workflows stands still.
type follower struct {
	interceptor.WorkerInterceptorBase
	env   *testsuite.TestWorkflowEnvironment
	clock *clock.Movable
}

// InterceptActivity is Temporal's.
func (f *follower) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	following := &followingActivity{follower: f}
	following.Next = next
	return following
}

type followingActivity struct {
	interceptor.ActivityInboundInterceptorBase
	*follower
}

// ExecuteActivity is Temporal's, for local activities as well.
func (f *followingActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	f.clock.AdvanceTo(f.env.Now())
	return f.Next.ExecuteActivity(ctx, in)
}

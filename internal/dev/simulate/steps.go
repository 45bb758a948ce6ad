package simulate

import (
	"context"
	"errors"
	"reflect"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/worker/service"
)

// steps calls the activities of the worker, as the SDK's activity environment does, and repeats them by their retry policies.
type steps struct {
	world   *world
	env     *testsuite.TestActivityEnvironment
	results map[string]reflect.Type // of each activity; nil without a result
	deaths  int                     // of 100 failpoints that a step passes
	lost    int                     // of 100 steps whose result is lost after they have ended
}

// step is one activity of a run.
type step struct {
	run     *run
	name    string
	local   bool // on the fast path
	args    []any
	retries *temporal.RetryPolicy
	limit   time.Duration // for all attempts; zero without an end
	began   time.Time
	attempt int
	// heartbeat is what this attempt has recorded, last what those before it have.
	heartbeat, last []any
	number          int // in the story of its run
	done            workflow.Settable
}

func newSteps(w *world, all service.Activities, deaths int) *steps {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent())
	s := &steps{world: w, env: suite.NewTestActivityEnvironment(), results: map[string]reflect.Type{}, deaths: deaths, lost: deaths}
	s.env.SetTestTimeout(time.Hour)
	s.env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&attempting{steps: s}}})
	for _, group := range []any{
		all.Payments, all.Refunds, all.Disputes, all.Payouts, all.Emails, all.Inbox, all.AccountFees, all.Unbooked, all.Reconciliations,
		all.Seals, all.Retention, all.Webhooks,
	} {
		s.env.RegisterActivity(group)
		of := reflect.TypeOf(group)
		for i := range of.NumMethod() {
			method := of.Method(i)
			if method.Type.NumOut() == 2 {
				s.results[method.Name] = method.Type.Out(0)
			}
		}
	}
	return s
}

// do begins a step, and returns the future of its result.
func (s *steps) do(ctx workflow.Context, one *step) workflow.Future {
	result, set := workflow.NewFuture(ctx)
	one.done, one.began = set, workflow.Now(ctx)
	one.number = one.run.story.did(one.began, stepLine(one.local, one.name, one.args), true)
	s.plan(s.world.upTo(taskTime), one)
	return result
}

// plan plans an attempt, which may wait for others.
func (s *steps) plan(d time.Duration, one *step) {
	s.world.apart(d, func(ctx workflow.Context) { s.attempt(ctx, one) })
}

// attempt calls the activity once, and plans the next attempt if it failed with an error that may pass.
func (s *steps) attempt(ctx workflow.Context, one *step) {
	w := s.world
	if one.run.ended {
		return
	}
	one.attempt++
	one.last = one.heartbeat
	w.counts["steps"]++
	v := newVisitor()
	v.mayDie, v.step = true, one
	var value converter.EncodedValue
	err := w.run(ctx, v, func(context.Context) (err error) {
		value, err = s.env.ExecuteActivity(one.name, one.args...)
		return err
	})
	if err == nil && w.chance(s.lost) {
		w.counts["results of steps lost"]++
		err = errors.New("the worker died before it reported the result")
	}
	if err == nil {
		one.end(s.decode(one.name, value), nil, workflow.Now(ctx))
		return
	}
	pause, again := one.pause(err, workflow.Now(ctx))
	if !again {
		one.end(nil, err, workflow.Now(ctx))
		return
	}
	w.counts["steps repeated"]++
	s.plan(pause, one)
}

// end hands the outcome to the run.
func (one *step) end(result any, err error, at time.Time) {
	if one.run.story != nil {
		e := entry{came: anOutcome, at: at, number: one.number}
		switch {
		case err != nil:
			e.failure = failureOf(err)
		case result != nil:
			e.values = payloads(result)
		}
		one.run.story.got(e)
	}
	one.done.Set(result, err)
}

// decode returns the result of a step as the type that its workflow expects.
func (s *steps) decode(name string, value converter.EncodedValue) any {
	of := s.results[name]
	if of == nil || !value.HasValue() {
		return nil
	}
	out := reflect.New(of)
	if err := value.Get(out.Interface()); err != nil {
		panic(err) // the activity's own result
	}
	return out.Elem().Interface()
}

// pause is how long Temporal waits before the next attempt; again is false for the last error.
func (one *step) pause(err error, now time.Time) (pause time.Duration, again bool) {
	var application *temporal.ApplicationError
	if errors.As(err, &application) && application.NonRetryable() || temporal.IsCanceledError(err) {
		return 0, false
	}
	policy := one.retries
	if policy == nil {
		policy = &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 100 * time.Second}
	}
	if policy.MaximumAttempts > 0 && one.attempt >= int(policy.MaximumAttempts) {
		return 0, false
	}
	pause = policy.InitialInterval
	for range one.attempt - 1 {
		pause = min(time.Duration(float64(pause)*policy.BackoffCoefficient), policy.MaximumInterval)
	}
	if application != nil && application.NextRetryDelay() > 0 {
		pause = application.NextRetryDelay()
	}
	return pause, one.limit == 0 || now.Add(pause).Before(one.began.Add(one.limit))
}

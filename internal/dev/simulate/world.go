package simulate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/clock"
	"farebook/internal/wait"
)

// world is one simulated time with everything that happens in it. What happens is done one thing at a time, in an order that the seed
// decides: the workflows are coroutines of one run of the SDK's test environment, and what they do to the world is called from the
// coroutine that play runs.
type world struct {
	ctx   context.Context //nolint:containedctx // of the whole run
	env   *testsuite.TestWorkflowEnvironment
	root  workflow.Context
	rand  *rand.Rand
	clock *clock.Movable
	until time.Time

	due      dueQueue
	runs     map[string]*run // the latest run of each workflow id
	open     int             // runs that have not ended
	asked    map[int]*update
	sequence int
	visitor  *visitor // who acts now
	steps    *steps
	sample   *sample  // nil for none
	settled  func()   // after each thing that was done
	failures []string // what no promise names and must not happen, such as a workflow that failed
	counts   map[string]int
	bookings int   // a day, on average
	failed   error // ends the run
}

func newWorld(ctx context.Context, seed uint64, c *clock.Movable, start, until time.Time) *world {
	w := &world{
		rand: rand.New(rand.NewPCG(seed, 0)), clock: c, until: until, //nolint:gosec // the same numbers for the same seed
		runs: map[string]*run{}, asked: map[int]*update{}, counts: map[string]int{},
	}
	w.ctx = wait.WithOthers(ctx, w.sleep)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent())
	w.env = suite.NewTestWorkflowEnvironment()
	w.env.SetTestTimeout(24 * time.Hour)
	w.env.SetStartTime(start)
	w.env.SetWorkerOptions(worker.Options{
		DeadlockDetectionTimeout: 24 * time.Hour, // what happens is done within a workflow task
		Interceptors:             []interceptor.WorkerInterceptor{&hosting{world: w}},
	})
	return w
}

func silent() sdklog.Logger { return sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)) }

const rootWorkflow = "World"

// play lets the time pass from start to until. begin plans what happens first.
func (w *world) play(begin func()) error {
	w.env.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		w.root = ctx
		err := workflow.SetUpdateHandlerWithOptions(ctx, updateAny, w.handle, workflow.UpdateHandlerOptions{})
		if err != nil {
			return err
		}
		begin()
		return w.pass(ctx)
	}, workflow.RegisterOptions{Name: rootWorkflow})
	w.env.ExecuteWorkflow(rootWorkflow)
	return errors.Join(w.failed, w.env.GetWorkflowError())
}

// pass does what is due, and waits for what is due next.
func (w *world) pass(ctx workflow.Context) error {
	for w.failed == nil && w.ctx.Err() == nil {
		now := workflow.Now(ctx)
		if !now.Before(w.until) {
			return nil
		}
		next := w.due.first()
		if next != nil && !next.at.After(now) {
			w.due.pop()
			w.do(ctx, next)
			continue
		}
		wake := w.until
		if next != nil && next.at.Before(wake) {
			wake = next.at
		}
		earlier := func() bool {
			first := w.due.first()
			return w.failed != nil || first != nil && first.at.Before(wake)
		}
		if _, err := workflow.AwaitWithTimeout(ctx, wake.Sub(now), earlier); err != nil {
			return err
		}
	}
	return context.Cause(w.ctx)
}

// do does one thing. What waits for a workflow meanwhile has its own coroutine, so that nothing else waits for it.
func (w *world) do(ctx workflow.Context, next *happening) {
	do := func(ctx workflow.Context) {
		w.clock.StandAt(workflow.Now(ctx))
		next.do(ctx)
		w.settled()
	}
	if next.waits {
		workflow.Go(ctx, do)
		return
	}
	do(ctx)
}

func (w *world) now() time.Time { return workflow.Now(w.root) }

// after plans something that asks no workflow and waits for none.
func (w *world) after(d time.Duration, do func(workflow.Context)) {
	w.due.push(&happening{at: w.now().Add(d), do: do})
}

// apart plans something that may wait for workflows: it has its own coroutine.
func (w *world) apart(d time.Duration, do func(workflow.Context)) {
	w.due.push(&happening{at: w.now().Add(d), waits: true, do: do})
}

// visit plans something that may wait for workflows: a request, a sweep. It runs in its own goroutine, and may call the Temporal client.
func (w *world) visit(d time.Duration, what string, do func(context.Context) error) {
	w.apart(d, func(ctx workflow.Context) {
		var died *deathError
		if err := w.call(ctx, do); err != nil && !errors.As(err, &died) {
			w.fail(fmt.Errorf("%s at %s: %w", what, workflow.Now(ctx).UTC().Format(time.RFC3339), err))
		}
	})
}

// every plans visits at intervals between half and one and a half times d.
func (w *world) every(d time.Duration, what string, do func(context.Context) error) {
	w.visit(w.about(d), what, func(ctx context.Context) error {
		defer w.every(d, what, do)
		return do(ctx)
	})
}

func (w *world) fail(err error) {
	if w.failed == nil {
		w.failed = err
	}
}

// about draws a duration between half of d and one and a half times d.
func (w *world) about(d time.Duration) time.Duration { return d/2 + w.upTo(d) }

// upTo draws a duration from a microsecond to d.
func (w *world) upTo(d time.Duration) time.Duration {
	return time.Duration(w.rand.Int64N(int64(d/time.Microsecond))+1) * time.Microsecond
}

// chance is true in so many of 100 cases.
func (w *world) chance(percent int) bool { return w.rand.IntN(100) < percent }

// pick draws one of several.
func pick[T any](w *world, of ...T) T { return of[w.rand.IntN(len(of))] }

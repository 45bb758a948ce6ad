package simulate

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"go.temporal.io/sdk/workflow"
)

// visitor is a goroutine that acts on the world from outside the workflows: a request, a sweep, an activity. Only one acts at a time: its
// coroutine waits for it. Where the visitor waits for a workflow, it hands the turn back to its coroutine.
type visitor struct {
	waits chan func() bool // what the visitor waits for
	turn  chan struct{}    // the visitor continues
	ended chan error
	// mayDie: a failpoint may end the goroutine.
	mayDie bool
	died   string // the failpoint at which it ended
	step   *step  // whose attempt it is; nil for none
}

func newVisitor() *visitor {
	return &visitor{waits: make(chan func() bool), turn: make(chan struct{}), ended: make(chan error, 1)}
}

// call runs do as a visitor until it has ended.
func (w *world) call(ctx workflow.Context, do func(context.Context) error) error {
	return w.run(ctx, newVisitor(), do)
}

// run runs a visitor until it has ended, or has died at a failpoint.
func (w *world) run(ctx workflow.Context, v *visitor, do func(context.Context) error) error {
	w.visitor = v
	go func() {
		var err error
		defer func() {
			if panicked := recover(); panicked != nil {
				err = fmt.Errorf("panic: %v\n%s", panicked, debug.Stack())
			} else if v.died != "" {
				err = &deathError{v.died}
			}
			v.ended <- err
		}()
		err = do(w.ctx)
	}()
	for {
		select {
		case err := <-v.ended:
			w.visitor = nil
			return err
		case condition := <-v.waits:
			if err := workflow.Await(ctx, condition); err != nil {
				return err // the run of the world has ended; the goroutine is left
			}
			w.clock.StandAt(workflow.Now(ctx))
			w.visitor = v
			v.turn <- struct{}{}
		}
	}
}

// mortal lets what a visitor does end at a failpoint. Its next visit continues.
func (w *world) mortal(do func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		w.visitor.mayDie = true
		return do(ctx)
	}
}

// await has the visitor who acts wait for a condition, while others act.
func (w *world) await(condition func() bool) {
	v := w.visitor
	v.waits <- condition
	<-v.turn
}

// sleep has the visitor who acts wait for a time of the world, while others act.
func (w *world) sleep(d time.Duration) {
	over := false
	w.after(d, func(workflow.Context) { over = true })
	w.await(func() bool { return over })
}

// deathError is the death of a visitor at a failpoint.
type deathError struct{ at string }

func (e *deathError) Error() string { return "died at " + e.at }

// hit ends the visitor who acts, as the death of its process would, if the seed says so. Deferred functions run, which a death would not
// let; the transaction of a step is rolled back by one of them, as the server would do.
func (w *world) hit(name string) {
	v := w.visitor
	if v == nil || !v.mayDie || !w.chance(w.steps.deaths) {
		return
	}
	v.died = name
	w.counts["deaths at failpoints"]++
	runtime.Goexit()
}

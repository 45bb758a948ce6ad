package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// followed is an object at Stripe that a workflow follows until nothing more is expected of it.
type followed interface {
	// record reads the object at Stripe and records it, together with the events that arrived.
	record(ctx workflow.Context) error
	// describe updates the details in the Temporal UI.
	describe(ctx workflow.Context)
	// nextPoll returns how long to wait for an event before the object is read anyway; zero reads it again at once. awaited is
	// false when nothing more is expected.
	nextPoll(ctx workflow.Context) (wait time.Duration, awaited bool, err error)
	// polled counts a wait that ended without an event.
	polled()
}

// follow records object on each event, and when its poll is due, until nothing more is expected and no event is left.
func (w *eventWatcher) follow(ctx workflow.Context, object followed, pollSummary string) error {
	for {
		if err := object.record(ctx); err != nil {
			return err
		}
		object.describe(ctx)
		wait, awaited, err := object.nextPoll(ctx)
		if err != nil {
			return err
		}
		if !awaited {
			ended, err := w.settle(ctx)
			if ended || err != nil {
				object.describe(ctx)
				return err
			}
			continue
		}
		if wait == 0 {
			continue
		}
		timeUp, err := w.wait(ctx, wait, pollSummary)
		if err != nil {
			return err
		}
		if timeUp {
			object.polled()
		}
	}
}

// wait returns when an event or a request arrives, or after longest; timeUp reports the latter.
func (w *eventWatcher) wait(ctx workflow.Context, longest time.Duration, summary string) (timeUp bool, err error) {
	arrived, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout: longest, TimerOptions: workflow.TimerOptions{Summary: summary},
	}, w.arrived)
	return !arrived, err
}

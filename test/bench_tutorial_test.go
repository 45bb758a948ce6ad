package test

import (
	"context"
	"time"

	"go.temporal.io/sdk/workflow"
)

// tutorialWorkflow is a paid booking as the tutorials of Temporal build one: each step is an activity, with a task of the server each, and
// a signal ends the wait for the payment before a timer does. Its steps do nothing. The caller waits for the payment's creation by an
// update, because an answer needs it.
func tutorialWorkflow(ctx workflow.Context) error {
	created := false
	if err := answerOnce(ctx, &created); err != nil {
		return err
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	if err := steps(ctx, "reserve", "create the payment"); err != nil {
		return err
	}
	created = true
	awaitPaid(ctx)
	return steps(ctx, "record the payment", "post it", "send the confirmation")
}

// steps runs an activity for each.
func steps(ctx workflow.Context, names ...string) error {
	for _, name := range names {
		if err := workflow.ExecuteActivity(ctx, tutorialStep, name).Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// awaitPaid waits for the signal, for a hold at most, and cancels the timer of the hold.
func awaitPaid(ctx workflow.Context) {
	timing, cancel := workflow.WithCancel(ctx)
	defer cancel()
	selector := workflow.NewSelector(ctx)
	selector.AddReceive(workflow.GetSignalChannel(ctx, paidSignal), func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) })
	selector.AddFuture(workflow.NewTimer(timing, 30*time.Minute), func(workflow.Future) {})
	selector.Select(ctx)
}

func tutorialStep(context.Context, string) error { return nil }

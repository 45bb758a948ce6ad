package ticketing

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

const (
	// callTimeout is above the 30 s that Farebook lets a caller wait.
	callTimeout = 40 * time.Second
	// firstRetry and longestRetry pace what must be done in the end, however long it takes: a capture, a void, a cancellation.
	firstRetry, longestRetry = 200 * time.Millisecond, time.Minute
	// pollEvery is how often a booking is read when no webhook says that it has changed.
	pollEvery = time.Minute
)

// untilDone repeats a step without an end, unless it is refused.
func untilDone(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: callTimeout,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: firstRetry, BackoffCoefficient: 2, MaximumInterval: longestRetry},
	})
}

// within bounds the ticketing: an attempt that hangs is given up and repeated, and all of them end at the limit.
func within(ctx workflow.Context, limits Limits) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: limits.Attempt, ScheduleToCloseTimeout: limits.Ticket,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: firstRetry, BackoffCoefficient: 2, MaximumInterval: limits.Attempt},
	})
}

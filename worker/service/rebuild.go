package service

import (
	"context"
	"errors"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"

	"farebook/activities"
	"farebook/internal/logging"
	"farebook/store"
)

// waitForRebuild keeps workflows from failing because of rows that a restore has lost: workflows older than the restore ask for
// bookings and refunds that the restored books do not have, or have in an earlier state. While a fence is up, such an activity
// is retried.
type waitForRebuild struct {
	interceptor.WorkerInterceptorBase

	Store *store.Store
}

// InterceptActivity wraps regular and local activities.
func (w *waitForRebuild) InterceptActivity(_ context.Context,
	next interceptor.ActivityInboundInterceptor,
) interceptor.ActivityInboundInterceptor {
	return &waitingActivity{interceptor.ActivityInboundInterceptorBase{Next: next}, w.Store}
}

type waitingActivity struct {
	interceptor.ActivityInboundInterceptorBase

	store *store.Store
}

// lost lists the failures that restored books can cause.
var lost = map[string]bool{activities.NotInBooks: true, activities.IllegalTransition: true}

func (a *waitingActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	// In the API's process, the store and the Stripe client have the API's log.
	ctx = logging.As(ctx, logging.Worker)
	result, err := a.Next.ExecuteActivity(ctx, in)
	var failure *temporal.ApplicationError
	if !errors.As(err, &failure) || !failure.NonRetryable() || !lost[failure.Type()] {
		return result, err
	}
	up, fenceErr := a.store.Fence(ctx)
	if fenceErr != nil {
		return result, fenceErr // the fence could not be read: retried
	}
	if up == nil {
		return result, err
	}
	return result, activities.WaitForRebuild(failure)
}

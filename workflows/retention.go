package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
)

// retention names the activities that empty what is older than its period; the receiver lives in the worker.
var retention *activities.Retention

// retainAtOnce is how many steps that read rows one activity makes, and retainCalls how many activities one run starts before it continues
// as new: 100,000 rows.
const (
	retainAtOnce = 5
	retainCalls  = 40
)

// Retention empties what is older than the periods of RETENTION, in small steps, until nothing is left. A schedule starts it every night;
// see dispatch.Client.EnsureRetention.
func Retention(ctx workflow.Context) error {
	retaining := step{"Empty what is older than its period", retention.Retain, moneyRetries}
	for range retainCalls {
		var done activities.RetentionProgress
		if err := retaining.run(ctx, activities.RetainInput{MaxSteps: retainAtOnce}, &done); err != nil {
			return err
		}
		if !done.More {
			return nil
		}
	}
	return workflow.NewContinueAsNewError(ctx, TypeRetention)
}

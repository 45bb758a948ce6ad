package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
)

// seals names the activities that seal the ledger by method reference; the receiver lives in the worker.
var seals *activities.Seals

// sealsAtOnce is how many seals one activity makes, and sealCalls how many activities one run starts: a million transactions. What is left
// is sealed by the next run of the schedule.
const (
	sealsAtOnce = 10
	sealCalls   = 10
)

// SealLedger seals the ledger's complete transactions in ranges. A schedule starts it every hour; see dispatch.Client.EnsureSealing.
func SealLedger(ctx workflow.Context) error {
	sealing := step{"Seal the ledger", seals.SealLedger, moneyRetries}
	for range sealCalls {
		var sealed activities.LedgerSealed
		if err := sealing.run(ctx, activities.SealLedgerInput{MaxSeals: sealsAtOnce}, &sealed); err != nil {
			return err
		}
		if !sealed.More {
			return nil
		}
	}
	return nil
}

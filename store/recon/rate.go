package recon

import (
	"context"
	"fmt"
	"time"
)

// NextCall reserves the time of a run's next call to Stripe, at least every after the previous call, and returns how long the caller must
// wait until then. The run's row is the shared bucket of the scans on all workers. Times are microseconds of the caller's clock; a worker
// whose clock is behind waits a little longer.
func (r *Runs) NextCall(ctx context.Context, runID uint64, every time.Duration) (time.Duration, error) {
	now := time.Now().UnixMicro()
	// LAST_INSERT_ID(expression) returns the new value with the UPDATE, which saves a read
	// (dev.mysql.com/doc/refman/8.4/en/information-functions.html).
	result, err := r.db.WithContext(ctx).Statement.ConnPool.ExecContext(ctx,
		"UPDATE reconciliation_runs SET next_call_us = LAST_INSERT_ID(GREATEST(next_call_us, ?) + ?) WHERE id = ?", now, every.Microseconds(),
		runID)
	if err != nil {
		return 0, err
	}
	after, err := result.LastInsertId()
	if err != nil {
		return 0, err
	}
	if after == 0 {
		return 0, fmt.Errorf("reconciliation run %d is not there", runID)
	}
	return time.Duration(after-every.Microseconds()-now) * time.Microsecond, nil
}

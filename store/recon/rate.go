package recon

import (
	"context"
	"fmt"
	"time"
)

// NextCall reserves the moment of a run's next call at Stripe, at least the duration every after the one before, and returns how
// long it is until then. The run's row is the bucket: scans on many workers draw from it. Microseconds of the caller's
// clock; one that is behind waits a little longer.
func (r *Runs) NextCall(ctx context.Context, runID uint64, every time.Duration) (time.Duration, error) {
	now := time.Now().UnixMicro()
	// LAST_INSERT_ID(expression) brings the new value back in the answer to the UPDATE, which saves reading it
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

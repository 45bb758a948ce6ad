package activities

import (
	"context"
	"log/slog"
	"time"

	"farebook/access"
	"farebook/internal/metrics"
	"farebook/internal/wait"
	"farebook/privacy"
	"farebook/store"
	books "farebook/store/privacy"
)

// Retention are the activities that empty what is older than its period.
type Retention struct {
	Store *store.Store
	Books *books.Books
	// Periods are empty where everything is kept.
	Periods privacy.Periods
	Metrics *metrics.Retention
	Log     *slog.Logger
}

// RetainInput bounds one call, so that it ends well within an activity's time: MaxSteps are the steps that read rows.
type RetainInput struct {
	MaxSteps int `json:"maxSteps"`
}

// RetentionProgress is what a call has done.
type RetentionProgress struct {
	Emptied int64 `json:"emptied,omitempty"` // rows
	// More reports that MaxSteps steps have read rows, and that there may be more to empty.
	More bool `json:"more,omitempty"`
}

// Each step is one transaction on at most so many rows; to erase a booking takes some twenty statements. Between two steps a pause lets the
// statements of bookings pass.
const (
	rowsAStep     = 500
	bookingsAStep = 20
	stepPause     = 20 * time.Millisecond
)

// byRetention is who has asked, in the audit log.
var byRetention = access.Actor{Name: "retention (RETENTION)"}

// Retain empties the next rows of each table that are older than its period. Harmless when repeated: how far a table was read is recorded
// in the transaction that empties its rows, and an empty row is not emptied again. It waits while a fence is up: what restores the books
// may need what is kept.
func (r *Retention) Retain(ctx context.Context, in RetainInput) (RetentionProgress, error) {
	if err := waitForFence(ctx, r.Store); err != nil {
		return RetentionProgress{}, err
	}
	var done RetentionProgress
	steps := in.MaxSteps
	for _, group := range privacy.Groups() {
		period, limited := r.Periods[group]
		if !limited {
			continue
		}
		for _, table := range privacy.OfGroup(group) {
			emptied, err := r.retainTable(ctx, table, period, &steps)
			done.Emptied += emptied
			if err != nil {
				return done, err
			}
			if steps == 0 {
				done.More = true
				return done, nil
			}
		}
	}
	return done, nil
}

// retainTable runs steps on a table until it is done or the limit is reached. A step that reads nothing does not count: each call begins at
// the first table, and those that are done must not use up the steps of the others.
func (r *Retention) retainTable(ctx context.Context, table privacy.Table, period time.Duration, steps *int) (emptied int64, err error) {
	for *steps > 0 {
		step, err := r.Books.Retain(ctx, table.Name, period, stepOf(table.Kept.Group), byRetention)
		if err != nil {
			return emptied, storeError(err)
		}
		if step.Read > 0 {
			*steps--
		}
		emptied += step.Emptied
		r.Metrics.Emptied(table.Name, step.Emptied)
		if step.Emptied > 0 {
			r.Log.InfoContext(ctx, "emptied rows that are older than their period", "table", table.Name, "rows", step.Emptied)
		}
		if step.Done {
			return emptied, nil
		}
		if err := wait.For(ctx, stepPause); err != nil {
			return emptied, err
		}
	}
	return emptied, nil
}

func stepOf(group privacy.Group) int {
	if group == privacy.Travellers {
		return bookingsAStep
	}
	return rowsAStep
}

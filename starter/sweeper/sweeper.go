// Package sweeper finds work that has stopped: rows of the database that owe work and have no running workflow, because the
// process that was to start it died, an operator terminated it or Temporal lost it, and a reconciliation that has not completed
// in time, and a ledger that is not sealed any more. It also recognises the revenue of departed bookings. It imports store,
// store/drafts, store/recon, reconciliation, internal/ and starter/dispatch, through which it starts workflows.
package sweeper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"farebook/internal/correlation"
	"farebook/internal/logging"
	"farebook/internal/tracing"
	"farebook/internal/wait"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/store/recon"
)

// Sweeper applies one rule: a row that is not settled has a running workflow, or gets one. It starts the missing workflows and closes
// the rows of reconciliations whose workflow ended without closing them. A workflow is started under its fixed id, so any number of
// sweepers may run at once.
type Sweeper struct {
	Store    *store.Store
	Dispatch *dispatch.Client
	// Every is the interval between sweeps, and the minimum age of a row: a younger one is left to the process that wrote it.
	Every time.Duration
	// ListLag is how long Stripe's lists may omit an object after its creation.
	ListLag time.Duration
	Log     *slog.Logger

	// cursors holds, by kind, the id of the row at which the last sweep stopped.
	cursors map[string]uint64
	// recognisedTo is the last booking that was visited to be recognised; zero to begin anew.
	recognisedTo store.DueRecognition
}

const (
	// pageSize bounds the rows of one statement.
	pageSize = 100
	// maxRunning bounds how many rows of one kind that have a workflow already are checked in one sweep; the next sweep continues
	// behind them. Rows that get a workflow do not count, so that one sweep restarts everything that Temporal has lost.
	maxRunning = 200
	// rowPatience bounds the work on one row. A workflow that cannot proceed answers no update, and Temporal waits for it without an end.
	rowPatience = 10 * time.Second
)

// Run sweeps every s.Every until ctx ends.
func (s *Sweeper) Run(ctx context.Context) {
	wait.Repeat(logging.As(ctx, "sweeper"), s.Every, s.Log, "the sweep for rows without a workflow is incomplete; the next one continues",
		s.Sweep)
}

// Sweep visits every kind of work, also after one of them fails, and returns all errors.
func (s *Sweeper) Sweep(ctx context.Context) error {
	before := s.Store.Now().Add(-s.Every)
	errs := []error{s.closeRuns(ctx, before), s.recognise(ctx)}
	for _, k := range s.kinds(before) {
		errs = append(errs, s.resume(ctx, k))
	}
	return errors.Join(errs...)
}

// kind is one kind of row that owes work.
type kind struct {
	what string // as the log calls it; unique
	// page returns up to pageSize rows with an id above after, in the order of their ids.
	page func(ctx context.Context, after uint64) ([]owed, error)
}

// owed is one row that owes work.
type owed struct {
	row           uint64
	correlationID string
	traceParent   string // see store.Booking
	name, value   string // the attribute by which the log identifies it
	// resume starts the row's workflow. It returns false when the workflow runs already, or ended in a way that forbids another run.
	resume func(ctx context.Context) (started bool, err error)
}

// resume visits the rows of a kind from where the last sweep stopped. It returns at the first error, because Temporal is likely to be
// unreachable, or its workers to be away; the next sweep starts behind that row, so that one bad row does not block the others.
func (s *Sweeper) resume(ctx context.Context, k kind) error {
	if s.cursors == nil {
		s.cursors = map[string]uint64{}
	}
	for running := 0; running < maxRunning; {
		rows, err := k.page(ctx, s.cursors[k.what])
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			s.cursors[k.what] = 0
			return nil
		}
		for _, row := range rows {
			s.cursors[k.what] = row.row
			started, err := s.resumeRow(ctx, k, row)
			if err != nil {
				return err
			}
			if !started {
				running++
			}
		}
	}
	return nil
}

func (s *Sweeper) resumeRow(ctx context.Context, k kind, row owed) (started bool, err error) {
	ctx, end := tracing.Join(correlation.With(ctx, row.correlationID), row.traceParent, "resume workflow")
	waiting, stop := context.WithTimeout(ctx, rowPatience)
	defer stop()
	started, err = row.resume(waiting)
	end(err)
	if err != nil {
		return false, fmt.Errorf("%s, %s %s: %w", k.what, row.name, row.value, err)
	}
	if started {
		s.Log.WarnContext(ctx, k.what+" had no workflow: started", row.name, row.value)
	}
	return started, nil
}

// closeRuns marks reconciliations as failed whose workflow has ended while their row says running, as after a termination. The row's
// status is checked in the same statement, so a repetition changes nothing.
func (s *Sweeper) closeRuns(ctx context.Context, before time.Time) error {
	runs, err := recon.New(s.Store).RunningRuns(ctx, before, pageSize)
	if err != nil {
		return err
	}
	for _, run := range runs {
		running, err := s.Dispatch.ReconciliationRunning(ctx, run.CorrelationID)
		if err != nil {
			return err
		}
		if running {
			continue
		}
		closed, err := recon.New(s.Store).AbandonRun(ctx, run.ID, "its workflow was ended before it recorded a result")
		if err != nil {
			return err
		}
		if closed {
			s.Log.WarnContext(correlation.With(ctx, run.CorrelationID),
				"a reconciliation's workflow ended without a result: its run is marked as failed")
		}
	}
	return nil
}

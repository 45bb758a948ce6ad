// Package stranded sweeps the books for rows that owe future work and that no workflow carries on: the process that was to start
// it died, an operator terminated it, or Temporal has lost it. One rule holds for all of them: a row that is not settled has a
// running workflow, or gets one.
package stranded

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"farebook/internal/correlation"
	"farebook/internal/logging"
	"farebook/internal/wait"
	"farebook/starter/dispatch"
	"farebook/store"
)

// Sweeper starts the workflows that are missing, and closes the rows of reconciliations whose workflow has ended without doing so.
type Sweeper struct {
	Store     *store.Store
	Workflows *dispatch.Client
	// Every is how often it sweeps, and how old a row has to be: a younger one is left to the process that wrote it.
	Every time.Duration
	// ListLag is how long Stripe's lists may miss what was just made.
	ListLag time.Duration
	Log     *slog.Logger

	// cursors are the rows at which the last sweep stopped, by kind.
	cursors map[string]uint64
}

const (
	// page bounds one statement.
	page = 100
	// enough bounds how many rows of one kind a sweep asks Temporal about in vain: the next sweep continues behind them. Rows that get
	// a workflow do not count, so that a Temporal that has lost everything is filled again at once.
	enough = 200
)

// Run sweeps until ctx ends.
func (s *Sweeper) Run(ctx context.Context) {
	wait.Every(logging.As(ctx, "sweeper"), s.Every, func(ctx context.Context) {
		err := s.sweep(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "the sweep for work without a workflow is incomplete; the next one continues", "error", err)
		}
	})
}

func (s *Sweeper) sweep(ctx context.Context) error {
	before := s.Store.Now().Add(-s.Every)
	failed := []error{s.runs(ctx, before)}
	for _, k := range s.kinds(before) {
		failed = append(failed, s.carryOn(ctx, k))
	}
	return errors.Join(failed...)
}

// kind is one kind of rows that owe work.
type kind struct {
	what string
	// page reads rows after an id, in the order of their ids.
	page func(ctx context.Context, after uint64) ([]owed, error)
}

// owed is one row that owes work.
type owed struct {
	row           uint64
	correlationID string
	name, value   string // as the log has it
	// resume starts its workflow, or reports false when there is nothing to start.
	resume func(ctx context.Context) (started bool, err error)
}

// carryOn goes through the rows of a kind from where the last sweep stopped. It stops at the first row that cannot be asked about,
// as Temporal is likely to be away; the next sweep begins behind that row, so that it holds nobody back.
func (s *Sweeper) carryOn(ctx context.Context, k kind) error {
	if s.cursors == nil {
		s.cursors = map[string]uint64{}
	}
	for inVain := 0; inVain < enough; {
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
			about := correlation.With(ctx, row.correlationID)
			started, err := row.resume(about)
			if err != nil {
				return err
			}
			if !started {
				inVain++
				continue
			}
			s.Log.WarnContext(about, k.what+" had no workflow: started", row.name, row.value)
		}
	}
	return nil
}

// runs closes the rows of reconciliations whose workflow has ended: a run that was terminated could not do so.
func (s *Sweeper) runs(ctx context.Context, before time.Time) error {
	running, err := s.Store.RunningRuns(ctx, before, page)
	if err != nil {
		return err
	}
	for _, run := range running {
		goesOn, err := s.Workflows.ReconciliationGoesOn(ctx, run.CorrelationID)
		if err != nil {
			return err
		}
		if goesOn {
			continue
		}
		ended, err := s.Store.AbandonRun(ctx, run.ID, "its workflow was ended before it could say how the run went")
		if err != nil {
			return err
		}
		if ended {
			s.Log.WarnContext(correlation.With(ctx, run.CorrelationID), "a reconciliation was ended from outside")
		}
	}
	return nil
}

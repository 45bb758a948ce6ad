// Package runs starts reconciliations: the same for the command line and the API.
package runs

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"

	"farebook/internal/correlation"
	"farebook/reconciliation"
	"farebook/starter/dispatch"
	"farebook/store"
)

// Start starts a run, or finds the one that has this id, and writes its row: what was told to be going can be read at once, also
// when no worker has taken it yet. The workflow comes first, so that no row is left whose run never begins; should this
// die in between, the workflow writes the row itself.
func Start(ctx context.Context, books *store.Store, w *dispatch.Client, id string, options reconciliation.Options, applies string) error {
	ctx, now := correlation.With(ctx, id), books.Now()
	err := w.StartReconciliation(ctx, id, options, applies)
	var known *serviceerror.WorkflowExecutionAlreadyStarted
	if err != nil && !errors.As(err, &known) {
		return &NotStarted{err}
	}
	window := reconciliation.LookBack(now, options.LookbackDays)
	_, err = books.BeginRun(ctx, store.Run{
		CorrelationID: id, Options: options, Applies: applies, WindowStart: window.From, WindowEnd: window.To, StartedAt: now,
	})
	return err
}

// NotStarted says that Temporal took no run; any other error is the database's.
type NotStarted struct{ cause error }

func (e *NotStarted) Error() string { return "the run was not started: " + e.cause.Error() }
func (e *NotStarted) Unwrap() error { return e.cause }

// Describe is a run's options in one line, for the audit log.
func Describe(options reconciliation.Options) string {
	mode := "heals"
	if options.DryRun {
		mode = "dry run"
	}
	return fmt.Sprintf("%s, scope %s, %d days back, limit %d", mode, options.Scope, options.LookbackDays, options.Limit)
}

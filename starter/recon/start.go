// Package recon starts reconciliations and reports what they found, in one form for the command line and the API. How a
// reconciliation compares and heals is in reconciliation/ and workflows/. It imports store, store/recon, starter/dispatch,
// ledger, money, reconciliation and internal/correlation.
package recon

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"

	"farebook/internal/correlation"
	"farebook/reconciliation"
	"farebook/starter/dispatch"
	"farebook/store"
	runs "farebook/store/recon"
)

// Start starts the run with an id ("recon_...") and writes its row, so that the caller can read it at once, also before a worker has
// taken it. applies is the id of the run whose plan it carries out; empty for a run that makes its own plan. A repetition with the same id
// joins the run that exists: the workflow id and the row's correlation id are unique. The workflow starts first, so that there is no
// row without a workflow; when the process dies in between, the workflow writes the row. It returns NotStartedError when Temporal did
// not take the run; any other error is the database's.
func Start(ctx context.Context, books *store.Store, dispatcher *dispatch.Client, id string, options reconciliation.Options,
	applies string,
) error {
	ctx, now := correlation.With(ctx, id), books.Now()
	err := dispatcher.StartReconciliation(ctx, id, options, applies)
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if err != nil && !errors.As(err, &started) {
		return &NotStartedError{err}
	}
	window := reconciliation.LookBack(now, options.LookbackDays)
	_, err = runs.New(books).BeginRun(ctx, runs.Run{
		CorrelationID: id, Options: options, Applies: applies, WindowStart: window.From, WindowEnd: window.To, StartedAt: now,
	})
	return err
}

// NotStartedError says that Temporal did not take a run.
type NotStartedError struct{ cause error }

func (e *NotStartedError) Error() string {
	return "the reconciliation was not started: " + e.cause.Error()
}
func (e *NotStartedError) Unwrap() error { return e.cause }

// Describe returns a run's options in one line, for the audit log: "dry run, scope all, 7 days back, limit 100".
func Describe(options reconciliation.Options) string {
	mode := "heals"
	if options.DryRun {
		mode = "dry run"
	}
	return fmt.Sprintf("%s, scope %s, %d days back, limit %d", mode, options.Scope, options.LookbackDays, options.Limit)
}

package workflows

import (
	"cmp"
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/internal/correlation"
	"farebook/reconciliation"
)

// reconciliations names the reconciliation activities by method reference; the receiver lives in the worker.
var reconciliations *activities.Reconciliations

// ReconciliationInput starts Reconciliation. A schedule leaves CorrelationID empty: it is then taken from the workflow id. Applies
// is the run whose plan is carried out, instead of a scan. BookingsQueue is the task queue of the workflows that heal.
type ReconciliationInput struct {
	CorrelationID string                 `json:"correlationId,omitempty"`
	Options       reconciliation.Options `json:"options"`
	Applies       string                 `json:"applies,omitempty"`
	BookingsQueue string                 `json:"bookingsQueue"`
	// Heals is the position at which the run continued as new; nil at its start.
	Heals *ReconciliationHeals `json:"heals,omitempty"`
}

// ReconciliationHeals is the position of a run among its healings. Each healing adds several events to a history, which may have
// 51,200 at most.
type ReconciliationHeals struct {
	Begun activities.ReconciliationBegun `json:"begun"`
	After uint64                         `json:"after"` // the last item that was handled
	At    ReconciliationProgress         `json:"at"`
}

// ReconciliationProgress answers the query status.
type ReconciliationProgress struct {
	CorrelationID string `json:"correlationId"`
	Stage         string `json:"stage"`
	// Seconds is the part of the look-back whose balance transactions are compared, SecondsDone how much of it is done. Both are
	// zero when the scope excludes balance transactions.
	Seconds     int64 `json:"seconds"`
	SecondsDone int64 `json:"secondsDone"`
	Scans       int   `json:"scans"` // beside those of balance transactions
	ScansDone   int   `json:"scansDone"`
	Scanned     int64 `json:"scanned"` // objects compared
	Found       int64 `json:"found"`   // findings
	Healing     int   `json:"healing"` // items whose workflows were started or signalled
	// Trouble is the last error of a scan that is being retried; empty when no scan is.
	Trouble string `json:"trouble,omitempty"`
}

// linesShare is the share of the balance transactions in the whole run, which is nearly all of a large run.
const linesShare = 0.9

// Share is the completed share of a run, from 0 to 1.
func (p ReconciliationProgress) Share() float64 {
	others := 0.0
	if p.Scans > 0 {
		others = float64(p.ScansDone) / float64(p.Scans)
	}
	if p.Seconds == 0 {
		return others
	}
	return linesShare*float64(p.SecondsDone)/float64(p.Seconds) + (1-linesShare)*others
}

// reconciliationRun is the state of one run of Reconciliation.
type reconciliationRun struct {
	in     ReconciliationInput
	begun  activities.ReconciliationBegun
	at     ReconciliationProgress
	emails emailSender
}

// Reconciliation compares the books with Stripe: disjoint windows in parallel, each a long activity that resumes where its worker
// died. A finding that may be healed is healed by the workflow of its object, which reads the object and records it. A dry run
// writes its report and heals nothing; a run that applies a plan scans nothing.
func Reconciliation(ctx workflow.Context, in ReconciliationInput) (activities.ReconciliationResult, error) {
	if in.CorrelationID == "" {
		id := workflow.GetInfo(ctx).WorkflowExecution.ID
		in.CorrelationID = cmp.Or(RunOf(id), id) // an operator may have chosen an id without the prefix
	}
	ctx = correlation.WithWorkflow(ctx, in.CorrelationID)
	r := &reconciliationRun{in: in, at: ReconciliationProgress{CorrelationID: in.CorrelationID, Stage: "starting"}}
	if err := workflow.SetQueryHandler(ctx, QueryStatus, func() (ReconciliationProgress, error) { return r.at, nil }); err != nil {
		return activities.ReconciliationResult{}, err
	}
	err := r.run(ctx)
	if workflow.IsContinueAsNewError(err) {
		return activities.ReconciliationResult{}, err
	}
	return r.conclude(ctx, err)
}

func (r *reconciliationRun) run(ctx workflow.Context) error {
	if r.in.Heals != nil {
		r.begun, r.at = r.in.Heals.Begun, r.in.Heals.At
		return r.heal(ctx, r.in.Heals.After)
	}
	begin := activities.BeginReconciliationInput{
		CorrelationID: r.in.CorrelationID, Options: r.in.Options, Applies: r.in.Applies, StartedAt: workflow.Now(ctx),
	}
	begin.PlanLater = r.in.Applies != "" && workflow.GetVersion(ctx, "plan-in-pieces", workflow.DefaultVersion, 1) == 1
	if err := (step{"Start the run", reconciliations.BeginReconciliation, moneyRetries}).run(ctx, begin, &r.begun); err != nil {
		return err
	}
	if r.in.Applies == "" {
		if err := r.scan(ctx); err != nil {
			return err
		}
	}
	if begin.PlanLater {
		if err := r.copyPlan(ctx); err != nil {
			return err
		}
	}
	if r.in.Options.DryRun {
		return nil
	}
	return r.heal(ctx, 0)
}

func (r *reconciliationRun) copyPlan(ctx workflow.Context) error {
	copying := workflow.WithActivityOptions(ctx, scanning("Copy the plan of "+r.in.Applies))
	in := activities.CopyPlanInput{RunID: r.begun.RunID, Planned: r.in.Applies}
	return workflow.ExecuteActivity(copying, reconciliations.CopyPlan, in).Get(ctx, nil)
}

// conclude writes the outcome of the run, also of a failed or cancelled one: its context is out of reach of a cancellation.
func (r *reconciliationRun) conclude(ctx workflow.Context, failure error) (activities.ReconciliationResult, error) {
	disconnected, stop := workflow.NewDisconnectedContext(ctx)
	defer stop()
	in := activities.ConcludeInput{CorrelationID: r.in.CorrelationID, Scanned: r.at.Scanned}
	if failure != nil {
		in.Failure = reasonOf(failure)
	}
	var result activities.ReconciliationResult
	err := step{"Conclude the run", reconciliations.ConcludeReconciliation, concludeRetries}.run(disconnected, in, &result)
	if err != nil {
		return result, errors.Join(failure, err)
	}
	r.emails.send(disconnected, result.EmailIDs)
	r.at.Stage = "ended"
	r.describe(ctx)
	err = workflow.Await(disconnected, func() bool { return r.emails.inFlight == 0 })
	return result, errors.Join(failure, err)
}

// reasonOf returns why a run failed, for an operator: the activity's own error, without the ids that Temporal wraps around it and
// shows in its UI.
func reasonOf(failure error) string {
	var cause *temporal.ApplicationError
	var attempt *temporal.ActivityError
	switch {
	case errors.As(failure, &cause):
		return cause.Message()
	case errors.As(failure, &attempt) && attempt.Unwrap() != nil:
		return attempt.ActivityType().GetName() + ": " + attempt.Unwrap().Error()
	default:
		return failure.Error()
	}
}

func (r *reconciliationRun) describe(ctx workflow.Context) {
	setDetails(ctx,
		fmt.Sprintf("**Reconciliation %s**: %s.\n", r.in.CorrelationID, r.at.Stage),
		fmt.Sprintf("- Balance transactions: %d of %d hours of the look-back", r.at.SecondsDone/3600, r.at.Seconds/3600),
		fmt.Sprintf("- Other scans: %d of %d", r.at.ScansDone, r.at.Scans),
		fmt.Sprintf("- Compared: %d, findings: %d, healings requested: %d", r.at.Scanned, r.at.Found, r.at.Healing),
		fmt.Sprintf("- Dry run: %t, look-back: %d days, scope: %s", r.in.Options.DryRun, r.in.Options.LookbackDays, r.in.Options.Scope),
	)
}

package workflows

import (
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/internal/correlation"
	"farebook/reconciliation"
)

var reconciliations *activities.Reconciliations

// ReconciliationInput starts a reconciliation. CorrelationID is the workflow id's when it is empty, as a schedule leaves it. BookingsQueue
// is where what is healed runs.
type ReconciliationInput struct {
	CorrelationID string                 `json:"correlationId,omitempty"`
	Options       reconciliation.Options `json:"options"`
	Applies       string                 `json:"applies,omitempty"`
	BookingsQueue string                 `json:"bookingsQueue"`
	// Heals is how far the run was when it went on in a new history; nil at its beginning.
	Heals *ReconciliationHeals `json:"heals,omitempty"`
}

// ReconciliationHeals is a run among its healings: each writes several events, and a history holds 51,200 at most.
type ReconciliationHeals struct {
	Begun activities.ReconciliationBegun `json:"begun"`
	After uint64                         `json:"after"` // the last item that was dealt with
	At    ReconciliationProgress         `json:"at"`
}

// ReconciliationProgress answers the query status.
type ReconciliationProgress struct {
	CorrelationID string `json:"correlationId"`
	Stage         string `json:"stage"`
	// Seconds of the look-back whose balance transactions have been compared, of all; none when they are not looked at.
	Seconds     int64 `json:"seconds"`
	SecondsDone int64 `json:"secondsDone"`
	Scans       int   `json:"scans"` // that have to be made beside that
	ScansDone   int   `json:"scansDone"`
	Scanned     int64 `json:"scanned"`
	Found       int64 `json:"found"`
	Healing     int   `json:"healing"` // items whose workflows were asked
	// Trouble is what a scan failed with that is tried again; empty when none is.
	Trouble string `json:"trouble,omitempty"`
}

// reconciling is one reconciliation.
type reconciling struct {
	in    ReconciliationInput
	begun activities.ReconciliationBegun
	at    ReconciliationProgress
	mails mailing
}

// Reconciliation holds the books against Stripe: disjoint windows at once, each a long activity that resumes where a worker
// died. What may be healed is healed by the object's own workflow, which reads it again and records. A dry run
// writes its report and nothing else; one that applies another's plan scans nothing.
func Reconciliation(ctx workflow.Context, in ReconciliationInput) (activities.ReconciliationResult, error) {
	if in.CorrelationID == "" {
		in.CorrelationID = correlationOf(workflow.GetInfo(ctx).WorkflowExecution.ID)
	}
	ctx = correlation.WithWorkflow(ctx, in.CorrelationID)
	r := &reconciling{in: in, at: ReconciliationProgress{CorrelationID: in.CorrelationID, Stage: "beginning"}}
	if err := workflow.SetQueryHandler(ctx, QueryStatus, func() (ReconciliationProgress, error) { return r.at, nil }); err != nil {
		return activities.ReconciliationResult{}, err
	}
	err := r.run(ctx)
	if workflow.IsContinueAsNewError(err) {
		return activities.ReconciliationResult{}, err
	}
	return r.conclude(ctx, err)
}

func (r *reconciling) run(ctx workflow.Context) error {
	if r.in.Heals != nil {
		r.begun, r.at = r.in.Heals.Begun, r.in.Heals.At
		return r.heal(ctx, r.in.Heals.After)
	}
	begin := activities.BeginReconciliationInput{
		CorrelationID: r.in.CorrelationID, Options: r.in.Options, Applies: r.in.Applies, StartedAt: workflow.Now(ctx),
	}
	begin.PlanLater = r.in.Applies != "" && workflow.GetVersion(ctx, "plan-in-pieces", workflow.DefaultVersion, 1) == 1
	if err := (step{"Begin the run", reconciliations.BeginReconciliation, moneyPatience}).run(ctx, begin, &r.begun); err != nil {
		return err
	}
	if r.in.Applies == "" {
		if err := r.scan(ctx); err != nil {
			return err
		}
	}
	if begin.PlanLater {
		copying := workflow.WithActivityOptions(ctx, scanning("Copy the plan of "+r.in.Applies))
		in := activities.CopyPlanInput{RunID: r.begun.RunID, Planned: r.in.Applies}
		if err := workflow.ExecuteActivity(copying, reconciliations.CopyPlan, in).Get(ctx, nil); err != nil {
			return err
		}
	}
	if r.in.Options.DryRun {
		return nil
	}
	return r.heal(ctx, 0)
}

// scan compares the balance transactions first: what the ledger has beyond them is known only then.
func (r *reconciling) scan(ctx workflow.Context) error {
	scope := r.in.Options.Scope
	whole := activities.ScanInput{RunID: r.begun.RunID, Window: r.begun.Whole}
	var second []scan
	if scope.Includes(reconciliation.ScopeLedger) {
		second = append(second, scan{"Ledger against Stripe", reconciliations.ScanUnseen, whole})
		for _, object := range []reconciliation.Object{reconciliation.ObjectRefund, reconciliation.ObjectDispute} {
			in := whole
			in.Object = object
			second = append(second, scan{"States of " + string(object) + "s", reconciliations.ScanStates, in})
		}
	}
	if scope.Includes(reconciliation.ScopePayouts) {
		in := whole
		in.Object = reconciliation.ObjectPayout
		second = append(second, scan{"States of payouts", reconciliations.ScanStates, in})
	}
	if scope.Includes(reconciliation.ScopePayments) {
		in := whole
		in.Limit = r.in.Options.Limit
		second = append(second, scan{"Open payments", reconciliations.ScanOpenPayments, in})
	}
	var last []scan
	if scope == reconciliation.ScopeAll {
		last = append(last, scan{"Clearing account against Stripe's balance", reconciliations.CompareClearing, whole})
	}
	r.at.Scans = len(second) + len(last)
	if scope.Includes(reconciliation.ScopeLedger) {
		if err := r.scanWindows(ctx); err != nil {
			return err
		}
	}
	if err := r.together(ctx, "comparing states", second); err != nil {
		return err
	}
	return r.together(ctx, "comparing the clearing account", last)
}

// scan is one long activity.
type scan struct {
	summary  string
	activity any
	in       activities.ScanInput
}

func (r *reconciling) together(ctx workflow.Context, stage string, batch []scan) error {
	if len(batch) == 0 {
		return nil
	}
	r.at.Stage = stage
	r.describe(ctx)
	scans, stop := workflow.WithCancel(ctx)
	defer stop()
	futures := make([]workflow.Future, len(batch))
	for i, one := range batch {
		futures[i] = workflow.ExecuteActivity(workflow.WithActivityOptions(scans, scanning(one.summary)), one.activity, one.in)
	}
	var failure error
	for _, future := range futures {
		var scanned activities.Scanned
		// Not on scans: its end is waited for, or a scan would write beside a run that has ended.
		if err := future.Get(ctx, &scanned); err != nil {
			failure = firstOf(failure, err)
			stop()
			continue
		}
		r.at.ScansDone++
		r.at.Scanned += scanned.Lines
		r.at.Found += scanned.Found
		r.describe(ctx)
	}
	return failure
}

// firstOf is the first thing that failed: what follows was stopped because of it.
func firstOf(failure, err error) error {
	if failure != nil {
		return failure
	}
	return err
}

// heal asks the workflow of each item after one that may be healed, and has the outcome confirmed.
func (r *reconciling) heal(ctx workflow.Context, after uint64) error {
	r.at.Stage = "healing"
	in := activities.HealingsInput{RunID: r.begun.RunID, After: after, Planned: r.in.Applies != ""}
	for batches := 1; ; batches++ {
		var tasks []activities.HealingTask
		if err := (step{"Read what may be healed", reconciliations.NextHealings, healPatience}).run(ctx, in, &tasks); err != nil {
			return err
		}
		if len(tasks) == 0 {
			return nil
		}
		confirm := activities.ConfirmInput{RunID: r.begun.RunID}
		for _, task := range tasks {
			in.After = task.ItemID
			if task.Healing == reconciliation.HealNone {
				continue
			}
			if err := r.askOwner(ctx, task); err != nil {
				return err
			}
			r.at.Healing++
			confirm.ItemIDs = append(confirm.ItemIDs, task.ItemID)
		}
		r.describe(ctx)
		if err := r.confirm(ctx, confirm); err != nil {
			return err
		}
		if longHistory(ctx, batches, len(confirm.ItemIDs) > 0) {
			r.in.Heals = &ReconciliationHeals{Begun: r.begun, After: in.After, At: r.at}
			return workflow.NewContinueAsNewError(ctx, TypeReconciliation, r.in)
		}
	}
}

func (r *reconciling) confirm(ctx workflow.Context, in activities.ConfirmInput) error {
	if len(in.ItemIDs) == 0 {
		return nil
	}
	confirming := workflow.WithActivityOptions(ctx, scanning("Confirm what was healed"))
	return workflow.ExecuteActivity(confirming, reconciliations.ConfirmHealings, in).Get(ctx, nil)
}

// mostBatches is how many batches of items one history takes, whatever became of them: those that nobody is asked about are markers
// of a few workflow tasks, of which the server says nothing until they are many.
const mostBatches = 200

// longHistory tells whether the run has to continue in a new history. Before the version, one that asked nobody never did.
func longHistory(ctx workflow.Context, batches int, asked bool) bool {
	suggested := workflow.GetInfo(ctx).GetContinueAsNewSuggested()
	if suggested && asked {
		return true
	}
	return (suggested || batches >= mostBatches) && workflow.GetVersion(ctx, "continue-without-healings", workflow.DefaultVersion, 1) == 1
}

// askOwner has the workflow that owns an object read it again; whether the item is healed is confirmed next.
func (r *reconciling) askOwner(ctx workflow.Context, task activities.HealingTask) error {
	id, kind, in := ownerOf(task)
	ctx = correlation.WithWorkflow(ctx, task.CorrelationID) // what the owner does belongs to its own request
	event := StripeEvent{EventID: fmt.Sprintf("%s_%d", r.in.CorrelationID, task.ItemID), Type: "reconciliation", PaymentIntentID: task.PaymentIntentID}
	return tellOwner(ctx, healingChild(id, r.in.BookingsQueue), kind, in, event)
}

func ownerOf(task activities.HealingTask) (id, kind string, in any) {
	switch task.Healing {
	case reconciliation.HealRefund:
		if task.RefundID != "" {
			return RefundWorkflowID(string(task.RefundID)), TypeRefund, RefundInput{RefundID: task.RefundID, CorrelationID: task.CorrelationID}
		}
		return RefundWorkflowID(task.StripeID), TypeRefund, RefundInput{StripeRefundID: task.StripeID, CorrelationID: task.CorrelationID}
	case reconciliation.HealDispute:
		return DisputeWorkflowID(task.StripeID), TypeDispute, DisputeInput{DisputeID: task.StripeID, CorrelationID: task.CorrelationID}
	case reconciliation.HealPayout:
		return PayoutWorkflowID(task.StripeID), TypePayout, PayoutInput{PayoutID: task.StripeID}
	case reconciliation.HealAccountFee:
		return AccountFeeWorkflowID(task.StripeID), TypeAccountFee, AccountFeeInput{BalanceTransactionID: task.StripeID}
	case reconciliation.HealUnbooked:
		id := task.BalanceTransactionID
		return UnbookedWorkflowID(id), TypeUnbooked, UnbookedInput{BalanceTransactionID: id}
	default:
		return BookingPaymentWorkflowID(task.Reference), TypeBookingPayment, BookingPaymentInput{
			Reference: task.Reference, HoldExpiresAt: task.HoldExpiresAt, CorrelationID: task.CorrelationID, LookAt: task.PaymentIntentID,
		}
	}
}

// conclude writes how the run ended, also when it failed, on a context that a cancellation does not reach.
func (r *reconciling) conclude(ctx workflow.Context, failure error) (activities.ReconciliationResult, error) {
	disconnected, stop := workflow.NewDisconnectedContext(ctx)
	defer stop()
	in := activities.ConcludeInput{CorrelationID: r.in.CorrelationID, Scanned: r.at.Scanned}
	if failure != nil {
		in.Failure = reasonOf(failure)
	}
	var result activities.ReconciliationResult
	if err := (step{"Conclude the run", reconciliations.ConcludeReconciliation, concludePatience}).run(disconnected, in, &result); err != nil {
		return result, errors.Join(failure, err)
	}
	r.mails.send(disconnected, result.EmailIDs)
	r.at.Stage = "ended"
	r.describe(ctx)
	err := workflow.Await(disconnected, func() bool { return r.mails.inFlight == 0 })
	return result, errors.Join(failure, err)
}

func (r *reconciling) describe(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, strings.Join([]string{
		fmt.Sprintf("**Reconciliation %s**: %s.\n", r.in.CorrelationID, r.at.Stage),
		fmt.Sprintf("- Balance transactions: %d of %d hours of the look-back", r.at.SecondsDone/3600, r.at.Seconds/3600),
		fmt.Sprintf("- Other scans: %d of %d", r.at.ScansDone, r.at.Scans),
		fmt.Sprintf("- Looked at: %d, differences: %d, asked to heal: %d", r.at.Scanned, r.at.Found, r.at.Healing),
		fmt.Sprintf("- Dry run: %t, look-back: %d days, scope: %s", r.in.Options.DryRun, r.in.Options.LookbackDays, r.in.Options.Scope),
	}, "\n"))
}

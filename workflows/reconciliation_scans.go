package workflows

import (
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/reconciliation"
)

// scan is one long activity.
type scan struct {
	summary  string
	activity any
	in       activities.ScanInput
}

// scan compares balance transactions first, because only then is known what the ledger has beyond them.
func (r *reconciliationRun) scan(ctx workflow.Context) error {
	scope := r.in.Options.Scope
	states := r.stateScans()
	var clearing []scan
	if scope == reconciliation.ScopeAll {
		clearing = append(clearing, scan{
			"Compare the clearing account with Stripe's balance", reconciliations.CompareClearing,
			r.wholeLookBack(),
		})
	}
	r.at.Scans = len(states) + len(clearing)
	if scope.Includes(reconciliation.ScopeLedger) {
		if err := r.scanWindows(ctx); err != nil {
			return err
		}
	}
	if err := r.together(ctx, "comparing states", states); err != nil {
		return err
	}
	return r.together(ctx, "comparing the clearing account", clearing)
}

func (r *reconciliationRun) wholeLookBack() activities.ScanInput {
	return activities.ScanInput{RunID: r.begun.RunID, Window: r.begun.Whole}
}

// stateScans returns the scans of the run's scope that follow those of the balance transactions.
func (r *reconciliationRun) stateScans() []scan {
	whole, scope := r.wholeLookBack(), r.in.Options.Scope
	statesOf := func(object reconciliation.Object) scan {
		in := whole
		in.Object = object
		return scan{"Compare the states of " + string(object) + "s", reconciliations.ScanStates, in}
	}
	var scans []scan
	if scope.Includes(reconciliation.ScopeLedger) {
		scans = append(scans,
			scan{"Find ledger entries that Stripe does not have", reconciliations.ScanUnseen, whole},
			statesOf(reconciliation.ObjectRefund),
			statesOf(reconciliation.ObjectDispute))
	}
	if scope.Includes(reconciliation.ScopePayouts) {
		scans = append(scans, statesOf(reconciliation.ObjectPayout))
	}
	if scope.Includes(reconciliation.ScopePayments) {
		in := whole
		in.Limit = r.in.Options.Limit
		scans = append(scans, scan{"Compare open payments", reconciliations.ScanOpenPayments, in})
	}
	return scans
}

// together runs the scans in parallel and waits for all of them. The first failure cancels the others.
func (r *reconciliationRun) together(ctx workflow.Context, stage string, scans []scan) error {
	if len(scans) == 0 {
		return nil
	}
	r.at.Stage = stage
	r.describe(ctx)
	scanCtx, stop := workflow.WithCancel(ctx)
	defer stop()
	futures := make([]workflow.Future, len(scans))
	for i, one := range scans {
		futures[i] = workflow.ExecuteActivity(workflow.WithActivityOptions(scanCtx, scanning(one.summary)), one.activity, one.in)
	}
	var failure error
	for _, future := range futures {
		var scanned activities.Scanned
		// ctx, not scanCtx: the end of a cancelled scan is awaited, or it would write into a run that has ended.
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

// firstOf keeps the first failure: those after it are cancellations that it caused.
func firstOf(failure, err error) error {
	if failure != nil {
		return failure
	}
	return err
}

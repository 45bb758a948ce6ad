package workflows

import (
	"fmt"
	"time"

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

// lanes is how many disjoint windows are read in parallel: enough that a run waits for the rate limit and not for Stripe's response
// times.
const lanes = 12

const (
	// minPages and maxPages bound how many pages a window reads before it returns the rest, to be split among idle lanes: payments
	// are never spread evenly over time. Few pages at first, because an idle lane costs more than an activity; more as the run
	// advances, because each activity is a billable action.
	minPages = 4
	maxPages = 128
	// returnsPerDoubling is how often a lane returns its rest while the run doubles its progress, so that the last busy lane delays
	// the run by a small part of its duration.
	returnsPerDoubling = 4
	// pagesPerLane is how many pages a part must be expected to have to get a lane.
	pagesPerLane = 2
)

// scanWindows compares the balance transactions of the look-back. It starts with windows of equal length. What a window has left
// after some pages is split among the idle lanes.
func (r *reconciliationRun) scanWindows(ctx workflow.Context) error {
	r.at.Stage = "comparing balance transactions"
	lines := r.begun.Lines()
	r.at.Seconds = lines.Seconds()
	r.describe(ctx)
	left := cut(activities.ScanInput{RunID: r.begun.RunID, Window: lines, Pages: minPages}, lanes)
	selector, running := workflow.NewSelector(ctx), 0
	scanCtx, stop := workflow.WithCancel(ctx)
	defer stop()
	var failure error
	for running > 0 || len(left) > 0 && failure == nil {
		for ; running < lanes && len(left) > 0 && failure == nil; running++ {
			in := left[0]
			left = left[1:]
			options := workflow.WithActivityOptions(scanCtx, scanning(fmt.Sprintf("Balance transactions, %s", spanOf(in.Window))))
			selector.AddFuture(workflow.ExecuteActivity(options, reconciliations.ScanWindow, in), func(f workflow.Future) {
				var scanned activities.Scanned
				running--
				if err := f.Get(ctx, &scanned); err != nil {
					failure = firstOf(failure, err)
					stop()
					return
				}
				r.count(scanned)
				if scanned.Rest != nil {
					left = append(left, r.share(in, scanned, lanes-running-len(left))...)
				}
			})
		}
		selector.Select(ctx)
		r.describe(ctx)
	}
	return failure
}

func (r *reconciliationRun) count(scanned activities.Scanned) {
	r.at.Scanned += scanned.Lines
	r.at.Found += scanned.Found
	r.at.SecondsDone += scanned.Seconds
}

// share splits what a scan has left into parts for the idle lanes.
func (r *reconciliationRun) share(in activities.ScanInput, scanned activities.Scanned, idle int) []activities.ScanInput {
	in.Window, in.After = *scanned.Rest, scanned.After
	in.Pages = int(min(max(r.at.Scanned/reconciliation.PageSize/lanes/returnsPerDoubling, minPages), maxPages))
	if scanned.Seconds > 0 {
		// Assumes that the rest is as dense as the part that is done. Where it is not, the next split corrects it.
		pages := scanned.Lines * in.Window.Seconds() / scanned.Seconds / reconciliation.PageSize
		idle = int(min(int64(idle), pages/pagesPerLane))
	}
	return cut(in, idle)
}

// cut splits the window of in at whole seconds into at most parts windows that do not overlap, newest first. The cursor After
// belongs to the newest.
func cut(in activities.ScanInput, parts int) []activities.ScanInput {
	whole := in.Window.Seconds()
	parts = int(max(1, min(int64(parts), whole)))
	out := make([]activities.ScanInput, 0, parts)
	to := in.Window.To
	for i := range parts {
		part := in
		part.Window = reconciliation.Window{From: in.Window.From.Add(time.Duration(whole*int64(parts-1-i)/int64(parts)) * time.Second), To: to}
		to = part.Window.From
		if i > 0 {
			part.After = ""
		}
		out = append(out, part)
	}
	return out
}

func spanOf(w reconciliation.Window) string {
	const layout = "2 Jan 15:04:05"
	return w.From.UTC().Format(layout) + " to " + w.To.UTC().Format(layout)
}

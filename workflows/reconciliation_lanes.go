package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/reconciliation"
)

// lanes is how many disjoint windows are read beside one another: enough that the rate limit, and not the time that Stripe
// takes for a page, is what a run waits for.
const lanes = 12

const (
	// fewestPages and mostPages are after how many pages a window hands back its rest, to be cut for lanes that are idle:
	// payments are never spread evenly over time. Few at first, because an idle lane costs more than an activity; more the
	// further the run is, because each activity is a billable action.
	fewestPages = 4
	mostPages   = 128
	// handBacks is how many of them a lane makes while the run gets as far again as it was: a lane that is the last to
	// be busy then holds up the run by a small part of its time.
	handBacks = 4
	// pagesWorthALane is how many pages have to be expected of a part that gets its own lane.
	pagesWorthALane = 2
)

// scanWindows goes through the look-back's balance transactions. It begins with windows of the same length; what one has left
// after some pages is cut into as many parts as there are lanes idle.
func (r *reconciling) scanWindows(ctx workflow.Context) error {
	r.at.Stage = "comparing balance transactions"
	lines := r.begun.Lines()
	r.at.Seconds = lines.Seconds()
	r.describe(ctx)
	left := cut(activities.ScanInput{RunID: r.begun.RunID, Window: lines, Pages: fewestPages}, lanes)
	selector, running := workflow.NewSelector(ctx), 0
	scans, stop := workflow.WithCancel(ctx)
	defer stop()
	var failure error
	for running > 0 || len(left) > 0 && failure == nil {
		for ; running < lanes && len(left) > 0 && failure == nil; running++ {
			in := left[0]
			left = left[1:]
			options := workflow.WithActivityOptions(scans, scanning(fmt.Sprintf("Balance transactions, %s", spanOf(in.Window))))
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

func (r *reconciling) count(scanned activities.Scanned) {
	r.at.Scanned += scanned.Lines
	r.at.Found += scanned.Found
	r.at.SecondsDone += scanned.Seconds
}

// share cuts what a scan has left into parts for the lanes that are idle.
func (r *reconciling) share(in activities.ScanInput, scanned activities.Scanned, idle int) []activities.ScanInput {
	in.Window, in.After = *scanned.Rest, scanned.After
	in.Pages = int(min(max(r.at.Scanned/reconciliation.PageSize/lanes/handBacks, fewestPages), mostPages))
	if scanned.Seconds > 0 {
		// What is left is taken to be as dense as what is done; where that is wrong, the next look mends it.
		pages := scanned.Lines * in.Window.Seconds() / scanned.Seconds / reconciliation.PageSize
		idle = int(min(int64(idle), pages/pagesWorthALane))
	}
	return cut(in, idle)
}

// cut divides what a scan has to go through into parts that do not overlap, at whole seconds, the newest first: the cursor
// belongs to that one.
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

// Package replay runs histories of a live namespace against the workflows of this build, before it is deployed: a running workflow
// whose history does not fit the new code would stop at its next task. It reads from Temporal and changes nothing there. It imports
// internal/correlation and internal/payload; command hands it the workflows.
package replay

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"farebook/internal/payload"
)

// atOnce is how many histories are in memory at a time. Temporal limits each to 50 MB.
const atOnce = 4

// Replayer replays histories. All fields but Only and Progress are required.
type Replayer struct {
	Temporal   client.Client // of the namespace
	TaskQueues []string
	// Workflows are those of this build, by type.
	Workflows map[string]any
	// Open limits the running workflows of each type, and Closed the closed ones; the newest are taken.
	Open, Closed int
	// Payloads decrypts histories; nil for histories that are not encrypted.
	Payloads *payload.Codec
	// Only is the one type to replay; empty for all.
	Only string
	// Progress is called after each type; nil for nothing.
	Progress func(Kind)
}

// Kind counts the histories of one workflow type.
type Kind struct {
	Type string
	// Known is false for a type that the build does not have.
	Known bool
	// Open and Closed are how many were examined, whether they fit or not.
	Open, Closed int
	Failed       int
	// Pinned are running workflows that do not fit and need not: Worker Versioning lets them end on the build that began them.
	Pinned int
	// NotStarted are running workflows that no worker has begun: every build fits them.
	NotStarted int
	// Expired are histories that Temporal removed between the listing and the reading, at the end of their retention.
	Expired int
	// LeftOut are running workflows beyond the limit.
	LeftOut int64
}

// Failure is a history that this build cannot continue.
type Failure struct {
	Type, WorkflowID, RunID string
	Open                    bool
	Difference
}

// Report is the result of a replay.
type Report struct {
	Kinds    []Kind
	Failures []Failure
}

// Run replays the histories of each type. A history that does not fit is a Failure in the report; an error is about Temporal.
func (r *Replayer) Run(ctx context.Context) (Report, error) {
	var report Report
	for _, s := range r.selections() {
		counted := newTally(s.name)
		if err := r.replay(ctx, s.condition, counted); err != nil {
			return Report{}, err
		}
		for _, kind := range counted.sorted() {
			report.Kinds = append(report.Kinds, kind)
			if r.Progress != nil {
				r.Progress(kind)
			}
		}
		report.Failures = append(report.Failures, counted.failures...)
	}
	slices.SortFunc(report.Failures, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.WorkflowID, b.WorkflowID), cmp.Compare(a.RunID, b.RunID))
	})
	return report, nil
}

// selection is a condition of visibility: one type of this build, or all types that it does not have.
type selection struct {
	name      string // empty for the types that the build does not have
	condition string
}

func (r *Replayer) selections() (all []selection) {
	names := slices.Sorted(maps.Keys(r.Workflows))
	for _, name := range names {
		all = append(all, selection{name, fmt.Sprintf("WorkflowType = '%s'", name)})
	}
	all = append(all, selection{"", "WorkflowType NOT IN " + listOf(names)})
	if r.Only == "" {
		return all
	}
	all = slices.DeleteFunc(all, func(s selection) bool { return s.name != r.Only })
	if len(all) == 0 {
		return []selection{{"", fmt.Sprintf("WorkflowType = '%s'", r.Only)}}
	}
	return all
}

// listOf writes values as a query of visibility lists them.
func listOf(values []string) string { return "('" + strings.Join(values, "', '") + "')" }

// replay replays what a condition selects: the running workflows, then the closed ones.
func (r *Replayer) replay(ctx context.Context, condition string, counted *tally) error {
	selected := "TaskQueue IN " + listOf(r.TaskQueues) + " AND " + condition
	open := selected + " AND ExecutionStatus = 'Running'"
	listed, err := r.replayListed(ctx, open, r.Open, counted)
	if err == nil && listed == r.Open {
		err = r.countLeftOut(ctx, open, counted)
	}
	if err != nil {
		return err
	}
	_, err = r.replayListed(ctx, selected+" AND ExecutionStatus != 'Running'", r.Closed, counted)
	return err
}

// replayListed replays the newest runs of a query, a few at a time, and returns how many were listed.
func (r *Replayer) replayListed(ctx context.Context, query string, limit int, counted *tally) (listed int, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	listed, err = r.list(ctx, query, limit, func(run *workflowpb.WorkflowExecutionInfo) {
		group.Go(func() error { return r.replayRun(ctx, run, counted) })
	})
	return listed, cmp.Or(group.Wait(), err)
}

package workflows_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/reconciliation"
	"farebook/workflows"
)

const runID = "recon_0123456789abcdef"

// reconcile asks for a run of everything over one day.
func reconcile(change func(*workflows.ReconciliationInput)) workflows.ReconciliationInput {
	in := workflows.ReconciliationInput{
		CorrelationID: runID, BookingsQueue: workflows.TaskQueueBookings,
		Options: reconciliation.Options{LookbackDays: 1, Limit: 100, Scope: reconciliation.ScopeAll},
	}
	if change != nil {
		change(&in)
	}
	return in
}

func dryRun(in *workflows.ReconciliationInput) { in.Options.DryRun = true }

// reconciliationScenario has a look-back of one day, scans that compare ten objects each, and tasks to heal in batches.
func reconciliationScenario(t *testing.T, batches ...[]activities.HealingTask) *scenario {
	t.Helper()
	s := newScenario(t)
	answer(s, reconciliations.BeginReconciliation, activities.ReconciliationBegun{RunID: 7, Whole: reconciliation.LookBack(began, 1)})
	double(s, reconciliations.ScanWindow, func(in activities.ScanInput) (activities.Scanned, error) {
		return activities.Scanned{Lines: 10, Seconds: in.Window.Seconds()}, nil
	})
	answer(s, reconciliations.NextHealings, append(batches, nil)...)
	accept(s, reconciliations.ConfirmHealings)
	answer(s, reconciliations.ConcludeReconciliation, activities.ReconciliationResult{CorrelationID: runID, EmailIDs: []uint64{21}})
	for _, kind := range []string{
		workflows.TypeBookingPayment, workflows.TypeRefund, workflows.TypeDispute, workflows.TypePayout, workflows.TypeAccountFee,
		workflows.TypeUnbooked,
	} {
		s.childRuns(kind)
	}
	return s
}

// continuedWith returns the input with which the run continued as new.
func (s *scenario) continuedWith() workflows.ReconciliationInput {
	s.t.Helper()
	var again *workflow.ContinueAsNewError
	require.ErrorAs(s.t, s.env.GetWorkflowError(), &again)
	var next workflows.ReconciliationInput
	require.NoError(s.t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	return next
}

// count is how often a line is in the trace.
func (s *scenario) count(line string) (count int) {
	for _, one := range s.trace {
		if one == line {
			count++
		}
	}
	return count
}

// scansAnswer has the scans beside those of windows compare ten objects each.
func (s *scenario) scansAnswer() {
	scanned := activities.Scanned{Lines: 10, Found: 1}
	answer(s, reconciliations.ScanUnseen, scanned)
	answer(s, reconciliations.ScanStates, scanned)
	answer(s, reconciliations.ScanOpenPayments, scanned)
	answer(s, reconciliations.CompareClearing, scanned)
}

const (
	window    = "start: ScanWindow (retried for 1d)"
	concluded = "start: ConcludeReconciliation scanned:180"
)

// windows is the part of a trace in which twelve windows of the look-back are compared.
func windows() []string {
	lines := make([]string, 12)
	for i := range lines {
		lines[i] = window
	}
	return lines
}

func lines(parts ...[]string) (all []string) {
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

var statesAndClearing = []string{
	"start: ScanUnseen (retried for 1d)",
	"start: ScanStates refund (retried for 1d)",
	"start: ScanStates dispute (retried for 1d)",
	"start: ScanStates payout (retried for 1d)",
	"start: ScanOpenPayments limit:100 (retried for 1d)",
	"start: CompareClearing (retried for 1d)",
}

func TestDryRunComparesEverythingAndHealsNothing(t *testing.T) {
	s := reconciliationScenario(t)
	s.scansAnswer()
	s.run(workflows.Reconciliation, reconcile(dryRun))
	s.requireTrace(lines(
		[]string{"start: BeginReconciliation"}, windows(), statesAndClearing, []string{concluded, "start: SendEmail 21"},
	)...)
	progress, err := s.env.QueryWorkflow(workflows.QueryStatus)
	require.NoError(t, err)
	var at workflows.ReconciliationProgress
	require.NoError(t, progress.Get(&at))
	require.Equal(t, workflows.ReconciliationProgress{
		CorrelationID: runID, Stage: "ended", Seconds: 86400, SecondsDone: 86400, Scans: 6, ScansDone: 6, Scanned: 180, Found: 6,
	}, at)
}

func TestScopeOfPayoutsComparesTheirStatesOnly(t *testing.T) {
	s := reconciliationScenario(t)
	s.scansAnswer()
	s.run(workflows.Reconciliation, reconcile(func(in *workflows.ReconciliationInput) {
		in.Options.DryRun, in.Options.Scope = true, reconciliation.ScopePayouts
	}))
	s.requireTrace(
		"start: BeginReconciliation",
		"start: ScanStates payout (retried for 1d)",
		"start: ConcludeReconciliation scanned:10",
		"start: SendEmail 21",
	)
}

// The newest window is the last to be read, and hands back its older half: the idle lanes share that, without gap or overlap.
func TestRestOfAWindowIsSharedAmongIdleLanes(t *testing.T) {
	s := newScenario(t)
	whole := reconciliation.LookBack(began, 1)
	answer(s, reconciliations.BeginReconciliation, activities.ReconciliationBegun{RunID: 7, Whole: whole})
	newest := reconciliation.Window{From: whole.To.Add(-2 * time.Hour), To: whole.To}
	rest := reconciliation.Window{From: newest.From, To: newest.From.Add(time.Hour)}
	s.env.OnActivity(reconciliations.ScanWindow, mock.Anything,
		mock.MatchedBy(func(in activities.ScanInput) bool { return in.Window == newest })).
		After(time.Minute).Return(activities.Scanned{Lines: 4000, Seconds: 3600, Rest: &rest, After: "txn_cursor"}, nil)
	var shared atomic.Int64
	double(s, reconciliations.ScanWindow, func(in activities.ScanInput) (activities.Scanned, error) {
		if !in.Window.From.Before(newest.From) {
			shared.Add(in.Window.Seconds())
		}
		return activities.Scanned{Seconds: in.Window.Seconds()}, nil
	})
	s.scansAnswer()
	answer(s, reconciliations.ConcludeReconciliation, activities.ReconciliationResult{})
	s.run(workflows.Reconciliation, reconcile(dryRun))
	require.Equal(t, 12, s.count(window))
	require.Equal(t, 12, s.count("1m: ScanWindow (retried for 1d)"))
	require.EqualValues(t, 3600, shared.Load(), "each second of the rest once")
}

func TestFindingsAreHealedByTheWorkflowsOfTheirObjects(t *testing.T) {
	s := reconciliationScenario(t,
		[]activities.HealingTask{
			{ItemID: 1, Healing: reconciliation.HealPayment, Reference: reference, PaymentIntentID: intent},
			{ItemID: 2, Healing: reconciliation.HealNone},
			{ItemID: 3, Healing: reconciliation.HealRefund, RefundID: refundID},
			{ItemID: 4, Healing: reconciliation.HealRefund, StripeID: "re_dashboard"},
			{ItemID: 5, Healing: reconciliation.HealDispute, StripeID: "dp_1"},
		},
		[]activities.HealingTask{
			{ItemID: 6, Healing: reconciliation.HealPayout, StripeID: "po_1"},
			{ItemID: 7, Healing: reconciliation.HealAccountFee, StripeID: "txn_fee"},
			{ItemID: 8, Healing: reconciliation.HealUnbooked, BalanceTransactionID: "txn_foreign"},
		},
	)
	s.scansAnswer()
	s.run(workflows.Reconciliation, reconcile(nil))
	s.requireTrace(lines(
		[]string{"start: BeginReconciliation"}, windows(), statesAndClearing,
		[]string{
			"start: NextHealings",
			"start: start BookingPayment:FB-7K2M9QXA",
			"start: start Refund:RF-7K2M9QXA",
			"start: start Refund:re_dashboard",
			"start: start Dispute:dp_1",
			"start: ConfirmHealings [1 3 4 5] (retried for 1d)",
			"start: NextHealings after:5",
			"start: start Payout:po_1",
			"start: start AccountFee:txn_fee",
			"start: start Unbooked:txn_foreign",
			"start: ConfirmHealings [6 7 8] (retried for 1d)",
			"start: NextHealings after:8",
			concluded,
			"start: SendEmail 21",
		})...)
}

// A plan is copied from the run that made it, and carried out without another scan.
func TestPlanIsAppliedWithoutAScan(t *testing.T) {
	s := reconciliationScenario(t, []activities.HealingTask{{ItemID: 1, Healing: reconciliation.HealDispute, StripeID: "dp_1"}})
	accept(s, reconciliations.CopyPlan)
	s.run(workflows.Reconciliation, reconcile(func(in *workflows.ReconciliationInput) { in.Applies = "recon_planned" }))
	s.requireTrace(
		"start: BeginReconciliation",
		"start: CopyPlan recon_planned (retried for 1d)",
		"start: NextHealings planned",
		"start: start Dispute:dp_1",
		"start: ConfirmHealings [1] (retried for 1d)",
		"start: NextHealings after:1 planned",
		"start: ConcludeReconciliation scanned:0",
		"start: SendEmail 21",
	)
}

// The server suggests a new history: the run continues after the last item that it handled, and does not conclude twice.
func TestLongRunContinuesAsNewAfterItsLastItem(t *testing.T) {
	s := reconciliationScenario(t, []activities.HealingTask{{ItemID: 41, Healing: reconciliation.HealPayout, StripeID: "po_1"}})
	s.env.SetContinueAsNewSuggested(true)
	s.run(workflows.Reconciliation, reconcile(func(in *workflows.ReconciliationInput) {
		in.Heals = &workflows.ReconciliationHeals{
			Begun: activities.ReconciliationBegun{RunID: 7}, After: 40, At: workflows.ReconciliationProgress{CorrelationID: runID, Healing: 12},
		}
	}))
	s.requireTrace(
		"start: NextHealings after:40",
		"start: start Payout:po_1",
		"start: ConfirmHealings [41] (retried for 1d)",
	)
	next := s.continuedWith()
	require.EqualValues(t, 41, next.Heals.After)
	require.Equal(t, 13, next.Heals.At.Healing)
}

// Batches in which nothing can be healed are bounded too: the server would suggest a new history far too late.
func TestRunWithoutHealingsContinuesAsNewAfter200Batches(t *testing.T) {
	s := newScenario(t)
	double(s, reconciliations.NextHealings, func(in activities.HealingsInput) ([]activities.HealingTask, error) {
		return []activities.HealingTask{{ItemID: in.After + 1, Healing: reconciliation.HealNone}}, nil
	})
	s.run(workflows.Reconciliation, reconcile(func(in *workflows.ReconciliationInput) {
		in.Heals = &workflows.ReconciliationHeals{Begun: activities.ReconciliationBegun{RunID: 7}}
	}))
	require.Len(t, s.trace, 200)
	require.EqualValues(t, 200, s.continuedWith().Heals.After)
}

// A run that began before that bound reads on in its history, until a batch heals something or none is left.
func TestOlderRunWithoutHealingsDoesNotContinueAsNew(t *testing.T) {
	s := newScenario(t)
	double(s, reconciliations.NextHealings, func(in activities.HealingsInput) ([]activities.HealingTask, error) {
		if in.After == 201 {
			return nil, nil
		}
		return []activities.HealingTask{{ItemID: in.After + 1, Healing: reconciliation.HealNone}}, nil
	})
	answer(s, reconciliations.ConcludeReconciliation, activities.ReconciliationResult{CorrelationID: runID})
	s.beganBefore("continue-without-healings")
	s.run(workflows.Reconciliation, reconcile(func(in *workflows.ReconciliationInput) {
		in.Heals = &workflows.ReconciliationHeals{Begun: activities.ReconciliationBegun{RunID: 7}}
	}))
	require.NoError(t, s.env.GetWorkflowError())
	require.Contains(t, s.traced(), "NextHealings after:201")
	require.Contains(t, s.traced(), "ConcludeReconciliation")
}

// A scan that fails cancels the others, and the run concludes with the reason.
func TestScanThatFailsEndsTheRunWithItsReason(t *testing.T) {
	s := reconciliationScenario(t)
	double(s, reconciliations.ScanStates, func(activities.ScanInput) (activities.Scanned, error) {
		return activities.Scanned{}, temporal.NewNonRetryableApplicationError("no progress for hours", activities.ScanStuck, nil)
	})
	s.scansAnswer()
	s.run(workflows.Reconciliation, reconcile(nil))
	require.NotContains(t, s.traced(), "NextHealings")
	require.NotContains(t, s.traced(), "CompareClearing")
	require.Contains(t, s.traced(), "no progress for hours\n")
	require.ErrorContains(t, s.env.GetWorkflowError(), "no progress for hours")
}

// A run that is cancelled concludes all the same: its row must not stay open.
func TestCancelledRunConcludes(t *testing.T) {
	s := reconciliationScenario(t)
	s.env.OnActivity(reconciliations.ScanOpenPayments, mock.Anything, mock.Anything).After(2*time.Hour).Return(activities.Scanned{}, nil)
	s.scansAnswer()
	s.after(time.Hour, s.env.CancelWorkflow)
	s.run(workflows.Reconciliation, reconcile(nil))
	require.NotContains(t, s.traced(), "NextHealings")
	require.NotContains(t, s.traced(), "CompareClearing")
	require.Contains(t, s.traced(), "\n1h: ConcludeReconciliation scanned:160 canceled\n1h: SendEmail 21")
	require.True(t, temporal.IsCanceledError(s.env.GetWorkflowError()))
}

// A schedule names no run: its id is the workflow's.
func TestScheduledRunTakesItsIDFromTheWorkflow(t *testing.T) {
	s := newScenario(t)
	var begun activities.BeginReconciliationInput
	double(s, reconciliations.BeginReconciliation, func(in activities.BeginReconciliationInput) (activities.ReconciliationBegun, error) {
		begun = in
		return activities.ReconciliationBegun{RunID: 7}, nil
	})
	answer(s, reconciliations.ScanStates, activities.Scanned{})
	answer(s, reconciliations.ConcludeReconciliation, activities.ReconciliationResult{})
	s.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: workflows.ReconciliationWorkflowID("recon_scheduled-2026-03-02T09:00:00Z")})
	s.run(workflows.Reconciliation, reconcile(func(in *workflows.ReconciliationInput) {
		in.CorrelationID = ""
		in.Options.DryRun = true
		in.Options.Scope = reconciliation.ScopePayouts
	}))
	require.Equal(t, "recon_scheduled-2026-03-02T09:00:00Z", begun.CorrelationID)
	require.Equal(t, began, begun.StartedAt)
}

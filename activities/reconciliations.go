package activities

import (
	"context"
	"log/slog"
	"time"

	"farebook/internal/stripeapi"
	"farebook/reconciliation"
	"farebook/store"
)

// Reconciliations are the activities that hold the books against Stripe. Those that scan are long: each goes through a
// window of its own, with its place in the heartbeat, so that a worker that dies costs a page.
type Reconciliations struct {
	Stripe *stripeapi.Client
	Store  *store.Store
	// Lag: what is younger may still be on its way. Tolerance, in minor units: a difference up to it is ignored.
	Lag       time.Duration
	Tolerance int64
	// CallsPerSecond is what a whole run may ask of Stripe.
	CallsPerSecond float64
	// Heal are the healings that may run without an operator.
	Heal []reconciliation.Healing
	// Unbooked explains money that no booking has.
	Unbooked *Unbooked
	Log      *slog.Logger
}

// BeginReconciliationInput asks for a run. Applies names the run whose plan is to be carried out.
type BeginReconciliationInput struct {
	CorrelationID string                 `json:"correlationId"`
	Options       reconciliation.Options `json:"options"`
	Applies       string                 `json:"applies,omitempty"`
	StartedAt     time.Time              `json:"startedAt"`
	// PlanLater leaves the plan to CopyPlan; a run that began before that was there has it copied here.
	PlanLater bool `json:"planLater,omitempty"`
}

// ReconciliationBegun is the run with the span that it compares.
type ReconciliationBegun struct {
	RunID uint64                `json:"runId"`
	Whole reconciliation.Window `json:"whole"`
	// Opened is when the books were opened, where that is within the span: no balance transaction from before is compared.
	Opened time.Time `json:"opened,omitzero"`
}

// Lines is the span whose balance transactions are compared.
func (b ReconciliationBegun) Lines() reconciliation.Window {
	lines := b.Whole
	if b.Opened.After(lines.From) {
		lines.From = b.Opened
	}
	return lines
}

// BeginReconciliation writes the run's row, or finds the one that its starter wrote: UNIQUE correlation id.
func (r *Reconciliations) BeginReconciliation(ctx context.Context, in BeginReconciliationInput) (ReconciliationBegun, error) {
	window := reconciliation.LookBack(in.StartedAt, in.Options.LookbackDays)
	run, err := r.Store.BeginRun(ctx, store.Run{
		CorrelationID: in.CorrelationID, Options: in.Options, Applies: in.Applies, WindowStart: window.From, WindowEnd: window.To,
		StartedAt: in.StartedAt.UTC(),
	})
	if err != nil {
		return ReconciliationBegun{}, storeError(err)
	}
	if in.Applies != "" && !in.PlanLater {
		err = r.takePlan(ctx, run.ID, in.Applies, &Scanned{})
	}
	if err != nil {
		return ReconciliationBegun{}, err
	}
	opening, err := r.Store.Opening(ctx)
	begun := ReconciliationBegun{RunID: run.ID, Whole: reconciliation.Window{From: run.WindowStart, To: run.WindowEnd}}
	if opening.At.After(run.WindowStart) {
		begun.Opened = opening.At
	}
	return begun, err
}

func (r *Reconciliations) rules() reconciliation.Rules {
	return reconciliation.Rules{Now: r.Store.Now(), Lag: r.Lag, Tolerance: r.Tolerance}
}

// ConcludeInput ends a run. Failure is empty for one that completed.
type ConcludeInput struct {
	CorrelationID string `json:"correlationId"`
	Scanned       int64  `json:"scanned"`
	Failure       string `json:"failure,omitempty"`
}

// ReconciliationResult is how a run ended, by numbers; its items are in the database.
type ReconciliationResult struct {
	CorrelationID string    `json:"correlationId"`
	StartedAt     time.Time `json:"startedAt"`
	CompletedAt   time.Time `json:"completedAt"`
	DryRun        bool      `json:"dryRun"`
	Scanned       int64     `json:"scanned"`
	Found         int64     `json:"found"`
	Fixed         int64     `json:"fixed"`
	Failed        int64     `json:"failed"`
	Skipped       int64     `json:"skipped"`
	Left          int64     `json:"left"` // that nobody has dealt with
	Overdue       int64     `json:"overdue"`
	PlanDigest    string    `json:"planDigest"`
	EmailIDs      []uint64  `json:"emailIds,omitempty"`
}

// ConcludeReconciliation adds a run up, writes its end and tells the finance department of differences. Harmless when
// repeated.
func (r *Reconciliations) ConcludeReconciliation(ctx context.Context, in ConcludeInput) (ReconciliationResult, error) {
	run, err := r.Store.Run(ctx, in.CorrelationID)
	if err != nil {
		return ReconciliationResult{}, storeError(err)
	}
	if run.PlanDigest, err = r.digest(ctx, run.ID); err != nil {
		return ReconciliationResult{}, err
	}
	if run.Overdue, err = r.Store.OverduePayments(ctx, run.WindowStart); err != nil {
		return ReconciliationResult{}, err
	}
	run.Status, run.Scanned, run.Error = store.RunCompleted, in.Scanned, in.Failure
	if in.Failure != "" {
		run.Status = store.RunFailed
	}
	if err := r.Store.EndRun(ctx, run); err != nil {
		return ReconciliationResult{}, err
	}
	result, err := r.addUp(ctx, in.CorrelationID)
	if err != nil {
		return result, err
	}
	if !run.Options.DryRun && (result.Left > 0 || in.Failure != "") {
		result.EmailIDs, err = r.Store.TellOfRun(ctx, in.CorrelationID, r.Store.Now())
	}
	r.Log.InfoContext(ctx, "reconciliation ended", "run", in.CorrelationID, "dryRun", result.DryRun, "scanned", result.Scanned,
		"found", result.Found, "fixed", result.Fixed, "failed", result.Failed, "skipped", result.Skipped, "overdue", result.Overdue)
	return result, err
}

func (r *Reconciliations) addUp(ctx context.Context, correlationID string) (ReconciliationResult, error) {
	run, err := r.Store.Run(ctx, correlationID)
	if err != nil {
		return ReconciliationResult{}, storeError(err)
	}
	result := ReconciliationResult{
		CorrelationID: run.CorrelationID, StartedAt: run.StartedAt, DryRun: run.Options.DryRun, Scanned: run.Scanned, Overdue: run.Overdue,
		PlanDigest: run.PlanDigest,
	}
	if run.CompletedAt != nil {
		result.CompletedAt = *run.CompletedAt
	}
	tally, err := r.Store.Tally(ctx, run.ID)
	result.Found, result.Fixed, result.Failed, result.Skipped, result.Left = tally.Found, tally.Fixed, tally.Failed, tally.Skipped, tally.Left
	return result, err
}

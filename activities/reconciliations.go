package activities

import (
	"context"
	"log/slog"
	"time"

	"farebook/internal/stripeapi"
	"farebook/reconciliation"
	"farebook/store"
	"farebook/store/recon"
	"farebook/webhook"
)

// Reconciliations are the activities that compare the books with Stripe. Scans take long: each reads one window, with its progress in the
// heartbeat, so that a worker that dies costs one page.
type Reconciliations struct {
	Stripe *stripeapi.Client
	Store  *store.Store
	Runs   *recon.Runs
	// Lag is the age below which a mismatch may only be late. Tolerance is the difference in minor units that is ignored.
	Lag       time.Duration
	Tolerance int64
	// CallsPerSecond bounds the calls to Stripe of a whole run.
	CallsPerSecond float64
	// Heal lists the healings that run automatically.
	Heal []reconciliation.Healing
	// Unbooked explains money that belongs to no booking.
	Unbooked *Unbooked
	Log      *slog.Logger
}

// BeginReconciliationInput asks for a run. Applies names the run whose plan it applies.
type BeginReconciliationInput struct {
	CorrelationID string                 `json:"correlationId"`
	Options       reconciliation.Options `json:"options"`
	Applies       string                 `json:"applies,omitempty"`
	StartedAt     time.Time              `json:"startedAt"`
	// PlanLater leaves the plan to CopyPlan. A run that an older release started has it copied here.
	PlanLater bool `json:"planLater,omitempty"`
}

// ReconciliationBegun is the run with the window that it compares.
type ReconciliationBegun struct {
	RunID uint64                `json:"runId"`
	Whole reconciliation.Window `json:"whole"`
	// Opened is when the books were opened, where that is inside the window: earlier balance transactions are not compared.
	Opened time.Time `json:"opened,omitzero"`
}

// Lines is the window whose balance transactions are compared.
func (b ReconciliationBegun) Lines() reconciliation.Window {
	lines := b.Whole
	if b.Opened.After(lines.From) {
		lines.From = b.Opened
	}
	return lines
}

// BeginReconciliation inserts the run's row, or finds the one that the starter has inserted: UNIQUE correlation id.
func (r *Reconciliations) BeginReconciliation(ctx context.Context, in BeginReconciliationInput) (ReconciliationBegun, error) {
	window := reconciliation.LookBack(in.StartedAt, in.Options.LookbackDays)
	run, err := r.Runs.BeginRun(ctx, recon.Run{
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

// ReconciliationResult is the outcome of a run in numbers. Its items are in the database.
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
	Left          int64     `json:"left"` // not dealt with yet
	Overdue       int64     `json:"overdue"`
	PlanDigest    string    `json:"planDigest"`
	EmailIDs      []uint64  `json:"emailIds,omitempty"`
}

// ConcludeReconciliation adds up a run, records its end and queues an email to the finance department where differences are left. Harmless
// when repeated: the same findings give the same numbers and digest, and the keys of the email and of the event are UNIQUE.
func (r *Reconciliations) ConcludeReconciliation(ctx context.Context, in ConcludeInput) (ReconciliationResult, error) {
	run, err := r.Runs.Run(ctx, in.CorrelationID)
	if err != nil {
		return ReconciliationResult{}, storeError(err)
	}
	if run.PlanDigest, err = r.digest(ctx, run.ID); err != nil {
		return ReconciliationResult{}, err
	}
	if run.Overdue, err = r.Runs.OverduePayments(ctx, run.WindowStart); err != nil {
		return ReconciliationResult{}, err
	}
	run.Status, run.Scanned, run.Error = recon.RunCompleted, in.Scanned, in.Failure
	if in.Failure != "" {
		run.Status = recon.RunFailed
	}
	if err := r.Runs.EndRun(ctx, run); err != nil {
		return ReconciliationResult{}, err
	}
	result, err := r.addUp(ctx, in.CorrelationID)
	if err != nil {
		return result, err
	}
	if !run.Options.DryRun && (result.Left > 0 || in.Failure != "") {
		result.EmailIDs, err = r.Runs.TellOfRun(ctx, in.CorrelationID, r.Store.Now())
	}
	if err == nil && !run.Options.DryRun && in.Failure == "" && result.Found > 0 {
		err = r.Runs.WriteDifferences(ctx, webhook.EventReconciliation{
			ID: in.CorrelationID, Found: result.Found, Fixed: result.Fixed, Failed: result.Failed, Left: result.Left,
		}, r.Store.Now())
	}
	r.Log.InfoContext(ctx, "reconciliation ended", "run", in.CorrelationID, "dryRun", result.DryRun, "scanned", result.Scanned,
		"found", result.Found, "fixed", result.Fixed, "failed", result.Failed, "skipped", result.Skipped, "overdue", result.Overdue)
	return result, err
}

func (r *Reconciliations) addUp(ctx context.Context, correlationID string) (ReconciliationResult, error) {
	run, err := r.Runs.Run(ctx, correlationID)
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
	tally, err := r.Runs.Tally(ctx, run.ID)
	result.Found, result.Fixed, result.Failed, result.Skipped, result.Left = tally.Found, tally.Fixed, tally.Failed, tally.Skipped, tally.Left
	return result, err
}

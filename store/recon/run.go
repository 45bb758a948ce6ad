package recon

import (
	"context"
	"time"

	"gorm.io/gorm"

	"farebook/reconciliation"
	"farebook/store/internal/db"
)

// The states of a reconciliation run.
const (
	RunRunning   = "running"
	RunCompleted = "completed"
	RunFailed    = "failed"
)

type runRow struct {
	ID            uint64
	CorrelationID string
	Scope         reconciliation.Scope
	DryRun        bool
	LookbackDays  int
	PaymentLimit  int
	Applies       *string
	Status        string
	WindowStart   time.Time
	WindowEnd     time.Time
	Scanned       int64
	Overdue       int64
	PlanSha256    string
	Error         string
	OpenStoppedAt uint64
	StartedAt     time.Time
	CompletedAt   *time.Time
}

func (runRow) TableName() string { return "reconciliation_runs" }

// Run is a reconciliation and its present state.
type Run struct {
	ID                     uint64
	CorrelationID          string // recon_...
	Options                reconciliation.Options
	Applies                string // the run whose plan this one applies
	Status                 string
	WindowStart, WindowEnd time.Time
	Scanned, Overdue       int64
	PlanDigest             string
	Error                  string
	StartedAt              time.Time
	CompletedAt            *time.Time
}

func (r runRow) domain() Run {
	return Run{
		ID: r.ID, CorrelationID: r.CorrelationID, Applies: db.OrEmpty(r.Applies), Status: r.Status, WindowStart: r.WindowStart,
		WindowEnd: r.WindowEnd,
		Options:   reconciliation.Options{LookbackDays: r.LookbackDays, Limit: r.PaymentLimit, DryRun: r.DryRun, Scope: r.Scope},
		Scanned:   r.Scanned, Overdue: r.Overdue, PlanDigest: r.PlanSha256, Error: r.Error, StartedAt: r.StartedAt, CompletedAt: r.CompletedAt,
	}
}

// BeginRun inserts a run's row or returns the existing one. The UNIQUE correlation id makes a repetition harmless.
func (r *Runs) BeginRun(ctx context.Context, run Run) (Run, error) {
	err := r.db.WithContext(ctx).Create(&runRow{
		CorrelationID: run.CorrelationID, Scope: run.Options.Scope, DryRun: run.Options.DryRun, LookbackDays: run.Options.LookbackDays,
		PaymentLimit: run.Options.Limit, Applies: db.OrNil(run.Applies), Status: RunRunning, WindowStart: run.WindowStart,
		WindowEnd: run.WindowEnd,
		StartedAt: run.StartedAt,
	}).Error
	if err != nil && !db.DuplicateKey(err) {
		return Run{}, err
	}
	begun, readErr := r.Run(ctx, run.CorrelationID)
	return begun, db.Unread(err, readErr)
}

// Run reads a run by its correlation id. Error: store.ErrNotFound.
func (r *Runs) Run(ctx context.Context, correlationID string) (Run, error) {
	var row runRow
	err := r.db.WithContext(ctx).Where("correlation_id = ?", correlationID).Take(&row).Error
	return row.domain(), db.NotFound(err)
}

// RunOf reads the run that has found an item. Error: store.ErrNotFound.
func (r *Runs) RunOf(ctx context.Context, item Item) (Run, error) {
	var row runRow
	err := r.db.WithContext(ctx).Where("id = ?", item.RunID).Take(&row).Error
	return row.domain(), db.NotFound(err)
}

// LastGoodRun reads the newest full run that completed. Error: store.ErrNotFound.
func (r *Runs) LastGoodRun(ctx context.Context) (Run, error) {
	var row runRow
	err := r.db.WithContext(ctx).Where("status = ? AND applies IS NULL AND scope = ?", RunCompleted, reconciliation.ScopeAll).
		Order("completed_at DESC").Limit(1).Take(&row).Error
	return row.domain(), db.NotFound(err)
}

// RunOver reads the first full run that healed what it found, completed, and had read Stripe up to a time. Error: store.ErrNotFound.
func (r *Runs) RunOver(ctx context.Context, at time.Time) (Run, error) {
	var row runRow
	err := r.db.WithContext(ctx).Where("status = ? AND completed_at >= ? AND scope = ? AND dry_run = FALSE AND window_end >= ?", RunCompleted,
		at.UTC(), reconciliation.ScopeAll, at.UTC()).Order("completed_at").Limit(1).Take(&row).Error
	return row.domain(), db.NotFound(err)
}

// RunningRuns returns the runs that began before a time and have not ended, oldest first.
func (r *Runs) RunningRuns(ctx context.Context, before time.Time, limit int) ([]Run, error) {
	var rows []runRow
	err := r.db.WithContext(ctx).Where("status = ? AND started_at < ?", RunRunning, before.UTC()).Order("id").Limit(limit).Find(&rows).Error
	runs := make([]Run, 0, len(rows))
	for _, row := range rows {
		runs = append(runs, row.domain())
	}
	return runs, err
}

// AbandonRun marks a run as failed, unless the run has recorded its end meanwhile.
func (r *Runs) AbandonRun(ctx context.Context, id uint64, why string) (ended bool, err error) {
	result := r.db.WithContext(ctx).Model(&runRow{}).Where("id = ? AND status = ?", id, RunRunning).Updates(map[string]any{
		"status": RunFailed, "error": db.Truncate(why, 500), "completed_at": r.db.Now(),
	})
	return result.RowsAffected > 0, result.Error
}

// EndRun records the end of a run and deletes its scratch rows, including rows that an abandoned worker wrote for a run that had ended.
func (r *Runs) EndRun(ctx context.Context, run Run) error {
	err := r.db.WithContext(ctx).Model(&runRow{}).Where("id = ?", run.ID).Updates(map[string]any{
		"status": run.Status, "scanned": run.Scanned, "overdue": run.Overdue, "plan_sha256": run.PlanDigest, "error": db.Truncate(run.Error, 500),
		"completed_at": gorm.Expr("COALESCE(completed_at, ?)", r.db.Now()),
	}).Error
	if err != nil {
		return err
	}
	return r.removeScratchOfEnded(ctx)
}

// removeScratchOfEnded looks up the runs that have scratch rows one by one, each by one row of the index: those that have ended have none
// but for a process that died.
func (r *Runs) removeScratchOfEnded(ctx context.Context) error {
	conn := r.db.WithContext(ctx)
	for after := uint64(0); ; {
		var next []uint64
		err := conn.Model(&seenRow{}).Where("run_id > ?", after).Order("run_id").Limit(1).Pluck("run_id", &next).Error
		if err != nil || len(next) == 0 {
			return err
		}
		after = next[0]
		var ended int64
		if err := conn.Model(&runRow{}).Where("id = ? AND status <> ?", after, RunRunning).Count(&ended).Error; err != nil {
			return err
		}
		if ended == 0 {
			continue
		}
		if err := r.removeScratch(ctx, after); err != nil {
			return err
		}
	}
}

// scratchBatch bounds the rows of one DELETE, so that it holds its locks for a short time.
const scratchBatch = 10_000

func (r *Runs) removeScratch(ctx context.Context, runID uint64) error {
	for {
		removed := r.db.WithContext(ctx).Where("run_id = ?", runID).Limit(scratchBatch).Delete(&seenRow{})
		if removed.Error != nil || removed.RowsAffected < scratchBatch {
			return removed.Error
		}
	}
}

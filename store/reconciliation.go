package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"farebook/booking"
	"farebook/reconciliation"
)

// The states of a reconciliation run, and of an item.
const (
	RunRunning   = "running"
	RunCompleted = "completed"
	RunFailed    = "failed"

	ItemFound    = "found"    // nothing was done yet, or nothing may be done without a person
	ItemFixed    = "fixed"    // healed
	ItemFailed   = "failed"   // healing was tried in vain
	ItemSkipped  = "skipped"  // what the plan was about has changed since
	ItemResolved = "resolved" // a person has dealt with it
)

type runRow struct {
	ID            uint64
	CorrelationID string
	Scope         string
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

type itemRow struct {
	ID                         uint64
	RunID                      uint64
	Fingerprint                string
	Class                      string
	Object                     string
	StripeID                   string
	StripeBalanceTransactionID string
	StripePaymentIntentID      string
	BookingReference           string
	AmountHere                 int64
	AmountAtStripe             int64
	Currency                   string
	Reason                     string
	Healing                    string
	State                      string
	Note                       string
	CreatedAt                  time.Time
	UpdatedAt                  time.Time
}

func (itemRow) TableName() string { return "reconciliation_items" }

type seenRow struct {
	RunID                      uint64
	StripeBalanceTransactionID string
}

func (seenRow) TableName() string { return "reconciliation_seen" }

// Run is a reconciliation as it stands.
type Run struct {
	ID                     uint64
	CorrelationID          string // recon_...
	Options                booking.ReconciliationOptions
	Applies                string // the run whose plan this one applies
	Status                 string
	WindowStart, WindowEnd time.Time
	Scanned, Overdue       int64
	PlanDigest             string
	Error                  string
	StartedAt              time.Time
	CompletedAt            *time.Time
}

// Item is one difference that a run has found.
type Item struct {
	ID uint64
	booking.Finding
	State     string
	Note      string
	UpdatedAt time.Time
}

func (r runRow) domain() Run {
	return Run{
		ID: r.ID, CorrelationID: r.CorrelationID, Applies: orEmpty(r.Applies), Status: r.Status, WindowStart: r.WindowStart, WindowEnd: r.WindowEnd,
		Options: booking.ReconciliationOptions{LookbackDays: r.LookbackDays, Limit: r.PaymentLimit, DryRun: r.DryRun, Scope: booking.Scope(r.Scope)},
		Scanned: r.Scanned, Overdue: r.Overdue, PlanDigest: r.PlanSha256, Error: r.Error, StartedAt: r.StartedAt, CompletedAt: r.CompletedAt,
	}
}

func (r itemRow) domain() Item {
	return Item{ID: r.ID, State: r.State, Note: r.Note, UpdatedAt: r.UpdatedAt, Finding: booking.Finding{
		Class: booking.Class(r.Class), Object: r.Object, StripeID: r.StripeID, BalanceTransactionID: r.StripeBalanceTransactionID,
		PaymentIntentID: r.StripePaymentIntentID, Reference: booking.Reference(r.BookingReference), Here: r.AmountHere, AtStripe: r.AmountAtStripe,
		Currency: booking.Currency(r.Currency), Reason: r.Reason, Healing: booking.Healing(r.Healing),
	}}
}

// Line is what an item about a balance transaction is about, as far as what was posted for it is concerned.
func (i Item) Line() reconciliation.Line {
	return reconciliation.Line{
		BalanceTransaction: booking.BalanceTransaction{ID: i.BalanceTransactionID, ReportingCategory: "charge"},
		Object:             i.Object, ObjectID: i.StripeID, PaymentIntentID: i.PaymentIntentID,
	}
}

// BeginRun writes a run's row, or finds it: the UNIQUE correlation id makes repetition harmless.
func (s *Store) BeginRun(ctx context.Context, run Run) (Run, error) {
	err := s.db.WithContext(ctx).Create(&runRow{
		CorrelationID: run.CorrelationID, Scope: string(run.Options.Scope), DryRun: run.Options.DryRun, LookbackDays: run.Options.LookbackDays,
		PaymentLimit: run.Options.Limit, Applies: orNil(run.Applies), Status: RunRunning, WindowStart: run.WindowStart, WindowEnd: run.WindowEnd,
		StartedAt: run.StartedAt,
	}).Error
	if err != nil && !duplicateKey(err) {
		return Run{}, err
	}
	return s.Run(ctx, run.CorrelationID)
}

// Run reads a run by its correlation id, or ErrNotFound.
func (s *Store) Run(ctx context.Context, correlationID string) (Run, error) {
	var row runRow
	err := s.db.WithContext(ctx).Where("correlation_id = ?", correlationID).Take(&row).Error
	return row.domain(), notFound(err)
}

// LastGoodRun reads the newest run that looked at everything and completed, or ErrNotFound.
func (s *Store) LastGoodRun(ctx context.Context) (Run, error) {
	var row runRow
	err := s.db.WithContext(ctx).Where("status = ? AND applies IS NULL AND scope = ?", RunCompleted, string(booking.ScopeAll)).
		Order("completed_at DESC").Limit(1).Take(&row).Error
	return row.domain(), notFound(err)
}

// EndRun writes how a run ended, and removes its scratch.
func (s *Store) EndRun(ctx context.Context, run Run) error {
	err := s.db.WithContext(ctx).Model(&runRow{}).Where("id = ?", run.ID).Updates(map[string]any{
		"status": run.Status, "scanned": run.Scanned, "overdue": run.Overdue, "plan_sha256": run.PlanDigest, "error": short(run.Error, 500),
		"completed_at": gorm.Expr("COALESCE(completed_at, ?)", time.Now().UTC()),
	}).Error
	if err != nil {
		return err
	}
	for {
		removed := s.db.WithContext(ctx).Where("run_id = ?", run.ID).Limit(scratchBatch).Delete(&seenRow{})
		if removed.Error != nil || removed.RowsAffected < scratchBatch {
			return removed.Error
		}
	}
}

// scratchBatch bounds one DELETE, so that it holds no locks for long.
const scratchBatch = 10_000

// AddFindings writes what was found, each once a run. What a person has resolved before, the same to the minor unit, stays
// resolved.
func (s *Store) AddFindings(ctx context.Context, runID uint64, findings []booking.Finding) error {
	if len(findings) == 0 {
		return nil
	}
	notes, err := s.resolvedBefore(ctx, findings)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	rows := make([]itemRow, len(findings))
	for i, f := range findings {
		rows[i] = itemRow{
			RunID: runID, Fingerprint: f.Fingerprint(), Class: string(f.Class), Object: f.Object, StripeID: f.StripeID,
			StripeBalanceTransactionID: f.BalanceTransactionID, StripePaymentIntentID: f.PaymentIntentID, BookingReference: string(f.Reference),
			AmountHere: f.Here, AmountAtStripe: f.AtStripe, Currency: string(f.Currency), Reason: short(f.Reason, 500),
			Healing: string(f.Healing), State: ItemFound, CreatedAt: now, UpdatedAt: now,
		}
		if note, resolved := notes[differenceOf(f)]; resolved {
			rows[i].State, rows[i].Note = ItemResolved, note
		}
	}
	// An item that is there already stays as it is: a window that is read again after a crash finds the same.
	return s.db.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
}

// difference is what makes two findings of two runs the same.
type difference struct {
	fingerprint    string
	here, atStripe int64
	currency       booking.Currency
}

func differenceOf(f booking.Finding) difference {
	return difference{f.Fingerprint(), f.Here, f.AtStripe, f.Currency}
}

// resolvedBefore reads the notes of those that a person has resolved.
func (s *Store) resolvedBefore(ctx context.Context, findings []booking.Finding) (map[difference]string, error) {
	fingerprints := make([]string, len(findings))
	for i, f := range findings {
		fingerprints[i] = f.Fingerprint()
	}
	var rows []itemRow
	err := s.db.WithContext(ctx).Where("fingerprint IN ? AND state = ?", fingerprints, ItemResolved).Order("id").Find(&rows).Error
	notes := make(map[difference]string, len(rows))
	for _, row := range rows {
		notes[differenceOf(row.domain().Finding)] = row.Note
	}
	return notes, err
}

// MarkSeen remembers the balance transactions that a run has met.
func (s *Store) MarkSeen(ctx context.Context, runID uint64, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	rows := make([]seenRow, len(ids))
	for i, id := range ids {
		rows[i] = seenRow{runID, id}
	}
	return s.db.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
}

// Items reads a run's items in order, after an id. state is empty for all.
func (s *Store) Items(ctx context.Context, runID uint64, state string, after uint64, limit int) ([]Item, error) {
	query := s.db.WithContext(ctx).Where("run_id = ? AND id > ?", runID, after)
	if state != "" {
		query = query.Where("state = ?", state)
	}
	var rows []itemRow
	if err := query.Order("id").Limit(limit).Find(&rows).Error; err != nil {
		return nil, err
	}
	items := make([]Item, 0, len(rows))
	for _, row := range rows {
		items = append(items, row.domain())
	}
	return items, nil
}

// SettleItem writes what became of an item that nothing was done about yet.
func (s *Store) SettleItem(ctx context.Context, id uint64, state, note string) error {
	result := s.db.WithContext(ctx).Model(&itemRow{}).Where("id = ? AND state IN ?", id, []string{ItemFound, ItemFailed}).
		Updates(map[string]any{"state": state, "note": short(note, 500), "updated_at": time.Now().UTC()})
	if result.Error == nil && result.RowsAffected == 0 {
		return ErrNotFound
	}
	return result.Error
}

// Count is how many items of a run are of a class, in a state and a currency, and how much money the two sides differ by.
type Count struct {
	Class      booking.Class
	State      string
	Currency   booking.Currency
	Items      int64
	Difference int64 // here less at Stripe, minor units
}

// Counts adds a run's items up.
func (s *Store) Counts(ctx context.Context, runID uint64) ([]Count, error) {
	var counts []Count
	err := s.db.WithContext(ctx).Model(&itemRow{}).Where("run_id = ?", runID).
		Select("class, state, currency, COUNT(*) AS items, SUM(amount_here - amount_at_stripe) AS difference").
		Group("class, state, currency").Order("class, state, currency").Scan(&counts).Error
	return counts, err
}

// Explained is how much of a difference between the clearing account and Stripe's balance a run has found line by line:
// here less at Stripe, per currency, in minor units.
func (s *Store) Explained(ctx context.Context, runID uint64) (map[booking.Currency]int64, error) {
	var rows []struct {
		Currency string
		Amount   int64
	}
	// A fee that differs is about the fee alone, on the other side of the account. What was posted in another currency
	// stands in that one, and in Stripe's not at all.
	err := s.db.WithContext(ctx).Raw(`
		SELECT currency, SUM(CASE class WHEN 'fee_mismatch' THEN amount_at_stripe - amount_here ELSE amount_here - amount_at_stripe END) AS amount
		FROM reconciliation_items WHERE run_id = ? AND stripe_balance_transaction_id <> '' GROUP BY currency
		UNION ALL
		SELECT e.currency, SUM(CASE e.side WHEN 'debit' THEN e.amount ELSE -e.amount END)
		FROM reconciliation_items i
		JOIN financial_ledger l ON l.stripe_balance_transaction_id = i.stripe_balance_transaction_id
		JOIN ledger_entries e ON e.ledger_id = l.id AND e.account = 'asset:stripe_clearing' AND e.currency <> i.currency
		WHERE i.run_id = ? AND i.class = 'currency_mismatch' GROUP BY e.currency`, runID, runID).Scan(&rows).Error
	explained := make(map[booking.Currency]int64, len(rows))
	for _, row := range rows {
		explained[booking.Currency(row.Currency)] += row.Amount
	}
	return explained, err
}

// TellOfRun queues a mail to the finance department about what a run found, once a run, and returns it if it is not sent
// yet.
func (s *Store) TellOfRun(ctx context.Context, correlationID string, now time.Time) ([]uint64, error) {
	run, err := s.Run(ctx, correlationID)
	if err != nil {
		return nil, err
	}
	counts, err := s.Counts(ctx, run.ID)
	if err != nil {
		return nil, err
	}
	about := &booking.ReconciliationLetter{ID: correlationID, Failed: run.Status == RunFailed, Scanned: run.Scanned}
	for _, count := range counts {
		if count.Class != booking.Timing {
			about.Counts = append(about.Counts, booking.ReconciliationCount{
				Class: count.Class, State: count.State, Items: count.Items,
				Difference: booking.Money{Value: count.Difference, Currency: count.Currency},
			})
		}
	}
	var mails []uint64
	err = s.inTransaction(ctx, func(tx *gorm.DB) error {
		err := queue(tx, now, letter{
			kind: booking.EmailReconciliation, owner: correlationID, occasion: "ended", content: &booking.Letter{Reconciliation: about},
		})
		if err != nil {
			return err
		}
		mails, err = queuedMails(tx, correlationID)
		return err
	})
	return mails, err
}

// TellOfOverdue queues a mail to the finance department that no run has completed since this one, once, and returns it if
// it is not sent yet.
func (s *Store) TellOfOverdue(ctx context.Context, last Run, now time.Time) ([]uint64, error) {
	owner := "overdue-" + last.CorrelationID
	var mails []uint64
	err := s.inTransaction(ctx, func(tx *gorm.DB) error {
		err := queue(tx, now, letter{
			kind: booking.EmailReconciliationOverdue, owner: owner, occasion: "overdue",
			content: &booking.Letter{Reconciliation: &booking.ReconciliationLetter{ID: last.CorrelationID, Scanned: last.Scanned}},
		})
		if err != nil {
			return err
		}
		mails, err = queuedMails(tx, owner)
		return err
	})
	return mails, err
}

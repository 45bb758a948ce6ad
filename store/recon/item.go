package recon

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm/clause"

	"farebook/booking"
	"farebook/money"
	"farebook/reconciliation"
	"farebook/store/internal/db"
)

// The states of an item.
const (
	ItemFound    = "found"    // nothing was done yet, or nothing may be done without an operator
	ItemFixed    = "fixed"    // healed
	ItemFailed   = "failed"   // healing was tried in vain
	ItemSkipped  = "skipped"  // what the plan was about has changed since
	ItemResolved = "resolved" // an operator has dealt with it
)

type itemRow struct {
	ID                         uint64
	RunID                      uint64
	Fingerprint                string
	Class                      reconciliation.Class
	Object                     reconciliation.Object
	StripeID                   string
	StripeBalanceTransactionID string
	StripePaymentIntentID      string
	BookingReference           booking.Reference
	AmountHere                 int64
	AmountAtStripe             int64
	Currency                   money.Currency
	Reason                     string
	Healing                    reconciliation.Healing
	State                      string
	Note                       string
	ClearingHere               *int64
	NetAtStripe                *int64
	ResolvedFrom               *string
	CreatedAt                  time.Time
	UpdatedAt                  time.Time
}

func (itemRow) TableName() string { return "reconciliation_items" }

type seenRow struct {
	RunID                      uint64
	StripeBalanceTransactionID string
}

func (seenRow) TableName() string { return "reconciliation_seen" }

// Item is one difference that a run has found.
type Item struct {
	ID uint64
	reconciliation.Finding
	State     string
	Note      string
	UpdatedAt time.Time
}

func (r itemRow) domain() Item {
	posted, net := r.clearing()
	return Item{ID: r.ID, State: r.State, Note: r.Note, UpdatedAt: r.UpdatedAt, Finding: reconciliation.Finding{
		Class: r.Class, Object: r.Object, StripeID: r.StripeID, BalanceTransactionID: r.StripeBalanceTransactionID,
		PaymentIntentID: r.StripePaymentIntentID, Reference: r.BookingReference, Here: r.AmountHere, AtStripe: r.AmountAtStripe,
		Currency: r.Currency, Reason: r.Reason, Healing: r.Healing,
		Posted: posted, Net: net,
	}}
}

// clearing is what the books and Stripe had of the balance transaction on the clearing account. An older release kept neither: the
// item's amounts are both then, except for those of a fee.
func (r itemRow) clearing() (posted, net int64) {
	switch {
	case r.ClearingHere != nil && r.NetAtStripe != nil:
		return *r.ClearingHere, *r.NetAtStripe
	case r.Class == reconciliation.FeeMismatch || r.StripeBalanceTransactionID == "":
		return 0, 0
	}
	return r.AmountHere, r.AmountAtStripe
}

// stateBefore is the state that a resolved item had: an older release did not keep it.
func (r itemRow) stateBefore() string {
	switch {
	case r.ResolvedFrom != nil:
		return *r.ResolvedFrom
	case r.Healing != reconciliation.HealNone:
		return ItemFailed
	}
	return ItemFound
}

// Line is what an item about a balance transaction is about, as far as what was posted for it is concerned.
func (i Item) Line() reconciliation.Line {
	return reconciliation.Line{
		BalanceTransaction: booking.BalanceTransaction{ID: i.BalanceTransactionID, ReportingCategory: "charge"},
		Object:             i.Object, ObjectID: i.StripeID, PaymentIntentID: i.PaymentIntentID,
	}
}

// AddFindings writes what was found, each once a run. What an operator has resolved before, the same to the minor unit, stays
// resolved.
func (r *Runs) AddFindings(ctx context.Context, runID uint64, findings []reconciliation.Finding) error {
	if len(findings) == 0 {
		return nil
	}
	resolutions, err := r.resolvedBefore(ctx, findings)
	if err != nil {
		return err
	}
	now := r.db.Now()
	rows := make([]itemRow, len(findings))
	for i, f := range findings {
		rows[i] = itemRow{
			RunID: runID, Fingerprint: f.Fingerprint(), Class: f.Class, Object: f.Object, StripeID: f.StripeID,
			StripeBalanceTransactionID: f.BalanceTransactionID, StripePaymentIntentID: f.PaymentIntentID, BookingReference: f.Reference,
			AmountHere: f.Here, AmountAtStripe: f.AtStripe, Currency: f.Currency, Reason: db.Truncate(f.Reason, 500),
			Healing: f.Healing, State: ItemFound, CreatedAt: now, UpdatedAt: now,
		}
		if f.BalanceTransactionID != "" {
			rows[i].ClearingHere, rows[i].NetAtStripe = &f.Posted, &f.Net
		}
		if resolution, resolved := resolutions[differenceOf(f)]; resolved {
			rows[i].State, rows[i].Note, rows[i].ResolvedFrom = ItemResolved, resolution.note, &resolution.from
		}
	}
	// An item that is there already stays as it is: a window that is read again after a crash finds the same.
	return r.db.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
}

// difference is what makes two findings of two runs the same.
type difference struct {
	fingerprint    string
	here, atStripe int64
	currency       money.Currency
	states         string
}

func differenceOf(f reconciliation.Finding) difference {
	d := difference{fingerprint: f.Fingerprint(), here: f.Here, atStripe: f.AtStripe, currency: f.Currency}
	switch {
	case f.Class == reconciliation.StateMismatch:
		d.states = db.Truncate(f.Reason, 500) // says in what states the two sides are, which its amounts do not
	case f.Object == reconciliation.ObjectClearing, f.Object == reconciliation.ObjectBalanceKind:
		d.here, d.atStripe = f.Here-f.AtStripe, 0 // both sides move with every booking, and how far they are apart does not
	}
	return d
}

// resolution is what an operator wrote about a difference, and the state of the item before.
type resolution struct{ note, from string }

// resolvedBefore reads the resolutions of those that an operator has resolved and not reopened.
func (r *Runs) resolvedBefore(ctx context.Context, findings []reconciliation.Finding) (map[difference]resolution, error) {
	fingerprints := make([]string, len(findings))
	for i, f := range findings {
		fingerprints[i] = f.Fingerprint()
	}
	var rows []itemRow
	err := r.db.WithContext(ctx).Where("fingerprint IN ? AND state = ?", fingerprints, ItemResolved).Order("id").Find(&rows).Error
	resolutions := make(map[difference]resolution, len(rows))
	for _, row := range rows {
		resolutions[differenceOf(row.domain().Finding)] = resolution{row.Note, row.stateBefore()}
	}
	return resolutions, err
}

// MarkSeen remembers the balance transactions that a run has met.
func (r *Runs) MarkSeen(ctx context.Context, runID uint64, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	rows := make([]seenRow, len(ids))
	for i, id := range ids {
		rows[i] = seenRow{runID, id}
	}
	return r.db.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
}

// Items reads a run's items in order, after an id. state is empty for all.
func (r *Runs) Items(ctx context.Context, runID uint64, state string, after uint64, limit int) ([]Item, error) {
	query := r.db.WithContext(ctx).Where("run_id = ? AND id > ?", runID, after)
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

// FindingsByFingerprint pages through what a run found, in the order of fingerprints, after one; next is the last of the page.
func (r *Runs) FindingsByFingerprint(ctx context.Context, runID uint64, after string,
	limit int,
) (findings []reconciliation.Finding, next string, err error) {
	var rows []itemRow
	err = r.db.WithContext(ctx).Where("run_id = ? AND fingerprint > ?", runID, after).Order("fingerprint").Limit(limit).Find(&rows).Error
	findings = make([]reconciliation.Finding, len(rows))
	for i, row := range rows {
		findings[i], next = row.domain().Finding, row.Fingerprint
	}
	return findings, next, err
}

// SettleItem writes what became of an item that nothing was done about yet.
func (r *Runs) SettleItem(ctx context.Context, id uint64, state, note string) error {
	result := r.db.WithContext(ctx).Model(&itemRow{}).Where("id = ? AND state IN ?", id, []string{ItemFound, ItemFailed}).
		Updates(map[string]any{"state": state, "note": db.Truncate(note, 500), "updated_at": r.db.Now()})
	if result.Error == nil && result.RowsAffected == 0 {
		return db.ErrNotFound
	}
	return result.Error
}

// NotCorrectableError says why no correction is posted for an item.
type NotCorrectableError struct{ Reason string }

func (e *NotCorrectableError) Error() string { return e.Reason }

func itemSubject(id uint64) string { return fmt.Sprintf("item/%d", id) }

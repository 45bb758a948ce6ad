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
	ItemFound    = "found"    // nothing was tried yet, or only an operator may act
	ItemFixed    = "fixed"    // healed
	ItemFailed   = "failed"   // healing was tried and did not help
	ItemSkipped  = "skipped"  // the item changed after its plan was made
	ItemResolved = "resolved" // resolved by an operator
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

// Item is one finding of a run, and what became of it.
type Item struct {
	ID    uint64
	RunID uint64
	reconciliation.Finding
	State     string
	Note      string
	UpdatedAt time.Time
}

func (r itemRow) domain() Item {
	posted, net := r.clearing()
	return Item{ID: r.ID, RunID: r.RunID, State: r.State, Note: r.Note, UpdatedAt: r.UpdatedAt, Finding: reconciliation.Finding{
		Class: r.Class, Object: r.Object, StripeID: r.StripeID, BalanceTransactionID: r.StripeBalanceTransactionID,
		PaymentIntentID: r.StripePaymentIntentID, Reference: r.BookingReference, Here: r.AmountHere, AtStripe: r.AmountAtStripe,
		Currency: r.Currency, Reason: r.Reason, Healing: r.Healing,
		Posted: posted, Net: net,
	}}
}

// clearing returns the amounts of the balance transaction on the clearing account and at Stripe. Items of an older release have neither;
// the item's own amounts are used then, except for a fee.
func (r itemRow) clearing() (posted, net int64) {
	switch {
	case r.ClearingHere != nil && r.NetAtStripe != nil:
		return *r.ClearingHere, *r.NetAtStripe
	case r.Class == reconciliation.FeeMismatch || r.StripeBalanceTransactionID == "":
		return 0, 0
	}
	return r.AmountHere, r.AmountAtStripe
}

// stateBefore is the state of a resolved item before it was resolved; empty for one of an older release.
func (r itemRow) stateBefore() string {
	switch {
	case r.ResolvedFrom != nil:
		return *r.ResolvedFrom
	case r.Healing != reconciliation.HealNone:
		return ItemFailed
	}
	return ItemFound
}

// Line returns the item's balance transaction in the form in which postings are looked up.
func (i Item) Line() reconciliation.Line {
	return reconciliation.Line{
		BalanceTransaction: booking.BalanceTransaction{ID: i.BalanceTransactionID, ReportingCategory: "charge"},
		Object:             i.Object, ObjectID: i.StripeID, PaymentIntentID: i.PaymentIntentID,
	}
}

// AddFindings stores findings as items, each once per run. A finding that equals one that an operator has resolved, to the minor unit,
// is stored as resolved.
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
	// An existing item is left unchanged: a window that is read again after a crash has the same findings.
	return r.db.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error
}

// difference identifies equal findings of different runs.
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
		d.states = db.Truncate(f.Reason, 500) // the reason names the states of both sides; the amounts do not
	case f.Object == reconciliation.ObjectClearing, f.Object == reconciliation.ObjectBalanceKind:
		d.here, d.atStripe = f.Here-f.AtStripe, 0 // both sides change with every booking; their difference does not
	}
	return d
}

// resolution is an operator's note on a difference, with the state of its item before.
type resolution struct{ note, from string }

// resolvedBefore reads the resolutions of differences that an operator has resolved and not reopened.
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

// MarkSeen records the balance transactions that a run has read at Stripe.
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

// Items reads a run's items by ascending id, after one id. An empty state means every state.
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

// FindingsByFingerprint reads a page of a run's findings in the order of fingerprints, after one. next is the last fingerprint of the page.
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

// SettleItem records the result of an item that is still in state found.
func (r *Runs) SettleItem(ctx context.Context, id uint64, state, note string) error {
	result := r.db.WithContext(ctx).Model(&itemRow{}).Where("id = ? AND state IN ?", id, []string{ItemFound, ItemFailed}).
		Updates(map[string]any{"state": state, "note": db.Truncate(note, 500), "updated_at": r.db.Now()})
	if result.Error == nil && result.RowsAffected == 0 {
		return db.ErrNotFound
	}
	return result.Error
}

// NotCorrectableError is the reason why no correction can be posted for an item.
type NotCorrectableError struct{ Reason string }

func (e *NotCorrectableError) Error() string { return e.Reason }

func itemSubject(id uint64) string { return fmt.Sprintf("item/%d", id) }

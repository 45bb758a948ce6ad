package store

import (
	"context"
	"time"

	"farebook/reconciliation"
)

// Heard is up to when the inbox has Stripe's events.
type Heard struct {
	// Newest is when Stripe made the event that the inbox received last; zero for an empty inbox.
	Newest time.Time
	// Settled is up to when it no longer matters which events the inbox misses: a reconciliation that reached back to Newest has read their
	// objects at Stripe, or an operator has lowered a fence. Zero for never.
	Settled time.Time
}

// Heard reads up to when the inbox has Stripe's events.
func (s *Store) Heard(ctx context.Context) (Heard, error) {
	conn := s.db.WithContext(ctx)
	var events []eventRow
	err := conn.Select("id, stripe_created_at").Order("id DESC").Limit(1).Find(&events).Error
	if err != nil || len(events) == 0 {
		return Heard{}, err
	}
	heard := Heard{Newest: events[0].StripeCreatedAt}
	// By the table alone: reconciliations are kept above the books (store/recon).
	var runs []struct{ StartedAt time.Time }
	err = conn.Table("reconciliation_runs").Select("started_at").
		Where("status = 'completed' AND dry_run = FALSE AND scope = ? AND window_start <= ?", reconciliation.ScopeAll, heard.Newest).
		Order("id DESC").Limit(1).Scan(&runs).Error
	if err != nil {
		return Heard{}, err
	}
	if len(runs) > 0 {
		heard.Settled = runs[0].StartedAt
	}
	var fences []fenceRow
	err = conn.Select("id, lowered_at").Where("lowered_at IS NOT NULL").Order("id DESC").Limit(1).Find(&fences).Error
	if err == nil && len(fences) > 0 && fences[0].LoweredAt.After(heard.Settled) {
		heard.Settled = *fences[0].LoweredAt
	}
	return heard, err
}

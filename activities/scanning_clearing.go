package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"farebook/internal/wait"
	"farebook/reconciliation"
)

const (
	// clearingLooks and clearingPause: while bookings go on, ledger and balance differ for the moment that an event takes; a
	// difference that stays is one.
	clearingLooks = 5
	clearingPause = time.Second
)

// CompareClearing holds the clearing account against Stripe's own balance. What the run has found explains a difference; what
// is left unexplained is its own finding.
func (r *Reconciliations) CompareClearing(ctx context.Context, in ScanInput) (Scanned, error) {
	at, err := r.compareClearing(ctx, in)
	return at, r.unlessStuck(ctx, at, err)
}

func (r *Reconciliations) compareClearing(ctx context.Context, in ScanInput) (Scanned, error) {
	var findings []reconciliation.Finding
	for look := range clearingLooks {
		if look > 0 {
			activity.RecordHeartbeat(ctx) // slow answers of Stripe's add up
			if err := wait.For(ctx, clearingPause); err != nil {
				return Scanned{}, err
			}
		}
		var err error
		if findings, err = r.unexplained(ctx, in.RunID); err != nil {
			return Scanned{}, err
		}
		if len(findings) == 0 {
			return Scanned{}, nil
		}
	}
	return Scanned{Found: int64(len(findings))}, r.addFindings(ctx, in.RunID, findings)
}

// unexplained is what neither the run's items nor notes account for. A gap that was noted as such is found again: its item is
// written as resolved.
func (r *Reconciliations) unexplained(ctx context.Context, runID uint64) ([]reconciliation.Finding, error) {
	there, err := r.Stripe.Balances(ctx)
	if err != nil {
		return nil, stripeError(err)
	}
	gaps, err := r.Store.CompareBalances(ctx, there, runID, r.Tolerance)
	if err != nil {
		return nil, err
	}
	var findings []reconciliation.Finding
	for _, gap := range gaps {
		if !gap.Within {
			findings = append(findings, gap.Finding())
		}
	}
	return findings, nil
}

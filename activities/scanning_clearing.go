package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"farebook/internal/wait"
	"farebook/reconciliation"
)

const (
	// A comparison is repeated up to clearingAttempts times, clearingPause apart: while bookings are made, ledger and balance differ until
	// an event is recorded. Only a difference that lasts is a finding.
	clearingAttempts = 5
	clearingPause    = time.Second
)

// CompareClearing compares the clearing account with Stripe's balance. The run's findings explain a difference; the part that they do not
// explain is a finding.
func (r *Reconciliations) CompareClearing(ctx context.Context, in ScanInput) (Scanned, error) {
	at, err := r.compareClearing(ctx, in)
	return at, r.unlessStuck(ctx, at, err)
}

func (r *Reconciliations) compareClearing(ctx context.Context, in ScanInput) (Scanned, error) {
	var findings []reconciliation.Finding
	for attempt := range clearingAttempts {
		if attempt > 0 {
			activity.RecordHeartbeat(ctx) // slow responses add up
			if err := wait.ForOthers(ctx, clearingPause); err != nil {
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

// unexplained returns the gaps that neither the run's items nor notes account for. A gap that was noted as unexplained is found again, and
// its item is inserted as resolved.
func (r *Reconciliations) unexplained(ctx context.Context, runID uint64) ([]reconciliation.Finding, error) {
	there, err := r.Stripe.Balances(ctx)
	if err != nil {
		return nil, stripeError(err)
	}
	gaps, err := r.Runs.CompareBalances(ctx, there, runID, r.Tolerance)
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

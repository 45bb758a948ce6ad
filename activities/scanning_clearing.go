package activities

import (
	"context"
	"fmt"
	"maps"
	"time"

	"go.temporal.io/sdk/activity"

	"farebook/booking"
	"farebook/internal/wait"
)

const (
	// clearingLooks and clearingPause: while bookings go on, ledger and balance differ for the moment that an event takes; a
	// difference that stays is one.
	clearingLooks = 5
	clearingPause = time.Second
)

// CompareClearing holds the clearing account against Stripe's own balance. What the run has found explains a difference; what
// is left unexplained is a finding of its own.
func (r *Reconciliations) CompareClearing(ctx context.Context, in ScanInput) (Scanned, error) {
	var findings []booking.Finding
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

func (r *Reconciliations) unexplained(ctx context.Context, runID uint64) ([]booking.Finding, error) {
	theirs, err := r.Stripe.Balance(ctx)
	if err != nil {
		return nil, stripeError(err)
	}
	ours, err := r.Store.ClearingAccount(ctx)
	if err != nil {
		return nil, err
	}
	difference := maps.Clone(ours)
	for currency, amount := range theirs {
		difference[currency] -= amount
	}
	explained, err := r.Store.Explained(ctx, runID)
	if err != nil {
		return nil, err
	}
	noted, err := r.Store.Noted(ctx, runID)
	if err != nil {
		return nil, err
	}
	var findings []booking.Finding
	for currency, amount := range difference {
		if rest := amount - explained[currency] - noted.Lines[currency]; max(rest, -rest) > r.Tolerance {
			findings = append(findings, booking.Finding{
				Class: booking.AmountMismatch, Object: booking.ObjectClearing, StripeID: "balance-" + string(currency), Here: ours[currency], AtStripe: theirs[currency],
				Currency: currency, Reason: fmt.Sprintf("the clearing account differs from Stripe's balance by %s beyond what this run found: look further back", amountOf(rest, currency)),
			})
		}
	}
	return findings, nil
}

package activities

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/internal/wait"
	"farebook/ledger"
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
	at, err := r.compareClearing(ctx, in)
	return at, unlessStuck(ctx, at, err)
}

func (r *Reconciliations) compareClearing(ctx context.Context, in ScanInput) (Scanned, error) {
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
	there, err := r.Stripe.Balances(ctx)
	if err != nil {
		return nil, stripeError(err)
	}
	here, err := r.Store.BalancesOf(ctx)
	if err != nil {
		return nil, err
	}
	theirs, ours := there.Clearing, here[ledger.AssetStripeClearing]
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
	findings := r.kindsDiffer(here, there)
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

// kindsDiffer compares each kind of money beside the clearing account with its own account: what the one has does not explain
// what the other has not. It is moved in the dashboard, and posted by a person.
func (r *Reconciliations) kindsDiffer(here map[ledger.Account]map[booking.Currency]int64, there stripeapi.Balances) (findings []booking.Finding) {
	for _, kind := range booking.BalanceKinds {
		ours, theirs := here[ledger.KindAccounts[kind]], there.Kinds[kind]
		currencies := maps.Clone(theirs)
		maps.Copy(currencies, ours)
		for _, currency := range slices.Sorted(maps.Keys(currencies)) {
			difference := ours[currency] - theirs[currency]
			if max(difference, -difference) <= r.Tolerance {
				continue
			}
			findings = append(findings, booking.Finding{
				Class: booking.AmountMismatch, Object: booking.ObjectBalanceKind, StripeID: fmt.Sprintf("%s-%s", kind, currency),
				Here: ours[currency], AtStripe: theirs[currency], Currency: currency,
				Reason: fmt.Sprintf("%s differs from Stripe's %s balance by %s: post what moved it against this account",
					ledger.KindAccounts[kind], kind, amountOf(difference, currency)),
			})
		}
	}
	return findings
}

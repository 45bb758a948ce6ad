package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"farebook/booking"
	"farebook/store"
)

// itemsPage is how many items are read at once: a plan is as long as what went wrong, and memory is not.
const itemsPage = 500

// takePlan copies what another run found into this one, as long as it is what that run's digest says.
func (r *Reconciliations) takePlan(ctx context.Context, run store.Run, planned string) error {
	plan, err := r.Store.Run(ctx, planned)
	if err != nil {
		return storeError(err)
	}
	digest, err := r.digest(ctx, plan.ID)
	if err != nil {
		return err
	}
	if digest != plan.PlanDigest {
		return nonRetryable(PlanChanged, fmt.Sprintf("the plan of %s is not what its digest says: reconcile again", planned))
	}
	for after := uint64(0); ; {
		items, err := r.Store.Items(ctx, plan.ID, "", after, itemsPage)
		if err != nil || len(items) == 0 {
			return err
		}
		findings := make([]booking.Finding, len(items))
		for i, item := range items {
			after, findings[i] = item.ID, item.Finding
		}
		if err := r.addFindings(ctx, run.ID, findings); err != nil {
			return err
		}
	}
}

// digest is of what a run found, by fingerprint, as windows end in any order: the same findings, the same digest.
func (r *Reconciliations) digest(ctx context.Context, runID uint64) (string, error) {
	sum := sha256.New()
	for after := ""; ; {
		findings, next, err := r.Store.FindingsByFingerprint(ctx, runID, after, itemsPage)
		if err != nil {
			return "", err
		}
		after = next
		for _, f := range findings {
			_, _ = fmt.Fprintf(sum, "%s|%d|%d|%s|%s\n", f.Fingerprint(), f.Here, f.AtStripe, f.Currency, f.Healing) // a hash takes everything
		}
		if len(findings) < itemsPage {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
	}
}

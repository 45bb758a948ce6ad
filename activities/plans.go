package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"farebook/reconciliation"
)

// itemsPage is how many items are read at once: a plan is as long as what went wrong, and memory is not.
const itemsPage = 500

// CopyPlanInput names the run whose plan another one carries out.
type CopyPlanInput struct {
	RunID   uint64 `json:"runId"`
	Planned string `json:"planned"`
}

// CopyPlan copies what another run found into this one, page by page, with its place in the heartbeat: a plan may have hundreds of
// thousands of items. Items are UNIQUE in a run, so that a page that is copied again is there once.
func (r *Reconciliations) CopyPlan(ctx context.Context, in CopyPlanInput) (err error) {
	at := resume(ctx)
	defer func() { err = r.unlessStuck(ctx, at, err) }()
	return r.takePlan(ctx, in.RunID, in.Planned, &at)
}

// takePlan copies a plan, as long as it is what its run's digest says.
func (r *Reconciliations) takePlan(ctx context.Context, runID uint64, planned string, at *Scanned) error {
	plan, err := r.Store.Run(ctx, planned)
	if err != nil {
		return storeError(err)
	}
	if at.Row == 0 { // what was copied before this attempt was checked by it
		digest, err := r.digest(ctx, plan.ID)
		if err != nil {
			return err
		}
		if digest != plan.PlanDigest {
			return nonRetryable(PlanChanged, fmt.Sprintf("the plan of %s is not what its digest says: reconcile again", planned))
		}
	}
	for {
		items, err := r.Store.Items(ctx, plan.ID, "", at.Row, itemsPage)
		if err != nil || len(items) == 0 {
			return err
		}
		findings := make([]reconciliation.Finding, len(items))
		for i, item := range items {
			at.Row, findings[i] = item.ID, item.Finding
		}
		if err := r.addFindings(ctx, runID, findings); err != nil {
			return err
		}
		at.Lines += int64(len(items))
		r.moved(ctx, at)
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
		alive(ctx)
		for _, f := range findings {
			_, _ = fmt.Fprintf(sum, "%s|%d|%d|%s|%s\n", f.Fingerprint(), f.Here, f.AtStripe, f.Currency, f.Healing) // a hash takes everything
		}
		if len(findings) < itemsPage {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
	}
}

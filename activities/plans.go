package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"farebook/reconciliation"
)

// itemsPage is how many items are read at once, because a plan may have more items than fit in memory.
const itemsPage = 500

// CopyPlanInput names the run whose plan another run applies.
type CopyPlanInput struct {
	RunID   uint64 `json:"runId"`
	Planned string `json:"planned"`
}

// CopyPlan copies the findings of another run into this one, page by page, with its progress in the heartbeat: a plan may have hundreds of
// thousands of items. Harmless when repeated: items are UNIQUE in a run, so a page that is copied again inserts nothing.
func (r *Reconciliations) CopyPlan(ctx context.Context, in CopyPlanInput) (err error) {
	at := resume(ctx)
	defer func() { err = r.unlessStuck(ctx, at, err) }()
	return r.takePlan(ctx, in.RunID, in.Planned, &at)
}

// takePlan copies a plan that matches the digest of its run.
func (r *Reconciliations) takePlan(ctx context.Context, runID uint64, planned string, at *Scanned) error {
	plan, err := r.Runs.Run(ctx, planned)
	if err != nil {
		return storeError(err)
	}
	if at.Row == 0 { // an attempt that copied the first page has checked the digest
		digest, err := r.digest(ctx, plan.ID)
		if err != nil {
			return err
		}
		if digest != plan.PlanDigest {
			return nonRetryable(PlanChanged, fmt.Sprintf("the plan of %s does not match its digest: reconcile again", planned))
		}
	}
	for {
		items, err := r.Runs.Items(ctx, plan.ID, "", at.Row, itemsPage)
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

// digest is a hash of a run's findings. They are read by fingerprint, because windows end in any order: the same findings give the same
// digest.
func (r *Reconciliations) digest(ctx context.Context, runID uint64) (string, error) {
	sum := sha256.New()
	for after := ""; ; {
		findings, next, err := r.Runs.FindingsByFingerprint(ctx, runID, after, itemsPage)
		if err != nil {
			return "", err
		}
		after = next
		alive(ctx)
		for _, f := range findings {
			_, _ = fmt.Fprintf(sum, "%s|%d|%d|%s|%s\n", f.Fingerprint(), f.Here, f.AtStripe, f.Currency, f.Healing) // a hash never fails to write
		}
		if len(findings) < itemsPage {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
	}
}

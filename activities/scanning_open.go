package activities

import (
	"context"
	"math"

	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/reconciliation"
	"farebook/store/recon"
)

// openPage is how many open payments are read at once.
const openPage = 100

// ScanOpenPayments compares each payment that is not final with Stripe, up to the run's limit. It begins where the limit stopped the run
// before, and continues from the oldest payment when it reaches the end, so that payments that stay open never starve the others.
func (r *Reconciliations) ScanOpenPayments(ctx context.Context, in ScanInput) (Scanned, error) {
	at, err := r.scanOpenPayments(ctx, in)
	return at, r.unlessStuck(ctx, at, err)
}

func (r *Reconciliations) scanOpenPayments(ctx context.Context, in ScanInput) (Scanned, error) {
	at, err := r.resumeOpen(ctx, in)
	if err != nil {
		return at, err
	}
	stripe := r.paced(in.RunID)
	for in.Limit == 0 || at.Lines < int64(in.Limit) {
		page := openPage
		if in.Limit > 0 {
			page = min(page, in.Limit-int(at.Lines))
		}
		last := uint64(math.MaxInt64)
		if at.Wrapped {
			last = at.Start
		}
		rows, err := r.Runs.OpenPayments(ctx, in.Window.From, in.Window.To, at.Row, last, page)
		if err != nil {
			return at, err
		}
		for _, row := range rows {
			if err := r.scanOpen(ctx, stripe, in.RunID, row, &at); err != nil {
				return at, err
			}
		}
		switch {
		case len(rows) == page:
		case !at.Wrapped && at.Start > 0:
			at.Row, at.Wrapped = 0, true
		default:
			return at, nil // every payment was compared
		}
	}
	return at, r.Runs.NoteOpenStopped(ctx, in.RunID, at.Row)
}

// resumeOpen returns the progress of an earlier attempt, or where this run begins.
func (r *Reconciliations) resumeOpen(ctx context.Context, in ScanInput) (Scanned, error) {
	at := resume(ctx)
	if at.Lines > 0 || in.Limit == 0 {
		return at, nil
	}
	start, err := r.Runs.OpenStoppedBefore(ctx, in.RunID)
	at.Row, at.Start = start, start
	return at, err
}

func (r *Reconciliations) scanOpen(ctx context.Context, stripe *stripeapi.Client, runID uint64, row recon.OpenPayment, at *Scanned) error {
	finding, err := r.compareOpen(ctx, stripe, row)
	if err != nil {
		return err
	}
	if finding != nil {
		if err := r.addFindings(ctx, runID, []reconciliation.Finding{*finding}); err != nil {
			return err
		}
		at.Found++
	}
	at.Row = row.ID
	at.Lines++
	r.moved(ctx, at)
	return nil
}

func (r *Reconciliations) compareOpen(ctx context.Context, stripe *stripeapi.Client,
	row recon.OpenPayment,
) (*reconciliation.Finding, error) {
	finding := &reconciliation.Finding{
		Object: reconciliation.ObjectPayment, StripeID: row.PaymentIntentID, PaymentIntentID: row.PaymentIntentID, Reference: row.Reference,
	}
	snapshot, _, err := stripe.PaymentIntent(ctx, row.PaymentIntentID)
	if stripeapi.IsKind(err, stripeapi.NotFound) {
		r.Log.DebugContext(ctx, "Processing payment", "paymentId", row.ID, "stripeStatus", "not_found")
		finding.Class, finding.Reason = reconciliation.MissingInStripe,
			"Stripe does not have the booking's PaymentIntent: it is of another account, or of another mode"
		return finding, nil
	}
	if err != nil {
		return nil, stripeError(err)
	}
	r.Log.DebugContext(ctx, "Processing payment", "paymentId", row.ID, "stripeStatus", snapshot.StripeStatus)
	there, created := snapshot.PaymentStatus(), row.CreatedAt
	if there == row.Status && there == booking.PaymentUnknown {
		finding.Class, finding.Currency = reconciliation.StateMismatch, snapshot.Currency
		finding.Reason = reasonOfUnknown(reconciliation.ObjectPayment, snapshot.StripeStatus)
		return finding, nil
	}
	if there == row.Status {
		return nil, nil
	}
	finding.Class, finding.Healing, finding.Currency = reconciliation.StateMismatch, reconciliation.HealPayment, snapshot.Currency
	finding.AtStripe = snapshot.AmountReceived
	finding.Reason = reasonOf(reconciliation.ObjectPayment, string(row.Status), string(there))
	if snapshot.Balance != nil && snapshot.Balance.Created.After(created) {
		created = snapshot.Balance.Created // when it was paid
	}
	r.rules().Await(finding, created)
	return finding, nil
}

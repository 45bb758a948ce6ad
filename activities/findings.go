package activities

import (
	"context"

	"farebook/money"
	"farebook/reconciliation"
)

// addFindings inserts a run's findings, and logs a line for each. A page that is read again logs its lines again and inserts nothing.
func (r *Reconciliations) addFindings(ctx context.Context, runID uint64, findings []reconciliation.Finding) error {
	if len(findings) == 0 {
		return nil
	}
	if err := r.Runs.AddFindings(ctx, runID, findings); err != nil {
		return err
	}
	intents := make([]string, len(findings))
	for i, finding := range findings {
		intents[i] = finding.PaymentIntentID
	}
	payments, err := r.Store.PaymentIDs(ctx, intents)
	if err != nil {
		return err
	}
	for _, finding := range findings {
		r.Log.InfoContext(ctx, "difference found", fieldsOf(finding, payments[finding.PaymentIntentID])...)
	}
	return nil
}

// fieldsOf are the log fields of a finding, without those that are empty. paymentID is the row of payments; zero without one.
func fieldsOf(f reconciliation.Finding, paymentID uint64) []any {
	fields := []any{"class", f.Class, "object", f.Object, "stripeId", f.StripeID}
	if paymentID != 0 {
		fields = append(fields, "paymentId", paymentID)
	}
	for _, field := range []struct{ name, value string }{
		{"paymentIntentId", f.PaymentIntentID}, {"balanceTransactionId", f.BalanceTransactionID}, {"reference", string(f.Reference)},
	} {
		if field.value != "" {
			fields = append(fields, field.name, field.value)
		}
	}
	if f.Currency != "" {
		fields = append(fields, "amountHere", money.Text(f.Here, f.Currency), "amountAtStripe", money.Text(f.AtStripe, f.Currency))
	}
	return append(fields, "healing", f.Healing, "reason", f.Reason)
}

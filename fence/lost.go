package fence

import (
	"context"
	"fmt"
	"time"

	"farebook/internal/stripeapi"
	"farebook/store"
)

// lost returns the evidence that the database has lost rows, or "". Each of the three signs is conclusive: rows are never
// deleted, and a booking or refund is committed before Stripe is asked for it. Lost webhooks and payments of other integrations
// leave no such sign, so they never raise a fence. Stripe's lists are read before the database, which must then contain the
// rows for everything in them.
func (w *Watch) lost(ctx context.Context) (evidence string, err error) {
	has, err := w.Store.Has(ctx, w.newest)
	if err != nil {
		return "", err
	}
	if !has {
		return fmt.Sprintf("booking %s was in the database when this process looked before", w.newest.Reference), nil
	}
	installation, err := w.Store.Installation(ctx)
	if err != nil {
		return "", err
	}
	since, err := w.from(ctx)
	if err != nil {
		return "", err
	}
	evidence, err = w.lostPayment(ctx, installation.ID, since)
	if evidence != "" || err != nil {
		return evidence, err
	}
	return w.lostRefund(ctx, installation.ID, since)
}

// from returns the creation time from which Stripe's objects are listed. Lost rows are newer than the newest row left.
func (w *Watch) from(ctx context.Context) (time.Time, error) {
	if !w.since.IsZero() {
		return w.since, nil
	}
	newest, err := w.Store.Newest(ctx)
	if newest.At.IsZero() {
		return w.Store.Now().Add(-firstLook), err
	}
	return newest.At.Add(-clockSkew), err
}

func (w *Watch) lostPayment(ctx context.Context, installationID string, since time.Time) (string, error) {
	until := w.Store.Now().Add(clockSkew)
	for after, page := "", 0; page < pages; page++ {
		listed, err := w.Stripe.PaymentIntentsPage(ctx, since, until, after)
		if err != nil {
			return "", err
		}
		var named []store.NamedPayment
		made := map[string]time.Time{}
		for _, payment := range listed.Ours(installationID, false) {
			named = append(named, store.NamedPayment{PaymentIntentID: payment.PaymentIntentID, Reference: payment.Reference})
			made[payment.PaymentIntentID] = payment.Created
		}
		unknown, err := w.Store.UnknownPayments(ctx, named)
		if err != nil {
			return "", err
		}
		if len(unknown) > 0 {
			first := unknown[0]
			return fmt.Sprintf("Stripe has PaymentIntent %s of %s for booking %s, and the books know neither (%d such among the newest)",
				first.PaymentIntentID, made[first.PaymentIntentID].Format(time.RFC3339), first.Reference, len(unknown)), nil
		}
		if after = listed.Next; after == "" {
			break
		}
	}
	return "", nil
}

func (w *Watch) lostRefund(ctx context.Context, installationID string, since time.Time) (string, error) {
	until := w.Store.Now().Add(clockSkew)
	for after, page := "", 0; page < pages; page++ {
		ours, next, err := w.Stripe.OurRefundsPage(ctx, installationID, since, until, after)
		if err != nil {
			return "", err
		}
		unknown, err := w.Store.UnknownRefunds(ctx, namedRefunds(ours))
		if err != nil {
			return "", err
		}
		if len(unknown) > 0 {
			return fmt.Sprintf("Stripe has refund %s, which is our %s, and the books know neither (%d such among the newest)",
				unknown[0].StripeRefundID, unknown[0].RefundID, len(unknown)), nil
		}
		if after = next; after == "" {
			break
		}
	}
	return "", nil
}

func namedRefunds(ours []stripeapi.OurRefund) []store.NamedRefund {
	named := make([]store.NamedRefund, len(ours))
	for i, refund := range ours {
		named[i] = store.NamedRefund{StripeRefundID: refund.StripeRefundID, RefundID: refund.RefundID}
	}
	return named
}

package fence

import (
	"context"
	"fmt"
	"time"

	"farebook/internal/stripeapi"
	"farebook/store"
)

// lost says what shows that the books have lost something, or is empty. Each of the three is conclusive: rows are never deleted, and
// a booking or a refund is committed before Stripe is asked for it. Lost webhooks leave no such trace, and neither do payments of
// others on the account, so that neither raises a fence. Lists are read before the books, which then have the rows of what they show.
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

// from is since when Stripe's objects are looked at. What was lost is newer than the newest row.
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

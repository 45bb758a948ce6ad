package activities

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/money"
	"farebook/store"
)

// comparison compares the refunds of a payment at Stripe with the books before another refund is requested. Stripe's idempotency key does
// not guard against a refund that the books have forgotten: it expires after a day, and another key creates another refund.
type comparison struct {
	// mine is the refund at Stripe that this request has led to; nil without one.
	mine *booking.RefundSnapshot
	// unexplained are the differences that nothing in the books accounts for, in words.
	unexplained []string
	// forgotten are refunds that Farebook requested and the books do not have. They are recorded after the refund is held for an operator,
	// so that an attempt that dies in between finds the difference again.
	forgotten []string
}

// compare finds refunds of the payment that Stripe has and the books do not. A refund that was made in Stripe's dashboard is recorded here,
// which explains it. A refund that Farebook requested stays unexplained: the books have forgotten it, and perhaps more. A payment that
// Stripe does not find is returned as Stripe's error: without its refunds nothing is requested.
func (r *Refunds) compare(ctx context.Context, known store.Refund) (comparison, error) {
	there, err := r.Stripe.RefundsOf(ctx, known.PaymentIntentID)
	switch {
	case isAbsent(err):
		return comparison{}, err
	case stripeapi.IsKind(err, stripeapi.InvalidRequest):
		return comparison{}, nil // creating the refund fails and says why
	case err != nil:
		return comparison{}, stripeError(err)
	}
	mine, found, err := r.mineAmong(ctx, there, known)
	if err != nil || found {
		return comparison{mine: &mine}, err
	}
	rows, err := r.refundsInBooks(ctx, known)
	if err != nil {
		return comparison{}, storeError(err)
	}
	var compared comparison
	for _, refund := range there {
		if isForgotten(refund, rows) {
			compared.forgotten = append(compared.forgotten, refund.StripeRefundID)
			compared.unexplained = append(compared.unexplained, fmt.Sprintf("refund %s of %s was made for %s, which the books do not have",
				refund.StripeRefundID, money.Text(refund.Amount, refund.Currency), refund.RefundID))
			continue
		}
		why, err := r.explain(ctx, refund, rows)
		if err != nil {
			return comparison{}, err
		}
		if why != "" {
			compared.unexplained = append(compared.unexplained, why)
		}
	}
	compared.unexplained = append(compared.unexplained, r.missing(rows, there)...)
	return compared, nil
}

// mineAmong finds the refund whose metadata has the row's id or the key of its request.
func (r *Refunds) mineAmong(ctx context.Context, there []booking.RefundSnapshot, known store.Refund) (booking.RefundSnapshot, bool, error) {
	installation, err := r.Store.Installation(ctx)
	if err != nil {
		return booking.RefundSnapshot{}, false, err
	}
	at := slices.IndexFunc(there, func(refund booking.RefundSnapshot) bool {
		return refund.RefundID == known.ID || known.RequestKey != "" && refund.RequestKey == known.RequestKey &&
			refund.InstallationID == installation.ID
	})
	if at < 0 {
		return booking.RefundSnapshot{}, false, nil
	}
	return there[at], true, nil
}

// refundsInBooks are the payment's refunds in the books.
func (r *Refunds) refundsInBooks(ctx context.Context, known store.Refund) ([]store.Refund, error) {
	owner, err := r.Store.Booking(ctx, known.Reference)
	if err != nil {
		return nil, err
	}
	rows, err := r.Store.RefundsOf(ctx, owner)
	return slices.DeleteFunc(rows, func(row store.Refund) bool { return row.PaymentIntentID != known.PaymentIntentID }), err
}

// isForgotten reports whether Farebook requested the refund and no row has it: neither a row of a made refund nor one of a refund in the
// making.
func isForgotten(refund booking.RefundSnapshot, rows []store.Refund) bool {
	return refund.RefundID != "" && !refund.Uncaptured && !slices.ContainsFunc(rows, func(row store.Refund) bool {
		return row.StripeRefundID == refund.StripeRefundID || row.ID == refund.RefundID && row.StripeRefundID == "" && !row.Status.Settled()
	})
}

// explain returns why a refund at Stripe contradicts the books; empty when it does not.
func (r *Refunds) explain(ctx context.Context, refund booking.RefundSnapshot, rows []store.Refund) (string, error) {
	at := slices.IndexFunc(rows, func(row store.Refund) bool { return row.StripeRefundID == refund.StripeRefundID })
	recorded := at >= 0
	beingMade := slices.ContainsFunc(rows, func(row store.Refund) bool {
		return row.StripeRefundID == "" && !row.Status.Settled() && refund.RefundID == row.ID
	})
	switch {
	case refund.Uncaptured, beingMade, recorded && rows[at].Status.Reserves() == refund.Status().Reserves():
		return "", nil
	}
	outcome, err := r.RecordRefund(ctx, RecordRefundInput{RefundRef: RefundRef{StripeRefundID: refund.StripeRefundID}})
	switch {
	case final(err):
		return err.Error(), nil
	case err != nil:
		return "", err
	case recorded && outcome.Status.Reserves() != refund.Status().Reserves():
		return fmt.Sprintf("refund %s is %s here and %s at Stripe", refund.StripeRefundID, outcome.Status, refund.Status()), nil
	}
	return "", nil
}

// missing are refunds that the books have as made and that Stripe does not list, although its lists have caught up.
func (r *Refunds) missing(rows []store.Refund, there []booking.RefundSnapshot) (differences []string) {
	for _, row := range rows {
		listed := slices.ContainsFunc(there, func(refund booking.RefundSnapshot) bool { return refund.StripeRefundID == row.StripeRefundID })
		if row.StripeRefundID == "" || listed || !row.Status.Reserves() || r.Store.Now().Sub(row.UpdatedAt) <= r.ListLag {
			continue
		}
		differences = append(differences, fmt.Sprintf("refund %s (%s) is not at Stripe", row.ID, row.StripeRefundID))
	}
	return differences
}

// hold postpones a refund until an operator has checked the differences and closed the matter, even if they still differ then. It reports
// whether the refund is held. Harmless when repeated: one open matter per refund.
func (r *Refunds) hold(ctx context.Context, known store.Refund, compared comparison) (bool, error) {
	if len(compared.unexplained) > 0 {
		text := strings.Join(compared.unexplained, "; ")
		r.Log.ErrorContext(ctx, "refunds of a payment differ between Stripe and the books: the next refund waits for an operator",
			"refundId", known.ID, "reference", known.Reference, "paymentIntentId", known.PaymentIntentID, "differences", text)
		failpoint.Hit("before-hold-refund")
		if err := r.Store.HoldRefund(ctx, known, text, r.Store.Now()); err != nil {
			return false, storeError(err)
		}
		failpoint.Hit("after-hold-refund")
	}
	for _, id := range compared.forgotten {
		_, err := r.RecordRefund(ctx, RecordRefundInput{RefundRef: RefundRef{StripeRefundID: id}})
		if err != nil && !final(err) { // the recording step has marked it for an operator
			return false, err
		}
	}
	held, err := r.Store.RefundHeld(ctx, known)
	return held, storeError(err)
}

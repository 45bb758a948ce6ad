package activities

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/ledger"
	"farebook/reconciliation"
	"farebook/store"
)

// Unbooked are the activities about money that belongs to no booking and is explained all the same: it is another integration's, or it
// comes from payments made before the books were opened.
type Unbooked struct {
	Stripe *stripeapi.Client
	Store  *store.Store
	// Others are the rules that recognise payments of other integrations.
	Others reconciliation.Integrations
	Log    *slog.Logger
}

// explain says to whom a payment belongs that no booking has. Stripe is asked only where the answer matters: with rules, or with an
// opening.
func (u *Unbooked) explain(ctx context.Context, stripe *stripeapi.Client, chargeID,
	paymentIntentID string,
) (reconciliation.Unbooked, error) {
	opening, err := u.Store.Opening(ctx)
	if err != nil || len(u.Others) == 0 && opening.At.IsZero() || chargeID == "" && paymentIntentID == "" {
		return reconciliation.Unbooked{}, err
	}
	origin, err := stripe.OriginOf(ctx, chargeID, paymentIntentID)
	if isAbsent(err) {
		return reconciliation.Unbooked{}, nil
	}
	if err != nil {
		return reconciliation.Unbooked{}, stripeError(err)
	}
	// The PaymentIntent may belong to a booking although the object names only the charge.
	booked, err := u.Store.PaymentIDs(ctx, []string{origin.PaymentIntentID})
	if err != nil || len(booked) > 0 {
		return reconciliation.Unbooked{}, err
	}
	return reconciliation.Explain(origin, u.Others, opening), nil
}

// mayBeOthers reports whether a balance transaction may belong to a payment of another integration: there are rules, and its source is a
// charge. Reconciliation decides.
func (u *Unbooked) mayBeOthers(b booking.BalanceTransaction) bool {
	return len(u.Others) > 0 && (strings.HasPrefix(b.SourceID, "ch_") || strings.HasPrefix(b.SourceID, "py_"))
}

// NoteOf is the note of an event about a payment that no booking has: which rule recognises it, or that the payment was made before the
// opening. It is empty where nothing explains the payment.
func (u *Unbooked) NoteOf(ctx context.Context, chargeID, paymentIntentID string) (string, error) {
	explained, err := u.explain(ctx, u.Stripe, chargeID, paymentIntentID)
	if err != nil || !explained.Known() {
		return "", err
	}
	return explained.String(), nil
}

// relabel explains a finding that would otherwise be an orphan or wait for an operator.
func (u *Unbooked) relabel(ctx context.Context, stripe *stripeapi.Client, finding *reconciliation.Finding, line reconciliation.Line,
	known reconciliation.Known,
) error {
	if !reconciliation.Explainable(*finding, line, known) {
		return nil
	}
	explained, err := u.explain(ctx, stripe, line.ChargeID, "")
	if err != nil {
		return err
	}
	explained.Relabel(finding, line)
	return nil
}

// UnbookedRef names a balance transaction that belongs to no booking.
type UnbookedRef struct {
	BalanceTransactionID string `json:"balanceTransactionId"`
}

// RecordUnbooked reads the balance transaction and its payment at Stripe and posts it under its owner. One that belongs to a booking by
// now, or that nothing explains any more, is not posted. Harmless when repeated: UNIQUE operation key in the ledger.
func (u *Unbooked) RecordUnbooked(ctx context.Context, in UnbookedRef) error {
	line, err := u.Stripe.Line(ctx, in.BalanceTransactionID)
	if err != nil {
		return stripeError(err)
	}
	known, err := u.Store.KnownOf(ctx, []reconciliation.Line{line})
	if err != nil {
		return storeError(err)
	}
	explained, err := u.explain(ctx, u.Stripe, line.ChargeID, "")
	if err != nil {
		return err
	}
	if known[line.ID].PaymentKnown || !explained.Known() {
		u.Log.WarnContext(ctx, "money of no booking not posted: it belongs to a booking, or nothing explains it any more",
			"balanceTransactionId", line.ID)
		return nil
	}
	transaction, err := ledger.PostUnbooked(explained.Type, ledger.Unbooked{
		Balance: line.BalanceTransaction, ObjectID: line.ObjectID, PaymentIntentID: explained.Origin.PaymentIntentID,
		Description: explained.String(),
	})
	if err != nil {
		return err
	}
	failpoint.Hit("before-record-unbooked")
	err = u.Store.RecordUnbooked(ctx, transaction, u.Store.Now())
	if errors.Is(err, store.ErrBooked) {
		return nil // the booking's workflow posts it
	}
	if err != nil {
		return storeError(err)
	}
	failpoint.Hit("after-record-unbooked")
	u.Log.InfoContext(ctx, "money of no booking recorded", "balanceTransactionId", line.ID, "type", explained.Type,
		"reason", explained.String())
	return nil
}

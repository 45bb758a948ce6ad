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

// Unbooked are the activities about money that no booking has and that is explained all the same: another integration's, or what
// becomes of payments from before the opening.
type Unbooked struct {
	Stripe *stripeapi.Client
	Store  *store.Store
	// Others say which payments are another integration's.
	Others reconciliation.Integrations
	Log    *slog.Logger
}

// explain says whose a payment is that no booking has. Stripe is asked only where something could come of it: with rules, or with an
// opening.
func (u *Unbooked) explain(ctx context.Context, stripe *stripeapi.Client, chargeID, paymentIntentID string) (reconciliation.Unbooked, error) {
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
	// The PaymentIntent may be a booking's although what names the charge alone does not say so.
	booked, err := u.Store.PaymentIDs(ctx, []string{origin.PaymentIntentID})
	if err != nil || len(booked) > 0 {
		return reconciliation.Unbooked{}, err
	}
	return reconciliation.Explain(origin, u.Others, opening), nil
}

// mayBeOthers tells a bill for a payment where there are rules: its payment may be another integration's, which reconciliation finds
// out.
func (u *Unbooked) mayBeOthers(b booking.BalanceTransaction) bool {
	return len(u.Others) > 0 && (strings.HasPrefix(b.SourceID, "ch_") || strings.HasPrefix(b.SourceID, "py_"))
}

// NoteOf says why an event about a payment that no booking has is not ours: by which rule, or that the payment was made before the
// opening. It is empty for one that nobody knows.
func (u *Unbooked) NoteOf(ctx context.Context, chargeID, paymentIntentID string) (string, error) {
	explained, err := u.explain(ctx, u.Stripe, chargeID, paymentIntentID)
	if err != nil || !explained.Known() {
		return "", err
	}
	return explained.String(), nil
}

// relabel explains what would be an orphan, or would wait for an operator.
func (u *Unbooked) relabel(ctx context.Context, stripe *stripeapi.Client, finding *reconciliation.Finding, line reconciliation.Line, known reconciliation.Known) error {
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

// UnbookedRef names the balance transaction.
type UnbookedRef struct {
	BalanceTransactionID string `json:"balanceTransactionId"`
}

// RecordUnbooked reads the balance transaction and its payment at Stripe and posts it as whose it is. One that is a booking's by
// now, or that nothing explains any more, is left as it is. Harmless when repeated: UNIQUE operation key in the ledger.
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
		u.Log.WarnContext(ctx, "money of no booking left alone: it is a booking's, or nothing explains it any more", "balanceTransactionId", line.ID)
		return nil
	}
	transaction, err := ledger.PostUnbooked(explained.Type, ledger.Unbooked{
		Balance: line.BalanceTransaction, ObjectID: line.ObjectID, PaymentIntentID: explained.Origin.PaymentIntentID, Description: explained.String(),
	})
	if err != nil {
		return err
	}
	failpoint.Hit("before-record-unbooked")
	err = u.Store.RecordUnbooked(ctx, transaction, u.Store.Now())
	if errors.Is(err, store.ErrBooked) {
		return nil // its own workflow posts it
	}
	if err != nil {
		return storeError(err)
	}
	failpoint.Hit("after-record-unbooked")
	u.Log.InfoContext(ctx, "money of no booking recorded", "balanceTransactionId", line.ID, "type", explained.Type, "reason", explained.String())
	return nil
}

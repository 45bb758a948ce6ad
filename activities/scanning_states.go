package activities

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"go.temporal.io/sdk/activity"

	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/reconciliation"
)

var stateHealings = map[reconciliation.Object]reconciliation.Healing{
	reconciliation.ObjectRefund:  reconciliation.HealRefund,
	reconciliation.ObjectDispute: reconciliation.HealDispute, reconciliation.ObjectPayout: reconciliation.HealPayout,
}

// ScanStates compares the states of refunds, disputes or payouts with Stripe. An object that the books do not know and that has moved money
// is found by its balance transaction; one that has not (a pending refund, an inquiry) is found here.
func (r *Reconciliations) ScanStates(ctx context.Context, in ScanInput) (Scanned, error) {
	at, err := r.scanStates(ctx, in)
	return at, r.unlessStuck(ctx, at, err)
}

func (r *Reconciliations) scanStates(ctx context.Context, in ScanInput) (Scanned, error) {
	stripe, at := r.paced(in.RunID), resume(ctx)
	for {
		states, more, err := stripe.States(ctx, in.Object, in.Window, at.After, false)
		if err != nil {
			return at, stripeError(err)
		}
		findings, err := r.compareStates(ctx, in.Object, states, func() ([]stripeapi.ObjectState, error) {
			activity.RecordHeartbeat(ctx, at) // as in ScanWindow
			full, _, err := stripe.States(ctx, in.Object, in.Window, at.After, true)
			return full, stripeError(err)
		})
		if err != nil {
			return at, err
		}
		if err := r.addFindings(ctx, in.RunID, findings); err != nil {
			return at, err
		}
		at.Lines, at.Found = at.Lines+int64(len(states)), at.Found+int64(len(findings))
		if len(states) > 0 {
			at.After = states[len(states)-1].ID
		}
		r.moved(ctx, &at)
		if !more {
			return at, nil
		}
	}
}

// compareStates compares a page with the books. The page is read again with expanded objects only where the books do not know a refund: it
// may only release an authorisation.
func (r *Reconciliations) compareStates(
	ctx context.Context, object reconciliation.Object, states []stripeapi.ObjectState, full func() ([]stripeapi.ObjectState, error),
) ([]reconciliation.Finding, error) {
	ids, charges := []string{""}, []string{}
	for _, state := range states {
		ids = append(ids, state.ID)
		if state.PaymentIntentID == "" && state.ChargeID != "" {
			charges = append(charges, state.ChargeID)
		}
	}
	intents, err := r.Store.PaymentIntentsOfCharges(ctx, charges)
	if err != nil {
		return nil, err
	}
	for i, state := range states {
		states[i].PaymentIntentID = cmp.Or(state.PaymentIntentID, intents[state.ChargeID])
	}
	here, err := r.Store.StatesOf(ctx, object, ids)
	if err != nil {
		return nil, err
	}
	ours, err := r.oursAmong(ctx, states, here)
	if err != nil {
		return nil, err
	}
	if object == reconciliation.ObjectRefund && slices.Contains(slices.Collect(maps.Values(ours)), true) {
		again, err := full()
		if err != nil {
			return nil, err
		}
		for _, state := range again {
			ours[state.ID] = ours[state.ID] && !state.Uncaptured
		}
	}
	var findings []reconciliation.Finding
	for _, state := range states {
		known, isKnown := here[state.ID]
		there := stateAt(object, state.Status)
		reason, healing := reasonOf(object, known, there), stateHealings[object]
		if reason == "" && there == unknownState {
			reason, healing = reasonOfUnknown(object, state.Status), reconciliation.HealNone
		}
		if reason == "" || !isKnown && !ours[state.ID] {
			continue
		}
		finding := reconciliation.Finding{
			Class: reconciliation.StateMismatch, Object: object, StripeID: state.ID, PaymentIntentID: state.PaymentIntentID,
			Currency: state.Currency, Healing: healing, Reason: reason,
		}
		r.rules().Await(&finding, state.Created)
		findings = append(findings, finding)
	}
	return findings, nil
}

// oursAmong reports which objects that the books do not know, and that have moved no money yet, are about a booking's payment.
func (r *Reconciliations) oursAmong(ctx context.Context, states []stripeapi.ObjectState, here map[string]string) (map[string]bool, error) {
	var lines []reconciliation.Line
	for _, state := range states {
		_, known := here[state.ID]
		if !known && !state.Settled && state.PaymentIntentID != "" {
			lines = append(lines, reconciliation.Line{
				BalanceTransaction: booking.BalanceTransaction{ID: state.ID}, PaymentIntentID: state.PaymentIntentID,
			})
		}
	}
	ours := map[string]bool{}
	if len(lines) == 0 {
		return ours, nil
	}
	known, err := r.Store.KnownOf(ctx, lines)
	for id, k := range known {
		ours[id] = k.PaymentKnown
	}
	return ours, err
}

// unknownState is the state in the books of any object whose status at Stripe this version does not know.
const unknownState = string(booking.PaymentUnknown)

// stateAt is the state in the books that corresponds to Stripe's status of a refund, dispute or payout.
func stateAt(object reconciliation.Object, status string) string {
	switch object {
	case reconciliation.ObjectRefund:
		return string(booking.RefundSnapshot{StripeStatus: status}.Status())
	case reconciliation.ObjectDispute:
		return string(booking.DisputeSnapshot{Status: booking.DisputeStatus(status)}.State())
	default:
		return string(booking.PayoutSnapshot{Status: booking.PayoutStatus(status)}.State())
	}
}

// reasonOfUnknown is the reason of a finding about a status that this version does not know.
func reasonOfUnknown(object reconciliation.Object, status string) string {
	return fmt.Sprintf("the %s has the status %q at Stripe, which this version does not know: check it in Stripe's dashboard", object, status)
}

package rebuild

import (
	"context"
	"errors"
	"fmt"
	"time"

	"farebook/access"
	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/internal/wait"
	"farebook/reconciliation"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/workflows"
)

const (
	// itemTime is how long a workflow may take to record an item after its signal. A workflow that started before the restore and waits
	// for the fence polls every minute.
	itemTime = 3 * time.Minute
	itemPace = 200 * time.Millisecond
)

func notFound(err error) bool { return errors.Is(err, store.ErrNotFound) }

// Apply restores the items of a plan that are not done: bookings first, then their refunds and disputes, and payouts. It calls done after
// each. It may be interrupted and repeated: a booking is written once (UNIQUE reference and request key), and a workflow that is signalled
// again reads its object again and records nothing twice.
func (r *Rebuilder) Apply(ctx context.Context, plan store.Rebuild, items []store.RebuildItem, by access.Actor,
	done func(store.RebuildItem),
) error {
	if err := r.Store.BeginRebuild(ctx, plan.ID, by); err != nil {
		return err
	}
	for _, kind := range []store.RebuildKind{store.RebuildBooking, store.RebuildRefund, store.RebuildDispute, store.RebuildPayout} {
		var begun []store.RebuildItem
		for _, item := range items {
			if item.Kind != kind || item.DoneAt != nil {
				continue
			}
			if err := r.begin(ctx, plan, item, by); err != nil {
				return fmt.Errorf("%s %s: %w", item.Kind, item.StripeID, err)
			}
			begun = append(begun, item)
		}
		for _, item := range begun {
			if err := r.finish(ctx, item); err != nil {
				return fmt.Errorf("%s %s: %w", item.Kind, item.StripeID, err)
			}
			done(item)
		}
	}
	return nil
}

// begin writes a booking, or signals the workflow of another object to read it at Stripe.
func (r *Rebuilder) begin(ctx context.Context, plan store.Rebuild, item store.RebuildItem, by access.Actor) error {
	event := workflows.StripeEvent{
		EventID: fmt.Sprintf("rebuild_%d_%d", plan.ID, item.ID), Type: "rebuild",
		PaymentIntentID: item.PaymentIntentID,
	}
	if item.Kind == store.RebuildPayout {
		return r.Dispatch.DeliverPayoutEvent(ctx, item.StripeID, event)
	}
	if item.Kind == store.RebuildBooking {
		if err := r.rebuildBooking(ctx, item, by); err != nil {
			return err
		}
	}
	known, err := r.Store.Booking(ctx, item.Reference)
	if err != nil {
		return err
	}
	ctx = correlation.With(ctx, known.CorrelationID)
	switch item.Kind {
	case store.RebuildRefund:
		return r.Dispatch.DeliverRefundEvent(ctx, dispatch.RefundSubject{
			StripeRefundID: item.StripeID, Reference: known.Reference, CorrelationID: known.CorrelationID,
		}, event)
	case store.RebuildDispute:
		return r.Dispatch.DeliverDisputeEvent(ctx, item.StripeID, known.Reference, known.CorrelationID, event)
	default:
		err := r.Dispatch.DeliverStripeEvent(ctx, dispatch.BookingSubjectOf(known), event)
		failpoint.Hit("rebuild-after-workflow")
		return err
	}
}

func (r *Rebuilder) rebuildBooking(ctx context.Context, item store.RebuildItem, by access.Actor) error {
	failpoint.Hit("rebuild-before-booking")
	item.Revenue = r.Revenue.With(nil) // the breakdown comes back with customer and flight
	if err := r.Store.RebuildBooking(ctx, item, by, r.Store.Now()); err != nil {
		return err
	}
	failpoint.Hit("rebuild-after-booking")
	snapshot, _, err := r.Stripe.PaymentIntent(ctx, item.PaymentIntentID)
	if err != nil {
		return err
	}
	if err := r.Store.RecordPaymentIntent(ctx, item.Reference, snapshot, false); err != nil {
		return err
	}
	failpoint.Hit("rebuild-after-payment-row")
	return nil
}

// finish waits up to itemTime until the database has an item in the state that Stripe has.
func (r *Rebuilder) finish(ctx context.Context, item store.RebuildItem) error {
	waiting, cancel := context.WithTimeout(ctx, itemTime)
	defer cancel()
	for {
		agrees, err := r.agrees(ctx, item)
		if err != nil {
			return err
		}
		if agrees {
			break
		}
		if err := wait.For(waiting, itemPace); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return errors.New("its workflow was signalled and has not recorded it: is a worker running? See its workflow in the Temporal UI, " +
				"then apply the plan again")
		}
	}
	failpoint.Hit("rebuild-before-item-done")
	err := r.Store.RebuildItemDone(ctx, item.ID, r.Store.Now())
	failpoint.Hit("rebuild-after-item-done")
	return err
}

// agrees reports whether the database has an object in the state that Stripe has.
func (r *Rebuilder) agrees(ctx context.Context, item store.RebuildItem) (bool, error) {
	switch item.Kind {
	case store.RebuildBooking:
		snapshot, _, err := r.Stripe.PaymentIntent(ctx, item.StripeID)
		if err != nil {
			return false, err
		}
		known, err := r.Store.Booking(ctx, item.Reference)
		return err == nil && known.Payment != nil && known.Payment.Status == snapshot.PaymentStatus(), err
	case store.RebuildRefund:
		snapshot, err := r.Stripe.Refund(ctx, item.StripeID)
		return r.has(ctx, reconciliation.ObjectRefund, item.StripeID, string(snapshot.Status()), err)
	case store.RebuildDispute:
		snapshot, err := r.Stripe.Dispute(ctx, item.StripeID)
		return r.has(ctx, reconciliation.ObjectDispute, item.StripeID, string(snapshot.State()), err)
	default:
		snapshot, err := r.Stripe.Payout(ctx, item.StripeID)
		return r.has(ctx, reconciliation.ObjectPayout, item.StripeID, string(snapshot.State()), err)
	}
}

func (r *Rebuilder) has(ctx context.Context, object reconciliation.Object, id, there string, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	here, err := r.Store.StatesOf(ctx, object, []string{id})
	return here[id] == there || here[id] == there+store.Unproven, err
}

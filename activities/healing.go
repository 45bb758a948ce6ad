package activities

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"farebook/booking"
	"farebook/internal/wait"
	"farebook/reconciliation"
	"farebook/store"
)

// HealingsInput asks for the next items of a run that may be healed without a person.
type HealingsInput struct {
	RunID uint64 `json:"runId"`
	After uint64 `json:"after"`
}

// HealingTask is one item, and what its own workflow needs to be started.
type HealingTask struct {
	ItemID          uint64            `json:"itemId"`
	Healing         booking.Healing   `json:"healing"`
	StripeID        string            `json:"stripeId"`
	PaymentIntentID string            `json:"paymentIntentId,omitempty"`
	Reference       booking.Reference `json:"reference,omitempty"`
	RefundID        booking.RefundID  `json:"refundId,omitempty"`
	HoldExpiresAt   time.Time         `json:"holdExpiresAt,omitzero"`
	CorrelationID   string            `json:"correlationId,omitempty"`
}

// healingsAtOnce is how many items are healed beside one another: each is a workflow of its own.
const healingsAtOnce = 20

// NextHealings reads the next items that may be healed. One that fits by now is skipped, as is one that a person has to
// decide.
func (r *Reconciliations) NextHealings(ctx context.Context, in HealingsInput) ([]HealingTask, error) {
	items, err := r.Store.Items(ctx, in.RunID, store.ItemFound, in.After, healingsAtOnce)
	if err != nil {
		return nil, err
	}
	tasks := make([]HealingTask, 0, len(items))
	for _, item := range items {
		task := HealingTask{ItemID: item.ID, StripeID: item.StripeID, PaymentIntentID: item.PaymentIntentID, Reference: item.Reference}
		if slices.Contains(r.Heal, item.Healing) {
			task.Healing = item.Healing
			if err := r.prepare(ctx, item, &task); err != nil {
				return nil, err
			}
		}
		tasks = append(tasks, task)
	}
	return tasks, nil
}

// prepare looks once more before anything is done, and finds what the workflow is started with.
func (r *Reconciliations) prepare(ctx context.Context, item store.Item, task *HealingTask) error {
	differs, err := r.differs(ctx, item)
	if err != nil {
		return err
	}
	if !differs {
		task.Healing = booking.HealNone
		return r.settle(ctx, item.ID, store.ItemSkipped, "changed since: the two sides agree by now")
	}
	if item.Healing == booking.HealPayout || item.Healing == booking.HealAccountFee { // no booking's
		return nil
	}
	known, err := r.bookingOf(ctx, item)
	if errors.Is(err, store.ErrNotFound) {
		task.Healing = booking.HealNone
		return nil
	}
	if err != nil {
		return err
	}
	task.Reference, task.HoldExpiresAt, task.CorrelationID = known.Reference, known.HoldExpiresAt, known.CorrelationID
	if item.Healing == booking.HealRefund {
		refund, err := r.Store.RefundByStripeID(ctx, item.StripeID)
		if err == nil && refund.Origin != booking.RefundFromDashboard {
			task.RefundID = refund.ID
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

func (r *Reconciliations) bookingOf(ctx context.Context, item store.Item) (store.Booking, error) {
	if item.Reference != "" {
		return r.Store.Booking(ctx, item.Reference)
	}
	return r.Store.BookingOfPayment(ctx, item.PaymentIntentID)
}

// ConfirmInput names items whose workflows were asked.
type ConfirmInput struct {
	ItemIDs []uint64 `json:"itemIds"`
	RunID   uint64   `json:"runId"`
}

const (
	// confirmTime is how long an item may take to be healed: its workflow reads Stripe and writes one transaction.
	confirmTime = 30 * time.Second
	confirmPace = 200 * time.Millisecond
)

// ConfirmHealings waits until each item is healed, and writes whether it was.
func (r *Reconciliations) ConfirmHealings(ctx context.Context, in ConfirmInput) error {
	end := time.Now().Add(confirmTime)
	left := in.ItemIDs
	for {
		var still []uint64
		for _, id := range left {
			healed, err := r.healed(ctx, in.RunID, id)
			if err != nil {
				return err
			}
			if !healed {
				still = append(still, id)
			}
		}
		if left = still; len(left) == 0 {
			return nil
		}
		if time.Now().After(end) {
			break
		}
		activity.RecordHeartbeat(ctx)
		if err := wait.For(ctx, confirmPace); err != nil {
			return err
		}
	}
	for _, id := range left {
		if err := r.settle(ctx, id, store.ItemFailed, "its workflow was asked, and the two sides still differ: look at it in the Temporal UI"); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reconciliations) healed(ctx context.Context, runID, id uint64) (bool, error) {
	items, err := r.Store.Items(ctx, runID, "", id-1, 1)
	if err != nil || len(items) == 0 {
		return true, err
	}
	differs, err := r.differs(ctx, items[0])
	if err != nil || differs {
		return false, err
	}
	return true, r.settle(ctx, id, store.ItemFixed, "")
}

// settle leaves an item that was settled already.
func (r *Reconciliations) settle(ctx context.Context, id uint64, state, note string) error {
	if err := r.Store.SettleItem(ctx, id, state, note); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// differs looks at one item again, at both sides.
func (r *Reconciliations) differs(ctx context.Context, item store.Item) (bool, error) {
	if item.Class == booking.StateMismatch {
		return r.statesDiffer(ctx, item)
	}
	line := item.Line()
	posted, err := r.Store.PostingsOf(ctx, []reconciliation.Line{line})
	return len(posted[line.ID]) == 0, err
}

func (r *Reconciliations) statesDiffer(ctx context.Context, item store.Item) (bool, error) {
	switch item.Object {
	case "payment":
		snapshot, _, err := r.Stripe.PaymentIntent(ctx, item.StripeID)
		if err != nil {
			return false, stripeError(err)
		}
		known, err := r.Store.Booking(ctx, item.Reference)
		return known.Payment == nil || known.Payment.Status != snapshot.PaymentStatus(), err
	case "refund":
		snapshot, err := r.Stripe.Refund(ctx, item.StripeID)
		return r.stateDiffers(ctx, item, string(snapshot.Status()), err)
	case "dispute":
		snapshot, err := r.Stripe.Dispute(ctx, item.StripeID)
		return r.stateDiffers(ctx, item, string(snapshot.Status), err)
	default:
		snapshot, err := r.Stripe.Payout(ctx, item.StripeID)
		return r.stateDiffers(ctx, item, string(snapshot.Status), err)
	}
}

func (r *Reconciliations) stateDiffers(ctx context.Context, item store.Item, there string, err error) (bool, error) {
	if err != nil {
		return false, stripeError(err)
	}
	here, err := r.Store.StatesOf(ctx, item.Object, []string{item.StripeID})
	return here[item.StripeID] != there, err
}

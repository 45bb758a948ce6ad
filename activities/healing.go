package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"farebook/booking"
	"farebook/internal/failpoint"
	"farebook/internal/stripeapi"
	"farebook/internal/wait"
	"farebook/reconciliation"
	"farebook/store"
	"farebook/store/recon"
)

// HealingsInput asks for the next items of a run that may be healed automatically.
type HealingsInput struct {
	RunID uint64 `json:"runId"`
	After uint64 `json:"after"`
	// Planned: the items are another run's plan. An item that differs in another way by now is skipped.
	Planned bool `json:"planned,omitempty"`
}

// HealingTask is one item, with what starting its workflow needs.
type HealingTask struct {
	ItemID          uint64                 `json:"itemId"`
	Healing         reconciliation.Healing `json:"healing"`
	StripeID        string                 `json:"stripeId"`
	PaymentIntentID string                 `json:"paymentIntentId,omitempty"`
	// BalanceTransactionID is set for money that belongs to no booking.
	BalanceTransactionID string            `json:"balanceTransactionId,omitempty"`
	Reference            booking.Reference `json:"reference,omitempty"`
	RefundID             booking.RefundID  `json:"refundId,omitempty"`
	HoldExpiresAt        time.Time         `json:"holdExpiresAt,omitzero"`
	CorrelationID        string            `json:"correlationId,omitempty"`
}

const (
	// healingsAtOnce is how many items are healed at the same time, each by its workflow.
	healingsAtOnce = 20
	// prepareTime is after how long the tasks prepared so far are returned: within the time limit of a workflow's fast step.
	prepareTime = 2 * time.Second
)

// NextHealings reads the next items of a run. An item that fits by now is settled as skipped. A task without a healing is one that an
// operator has to decide.
func (r *Reconciliations) NextHealings(ctx context.Context, in HealingsInput) ([]HealingTask, error) {
	items, err := r.Runs.Items(ctx, in.RunID, recon.ItemFound, in.After, healingsAtOnce)
	if err != nil {
		return nil, err
	}
	preparing, cancel := context.WithTimeout(ctx, prepareTime)
	defer cancel()
	stripe := r.paced(in.RunID)
	tasks := make([]HealingTask, 0, len(items))
	for _, item := range items {
		if len(tasks) > 0 && preparing.Err() != nil {
			break
		}
		task := HealingTask{ItemID: item.ID, StripeID: item.StripeID, PaymentIntentID: item.PaymentIntentID, Reference: item.Reference}
		// An operator who applies a plan has decided about all of it. The list is for automatic runs.
		if item.Healing != reconciliation.HealNone && (in.Planned || slices.Contains(r.Heal, item.Healing)) {
			task.Healing = item.Healing
			if item.Healing == reconciliation.HealUnbooked {
				task.BalanceTransactionID = item.BalanceTransactionID
			}
			if err := r.prepare(ctx, stripe, item, in.Planned, &task); err != nil {
				return nil, err
			}
		}
		tasks = append(tasks, task)
	}
	return tasks, nil
}

// prepare compares both sides again before anything is healed, and reads what starting the workflow needs.
func (r *Reconciliations) prepare(ctx context.Context, stripe *stripeapi.Client, item recon.Item, planned bool, task *HealingTask) error {
	now, err := r.differs(ctx, stripe, item)
	if final(err) {
		task.Healing = reconciliation.HealNone
		return r.settle(ctx, item.ID, recon.ItemFailed, err.Error())
	}
	if err != nil {
		return err
	}
	switch {
	case now == "":
		task.Healing = reconciliation.HealNone
		return r.settle(ctx, item.ID, recon.ItemSkipped, "changed since: the two sides agree by now")
	case planned && now != item.Reason:
		task.Healing = reconciliation.HealNone
		return r.settle(ctx, item.ID, recon.ItemSkipped, "changed since: by now "+now+"; reconcile again")
	}
	switch item.Healing {
	case reconciliation.HealPayout, reconciliation.HealAccountFee, reconciliation.HealUnbooked: // belongs to no booking
		return nil
	}
	known, err := r.bookingOf(ctx, item)
	if errors.Is(err, store.ErrNotFound) {
		task.Healing = reconciliation.HealNone
		return nil
	}
	if err != nil {
		return err
	}
	task.Reference, task.HoldExpiresAt, task.CorrelationID = known.Reference, known.HoldExpiresAt, known.CorrelationID
	if item.Healing == reconciliation.HealRefund {
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

// bookingOf finds an item's booking by its PaymentIntent, and by the reference where the books do not know the PaymentIntent.
func (r *Reconciliations) bookingOf(ctx context.Context, item recon.Item) (store.Booking, error) {
	known, err := r.Store.BookingOfPayment(ctx, item.PaymentIntentID)
	if errors.Is(err, store.ErrNotFound) && item.Reference != "" {
		return r.Store.Booking(ctx, item.Reference)
	}
	return known, err
}

// ConfirmInput names items whose workflows were started or signalled.
type ConfirmInput struct {
	ItemIDs []uint64 `json:"itemIds"`
	RunID   uint64   `json:"runId"`
}

const (
	// confirmTime is how long the items have to be healed: each workflow reads Stripe and writes one transaction.
	confirmTime = 30 * time.Second
	confirmPace = 200 * time.Millisecond
	// confirmTries bounds them as well, for a context whose time is not the machine's.
	confirmTries = int(confirmTime / confirmPace)
)

// ConfirmHealings waits until each item is healed, and settles it as fixed or failed. Harmless when repeated: an item is settled once.
func (r *Reconciliations) ConfirmHealings(ctx context.Context, in ConfirmInput) error {
	confirming, cancel := context.WithTimeout(ctx, confirmTime)
	defer cancel()
	stripe, left := r.paced(in.RunID), in.ItemIDs
	for try := 1; ; try++ {
		last := confirming.Err() != nil || try > confirmTries
		var still []uint64
		for _, id := range left {
			healed, err := r.healed(ctx, stripe, in.RunID, id)
			if err != nil {
				return err
			}
			if !healed {
				still = append(still, id)
			}
			activity.RecordHeartbeat(ctx)
		}
		if left = still; len(left) == 0 {
			return nil
		}
		if last {
			break
		}
		if err := wait.ForOthers(ctx, confirmPace); err != nil {
			return err
		}
	}
	for _, id := range left {
		if err := r.settle(ctx, id, recon.ItemFailed,
			"its workflow has run, and both sides still differ: open it in the Temporal UI"); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reconciliations) healed(ctx context.Context, stripe *stripeapi.Client, runID, id uint64) (bool, error) {
	items, err := r.Runs.Items(ctx, runID, "", id-1, 1)
	if err != nil || len(items) == 0 {
		return true, err
	}
	differs, err := r.differs(ctx, stripe, items[0])
	if final(err) {
		return true, r.settle(ctx, id, recon.ItemFailed, err.Error())
	}
	if err != nil || differs != "" {
		return false, err
	}
	err = r.settle(ctx, id, recon.ItemFixed, "")
	failpoint.Hit("after-reconciliation-item")
	return true, err
}

// settle leaves an item that was settled before as it is.
func (r *Reconciliations) settle(ctx context.Context, id uint64, state, note string) error {
	if err := r.Runs.SettleItem(ctx, id, state, note); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// differs compares both sides of an item again and returns why they differ; empty when they agree.
func (r *Reconciliations) differs(ctx context.Context, stripe *stripeapi.Client, item recon.Item) (string, error) {
	if item.Class == reconciliation.StateMismatch {
		return r.statesDiffer(ctx, stripe, item)
	}
	line := item.Line()
	posted, err := r.Runs.PostingsOf(ctx, []reconciliation.Line{line})
	if err != nil {
		return "", err
	}
	of := posted[line.ID]
	misplaced := item.Healing != reconciliation.HealUnbooked && reconciliation.PostedAsUnbooked(of)
	if item.Class == reconciliation.FeeMismatch && reconciliation.FeeOutstanding(of) || len(of) == 0 || misplaced {
		return item.Reason, nil
	}
	return "", nil
}

// statesDiffer compares the states of both sides. An object that Stripe does not find at the moment differs still: the item's workflow
// reads it until it is found.
func (r *Reconciliations) statesDiffer(ctx context.Context, stripe *stripeapi.Client, item recon.Item) (string, error) {
	switch item.Object {
	case reconciliation.ObjectPayment:
		snapshot, _, err := stripe.PaymentIntent(ctx, item.StripeID)
		if err != nil {
			return unread(item, err)
		}
		known, err := r.bookingOf(ctx, item)
		if err != nil {
			return "", storeError(err)
		}
		if known.Payment == nil {
			return reasonOf(item.Object, "", string(snapshot.PaymentStatus())), nil
		}
		return reasonOf(item.Object, string(known.Payment.Status), string(snapshot.PaymentStatus())), nil
	case reconciliation.ObjectRefund:
		snapshot, err := stripe.Refund(ctx, item.StripeID)
		return r.stateDiffers(ctx, item, string(snapshot.Status()), err)
	case reconciliation.ObjectDispute:
		snapshot, err := stripe.Dispute(ctx, item.StripeID)
		return r.stateDiffers(ctx, item, string(snapshot.State()), err)
	default:
		snapshot, err := stripe.Payout(ctx, item.StripeID)
		return r.stateDiffers(ctx, item, string(snapshot.State()), err)
	}
}

// unread is the result of a comparison whose object could not be read.
func unread(item recon.Item, err error) (string, error) {
	if isAbsent(err) {
		return item.Reason, nil
	}
	return "", stripeError(err)
}

func (r *Reconciliations) stateDiffers(ctx context.Context, item recon.Item, there string, err error) (string, error) {
	if err != nil {
		return unread(item, err)
	}
	here, err := r.Store.StatesOf(ctx, item.Object, []string{item.StripeID})
	return reasonOf(item.Object, here[item.StripeID], there), err
}

// reasonOf describes how the states of an object differ; empty when they agree. here is empty for an object that the books do not know.
func reasonOf(object reconciliation.Object, here, there string) string {
	switch here {
	case there:
		return ""
	case "":
		return fmt.Sprintf("the %s is %s at Stripe and not known here", object, there)
	case there + store.Unproven:
		return fmt.Sprintf("the %s is %s, and its balance transactions do not account for it: some are missing in the ledger, or they do not "+
			"add up", object, there)
	default:
		return fmt.Sprintf("the %s is %s here and %s at Stripe", object, here, there)
	}
}

package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/internal/correlation"
	"farebook/reconciliation"
)

// heal handles the run's items after the given one, batch by batch: it starts or signals the workflow of each item that may be
// healed, then confirms which items are healed.
func (r *reconciliationRun) heal(ctx workflow.Context, after uint64) error {
	r.at.Stage = "healing"
	in := activities.HealingsInput{RunID: r.begun.RunID, After: after, Planned: r.in.Applies != ""}
	for batches := 1; ; batches++ {
		var tasks []activities.HealingTask
		if err := (step{"Read the items to heal", reconciliations.NextHealings, healRetries}).run(ctx, in, &tasks); err != nil {
			return err
		}
		if len(tasks) == 0 {
			return nil
		}
		requested, err := r.requestHealings(ctx, tasks)
		if err != nil {
			return err
		}
		in.After = tasks[len(tasks)-1].ItemID
		r.describe(ctx)
		if err := r.confirm(ctx, requested); err != nil {
			return err
		}
		if longHistory(ctx, batches, len(requested) > 0) {
			r.in.Heals = &ReconciliationHeals{Begun: r.begun, After: in.After, At: r.at}
			return workflow.NewContinueAsNewError(ctx, TypeReconciliation, r.in)
		}
	}
}

// requestHealings returns the ids of the items whose workflows were started or signalled.
func (r *reconciliationRun) requestHealings(ctx workflow.Context, tasks []activities.HealingTask) ([]uint64, error) {
	var requested []uint64
	for _, task := range tasks {
		if task.Healing == reconciliation.HealNone {
			continue
		}
		if err := r.requestHealing(ctx, task); err != nil {
			return nil, err
		}
		r.at.Healing++
		requested = append(requested, task.ItemID)
	}
	return requested, nil
}

// requestHealing makes the workflow that owns the item's object read it again.
func (r *reconciliationRun) requestHealing(ctx workflow.Context, task activities.HealingTask) error {
	id, kind, in := ownerOf(task)
	ctx = correlation.WithWorkflow(ctx, task.CorrelationID) // the owner acts under its own request's id
	event := StripeEvent{
		EventID: fmt.Sprintf("%s_%d", r.in.CorrelationID, task.ItemID), Type: "reconciliation",
		PaymentIntentID: task.PaymentIntentID,
	}
	return startOrSignal(ctx, healingChild(id, r.in.BookingsQueue), kind, in, event)
}

func (r *reconciliationRun) confirm(ctx workflow.Context, itemIDs []uint64) error {
	if len(itemIDs) == 0 {
		return nil
	}
	confirming := workflow.WithActivityOptions(ctx, scanning("Confirm which items are healed"))
	in := activities.ConfirmInput{RunID: r.begun.RunID, ItemIDs: itemIDs}
	return workflow.ExecuteActivity(confirming, reconciliations.ConfirmHealings, in).Get(ctx, nil)
}

// maxBatches is how many batches of items one history takes, healed or not. A batch that heals nothing adds a marker only, and the
// server suggests a new history long after that.
const maxBatches = 200

// longHistory reports whether the run has to continue as new. A run older than the version continues only after a batch that
// requested a healing.
func longHistory(ctx workflow.Context, batches int, requested bool) bool {
	suggested := workflow.GetInfo(ctx).GetContinueAsNewSuggested()
	if suggested && requested {
		return true
	}
	return (suggested || batches >= maxBatches) && workflow.GetVersion(ctx, "continue-without-healings", workflow.DefaultVersion, 1) == 1
}

// ownerOf returns the workflow that owns the object of task: its id, its type and its input.
func ownerOf(task activities.HealingTask) (id, kind string, in any) {
	switch task.Healing {
	case reconciliation.HealRefund:
		if task.RefundID != "" {
			return RefundWorkflowID(string(task.RefundID)), TypeRefund, RefundInput{RefundID: task.RefundID, CorrelationID: task.CorrelationID}
		}
		return RefundWorkflowID(task.StripeID), TypeRefund, RefundInput{StripeRefundID: task.StripeID, CorrelationID: task.CorrelationID}
	case reconciliation.HealDispute:
		return DisputeWorkflowID(task.StripeID), TypeDispute, DisputeInput{DisputeID: task.StripeID, CorrelationID: task.CorrelationID}
	case reconciliation.HealPayout:
		return PayoutWorkflowID(task.StripeID), TypePayout, PayoutInput{PayoutID: task.StripeID}
	case reconciliation.HealAccountFee:
		return AccountFeeWorkflowID(task.StripeID), TypeAccountFee, AccountFeeInput{BalanceTransactionID: task.StripeID}
	case reconciliation.HealUnbooked:
		id := task.BalanceTransactionID
		return UnbookedWorkflowID(id), TypeUnbooked, UnbookedInput{BalanceTransactionID: id}
	default:
		return BookingPaymentWorkflowID(task.Reference), TypeBookingPayment, BookingPaymentInput{
			Reference: task.Reference, HoldExpiresAt: task.HoldExpiresAt, CorrelationID: task.CorrelationID, LookAt: task.PaymentIntentID,
		}
	}
}

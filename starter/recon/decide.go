package recon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/internal/wait"
	"farebook/ledger"
	"farebook/reconciliation"
	"farebook/starter/dispatch"
	"farebook/store"
	runs "farebook/store/recon"
)

// NoPlanError says why a run has no plan that could be carried out.
type NoPlanError struct{ Reason string }

func (e *NoPlanError) Error() string { return e.Reason }

// Plan returns the options of the run that carries out the plan of a dry run. Errors: store.ErrNotFound, *NoPlanError.
func Plan(ctx context.Context, books *store.Store, id string) (reconciliation.Options, error) {
	plan, err := runs.New(books).Run(ctx, id)
	switch {
	case err != nil:
		return reconciliation.Options{}, err
	case !plan.Options.DryRun:
		return reconciliation.Options{}, &NoPlanError{id + " was not a dry run: it has already healed what it could"}
	case plan.Status != runs.RunCompleted:
		return reconciliation.Options{}, &NoPlanError{fmt.Sprintf("%s is %s: only the plan of a completed run can be carried out", id,
			plan.Status)}
	}
	options := plan.Options
	options.DryRun = false
	return options, nil
}

// Correct reads the balance transaction of an item at Stripe and posts its difference from the books. Errors: those of Runs.Correct.
func Correct(ctx context.Context, books *store.Store, stripe *stripeapi.Client, c runs.Correction) error {
	c, err := withStripes(ctx, books, stripe, c)
	if err != nil {
		return err
	}
	return runs.New(books).Correct(ctx, c, books.Now())
}

// Draft is Correct without posting. Against no account, it is what the item's own workflow posts. Errors: those of Runs.Draft.
func Draft(ctx context.Context, books *store.Store, stripe *stripeapi.Client, c runs.Correction) (ledger.Correcting, error) {
	c, err := withStripes(ctx, books, stripe, c)
	if err != nil {
		return ledger.Correcting{}, err
	}
	return runs.New(books).Draft(ctx, c, books.Now())
}

// withStripes adds the balance transaction of a correction's item as Stripe has it.
func withStripes(ctx context.Context, books *store.Store, stripe *stripeapi.Client, c runs.Correction) (_ runs.Correction, err error) {
	c.There, err = BalanceTransaction(ctx, books, stripe, c.ItemID)
	return c, err
}

// BalanceTransaction reads the balance transaction of an item at Stripe; nil if Stripe does not have it. Error: store.ErrNotFound for an
// unknown item.
func BalanceTransaction(ctx context.Context, books *store.Store, stripe *stripeapi.Client, itemID uint64,
) (*booking.BalanceTransaction, error) {
	item, err := runs.New(books).Item(ctx, itemID)
	if err != nil || item.BalanceTransactionID == "" {
		return nil, err
	}
	there, err := stripe.BalanceTransaction(ctx, item.BalanceTransactionID)
	if stripeapi.IsKind(err, stripeapi.NotFound) {
		return nil, nil //nolint:nilnil // nil says that Stripe does not have it
	}
	return there, err
}

// ErrRunning says that a schedule has started no run because another one is running.
var ErrRunning = errors.New("no run was started: another run is still running, see schedule show")

// triggerPace is how often the schedule is asked whether it has started the run.
const triggerPace = 100 * time.Millisecond

// Trigger has the schedule start a run, and returns its id. Errors: dispatch.ErrNoSchedule, ErrRunning.
func Trigger(ctx context.Context, dispatcher *dispatch.Client) (string, error) {
	before, err := dispatcher.Schedule(ctx)
	if err == nil {
		err = dispatcher.TriggerSchedule(ctx)
	}
	for err == nil {
		var now dispatch.CurrentSchedule
		now, err = dispatcher.Schedule(ctx)
		switch {
		case err != nil:
		case now.Runs > before.Runs && len(now.Last) > 0:
			return now.Last[len(now.Last)-1], nil
		case now.Skipped > before.Skipped:
			return "", ErrRunning
		default:
			err = wait.For(ctx, triggerPace)
		}
	}
	return "", err
}

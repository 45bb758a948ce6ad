package command

import (
	"context"
	"fmt"
	"strings"
	"time"

	"farebook/internal/config"
	"farebook/internal/stripeapi"
	"farebook/internal/wait"
	"farebook/reconciliation"
	"farebook/store"
	runs "farebook/store/recon"
)

const (
	// clearingLooks and clearingPause: on a system that moves, ledger and balance differ for the moment that an event
	// takes; a difference that stays is one.
	clearingLooks = 10
	clearingPause = time.Second
)

func checkClearing(ctx context.Context, books *store.Store, stripe *stripeapi.Client, cfg config.Reconcile) (store.Promise, error) {
	check := store.Promise{Number: 5, Text: "the clearing account equals Stripe's own balance, per currency"}
	for look := range clearingLooks {
		if look > 0 {
			if err := wait.For(ctx, clearingPause); err != nil {
				return check, err
			}
		}
		theirs, err := stripe.Balances(ctx)
		if err != nil {
			return check, fmt.Errorf("ask Stripe for its balance: %w", err)
		}
		gaps, err := runs.New(books).CompareBalances(ctx, theirs, 0, cfg.Tolerance)
		if err != nil {
			return check, err
		}
		check.Held, check.Detail = judge(gaps)
		if check.Held {
			break
		}
	}
	if !check.Held && len(cfg.Others) > 0 {
		check.Detail += " Reconciliation posts the money of other integrations (OTHER_INTEGRATIONS): run starter reconcile, and verify again."
	}
	return check, nil
}

// judge tells whether all gaps are accounted for, and names each.
func judge(gaps []reconciliation.Gap) (held bool, detail string) {
	held = true
	texts := make([]string, len(gaps))
	for i, gap := range gaps {
		held = held && gap.Holds()
		texts[i] = gap.String() + "."
	}
	return held, strings.Join(texts, " ")
}

// leftNamed is how many differences verify names.
const leftNamed = 3

// checkLeft tells whether the last reconciliation left anything that it could not heal and that nobody has dealt with since. The
// clearing account alone would not show a difference of states.
func checkLeft(ctx context.Context, books *store.Store) (store.Promise, error) {
	check := store.Promise{Number: 5, Text: "nothing that the last reconciliation could not heal is left open"}
	left, err := runs.New(books).LeftOpen(ctx)
	if err != nil {
		return check, err
	}
	if check.Held = len(left) == 0; check.Held {
		return check, nil
	}
	texts := make([]string, 0, leftNamed)
	for _, item := range left[:min(len(left), leftNamed)] {
		texts = append(texts, fmt.Sprintf("item %d: %s %s, %s", item.ID, item.Object, item.StripeID, item.Reason))
	}
	check.Detail = fmt.Sprintf("%d left; %s. Resolve each, or reconcile again once it is mended.", len(left), strings.Join(texts, "; "))
	return check, nil
}

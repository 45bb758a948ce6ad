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
	"farebook/store/proof"
	runs "farebook/store/recon"
)

const (
	// A live system's ledger and balance differ until an event is processed. Only a difference in all of clearingReads, with
	// clearingPause between them, counts.
	clearingReads = 10
	clearingPause = time.Second
)

func checkClearing(ctx context.Context, books *store.Store, stripe *stripeapi.Client, cfg config.Reconcile) (proof.Promise, error) {
	check := proof.Promise{Number: 5, Text: "the clearing account equals Stripe's balance, per currency"}
	for read := range clearingReads {
		if read > 0 {
			if err := wait.For(ctx, clearingPause); err != nil {
				return check, err
			}
		}
		theirs, err := stripe.Balances(ctx)
		if err != nil {
			return check, fmt.Errorf("read Stripe's balance: %w", err)
		}
		gaps, err := runs.New(books).CompareBalances(ctx, theirs, 0, cfg.Tolerance)
		if err != nil {
			return check, err
		}
		check.Held, check.Detail = describeGaps(gaps)
		if check.Held {
			break
		}
	}
	if !check.Held && len(cfg.Others) > 0 {
		check.Detail += " Reconciliation posts the money of other integrations (OTHER_INTEGRATIONS): run starter reconcile, then verify again."
	}
	return check, nil
}

// describeGaps reports whether all gaps are accounted for, and lists them.
func describeGaps(gaps []reconciliation.Gap) (held bool, detail string) {
	held = true
	texts := make([]string, len(gaps))
	for i, gap := range gaps {
		held = held && gap.Holds()
		texts[i] = gap.String() + "."
	}
	return held, strings.Join(texts, " ")
}

// leftNamed is how many differences verify lists.
const leftNamed = 3

// checkLeft checks that every difference of the last reconciliation was healed or resolved. The clearing account alone would not show a
// difference of states.
func checkLeft(ctx context.Context, books *store.Store) (proof.Promise, error) {
	check := proof.Promise{Number: 5, Text: "no difference of the last reconciliation is left open"}
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
	check.Detail = fmt.Sprintf("%d open: %s. Resolve each, or fix it and reconcile again.", len(left), strings.Join(texts, "; "))
	return check, nil
}

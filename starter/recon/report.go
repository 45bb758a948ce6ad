package recon

import (
	"context"

	"farebook/money"
	"farebook/reconciliation"
	"farebook/store"
	runs "farebook/store/recon"
)

// Run is the report of a reconciliation. Each amount is given in minor units of its currency and as decimal text.
type Run struct {
	Summary

	Limit      int     `json:"limit" doc:"Of open payments; 0 for all."`
	Fixed      int64   `json:"fixed"`
	Failed     int64   `json:"failed"`
	Skipped    int64   `json:"skipped" doc:"Differences that were left unchanged; each says why."`
	PlanDigest string  `json:"planDigest,omitempty" doc:"Digest of the differences; equal for equal plans."`
	Counts     []Count `json:"counts" nullable:"false"`
	Details    []Item  `json:"details" nullable:"false"`
	Truncated  bool    `json:"truncated,omitempty" doc:"There are more details than this response holds; the counts cover all of them. The command reconcile show prints every one."`
}

// Count is the number of differences of one class and state in one currency, and their sum.
type Count struct {
	Class      string `json:"class"`
	State      string `json:"state"`
	Currency   string `json:"currency,omitempty"`
	Items      int64  `json:"items"`
	Difference int64  `json:"difference" doc:"Amounts in the books minus amounts at Stripe, in minor units."`
	Decimal    string `json:"differenceDecimal,omitempty" doc:"The difference as a decimal number." example:"-474.00"`
}

// Item is one difference between the books and Stripe.
type Item struct {
	ID                   uint64 `json:"id"`
	Class                string `json:"class"`
	Object               string `json:"object"`
	StripeID             string `json:"stripeId"`
	BalanceTransactionID string `json:"balanceTransactionId,omitempty"`
	Booking              string `json:"booking,omitempty"`
	Measure              string `json:"measure,omitempty" enum:"gross,net,fee,balance" doc:"What here and atStripe measure: the payment's amount, its effect on the balance, its fee, or the balance of an account."`
	Here                 int64  `json:"here" doc:"In the books, in minor units."`
	AtStripe             int64  `json:"atStripe" doc:"At Stripe, in minor units."`
	HereDecimal          string `json:"hereDecimal,omitempty" doc:"here as a decimal number." example:"-474.00"`
	AtStripeDecimal      string `json:"atStripeDecimal,omitempty"`
	Currency             string `json:"currency,omitempty"`
	Reason               string `json:"reason"`
	Proposed             string `json:"proposed" doc:"The repair that Farebook may carry out; person when an operator has to decide."`
	State                string `json:"state" enum:"found,fixed,failed,skipped,resolved"`
	Note                 string `json:"note,omitempty"`
	Expected             bool   `json:"expected" doc:"Nobody has to decide anything: it is too recent to count, was healed, is explained by a note, or has changed since."`
}

// Expected reports whether an item is no exception: too recent to count, healed, explained by a note, or changed after its plan was made.
func Expected(item runs.Item) bool {
	return item.Class == reconciliation.Timing || item.State != runs.ItemFound && item.State != runs.ItemFailed
}

// pageSize is how many items one statement reads.
const pageSize = 1000

// Totals is Report without the items.
func Totals(ctx context.Context, books *store.Store, run runs.Run) (r Run, open int64, err error) {
	r = Run{
		Summary: SummaryOf(run), Limit: run.Options.Limit, PlanDigest: run.PlanDigest, Counts: []Count{}, Details: []Item{},
	}
	counts, err := runs.New(books).Counts(ctx, run.ID)
	if err != nil {
		return r, 0, err
	}
	for _, c := range counts {
		r.Counts = append(r.Counts, Count{string(c.Class), c.State, string(c.Currency), c.Items, c.Difference, decimal(c.Difference, c.Currency)})
	}
	tally, err := runs.New(books).Tally(ctx, run.ID)
	if err != nil {
		return r, 0, err
	}
	r.Fixed, r.Failed, r.Skipped = tally.Fixed, tally.Failed, tally.Skipped
	return r, tally.Left, nil
}

// Report reads the items of a run, at most maxDetails of them; 0 reads all. open is the number of differences that nobody has resolved
// yet.
func Report(ctx context.Context, books *store.Store, run runs.Run, maxDetails int) (r Run, open int64, err error) {
	r, open, err = Totals(ctx, books, run)
	if err != nil {
		return r, open, err
	}
	for after := uint64(0); ; {
		items, err := runs.New(books).Items(ctx, run.ID, "", after, pageSize)
		if err != nil {
			return r, open, err
		}
		for _, item := range items {
			after = item.ID
			r.Truncated = maxDetails > 0 && len(r.Details) == maxDetails
			if r.Truncated {
				return r, open, nil
			}
			r.Details = append(r.Details, ItemOf(item))
		}
		if len(items) < pageSize {
			return r, open, nil
		}
	}
}

// ItemOf converts an item of a run.
func ItemOf(item runs.Item) Item {
	proposed := string(item.Healing)
	if proposed == "" {
		proposed = "person"
	}
	return Item{
		ID: item.ID, Class: string(item.Class), Object: string(item.Object), StripeID: item.StripeID,
		BalanceTransactionID: item.BalanceTransactionID,
		Booking:              string(item.Reference), Measure: measureOf(item), Here: item.Here, AtStripe: item.AtStripe,
		HereDecimal: decimal(item.Here, item.Currency), AtStripeDecimal: decimal(item.AtStripe, item.Currency), Currency: string(item.Currency),
		Reason:   item.Reason,
		Proposed: proposed, State: item.State, Note: item.Note, Expected: Expected(item),
	}
}

// measureOf returns what an item's amounts measure; empty for an item without amounts.
func measureOf(item runs.Item) string {
	switch {
	case item.Currency == "":
		return ""
	case item.Class == reconciliation.FeeMismatch:
		return "fee"
	case item.Object == reconciliation.ObjectClearing, item.Object == reconciliation.ObjectBalanceKind:
		return "balance"
	case item.BalanceTransactionID == "":
		return "gross"
	}
	return "net"
}

// decimal returns an amount as a spreadsheet reads it ("-474.00"); empty without a currency.
func decimal(value int64, currency money.Currency) string {
	if currency == "" {
		return ""
	}
	return money.Money{Value: value, Currency: currency}.Decimal()
}

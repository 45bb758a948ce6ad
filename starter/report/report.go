// Package report is a reconciliation as people and programs read it: the same for the command line and the API.
package report

import (
	"context"
	"time"

	"farebook/money"
	"farebook/reconciliation"
	"farebook/store"
)

// Run is a reconciliation with what it found. Amounts are minor units, with their decimal text beside.
type Run struct {
	CorrelationID string     `json:"correlationId" example:"recon_5f1c2a"`
	Status        string     `json:"status" enum:"running,completed,failed"`
	StartedAt     time.Time  `json:"startedAt"`
	CompletedAt   *time.Time `json:"completedAt,omitempty"`
	DryRun        bool       `json:"dryRun"`
	Scope         string     `json:"scope" enum:"payments,ledger,payouts,all"`
	LookbackDays  int        `json:"lookbackDays"`
	Limit         int        `json:"limit" doc:"Of open payments; 0 for all."`
	Applies       string     `json:"applies,omitempty" doc:"The run whose plan was carried out."`
	Scanned       int64      `json:"scanned"`
	Fixed         int64      `json:"fixed"`
	Failed        int64      `json:"failed"`
	Skipped       int64      `json:"skipped" doc:"Differences that nothing was done about: see each."`
	Overdue       int64      `json:"overdue" doc:"Open payments that are older than the look-back."`
	PlanDigest    string     `json:"planDigest,omitempty" doc:"The same differences, the same digest."`
	Error         string     `json:"error,omitempty"`
	Counts        []Count    `json:"counts" nullable:"false"`
	Details       []Item     `json:"details" nullable:"false"`
	Truncated     bool       `json:"truncated,omitempty" doc:"There are more details than are answered here; the counts are of all. The command reconcile show prints each."`
}

// Count is one line of the counts by reason, with the money by currency.
type Count struct {
	Class      string `json:"class"`
	State      string `json:"state"`
	Currency   string `json:"currency,omitempty"`
	Items      int64  `json:"items"`
	Difference int64  `json:"difference" doc:"Here less at Stripe, minor units."`
	Decimal    string `json:"differenceDecimal,omitempty" doc:"The same with its decimal point." example:"-474.00"`
}

// Item is one difference.
type Item struct {
	ID                   uint64 `json:"id"`
	Class                string `json:"class"`
	Object               string `json:"object"`
	StripeID             string `json:"stripeId"`
	BalanceTransactionID string `json:"balanceTransactionId,omitempty"`
	Booking              string `json:"booking,omitempty"`
	Measure              string `json:"measure,omitempty" enum:"gross,net,fee,balance" doc:"What here and atStripe are: what the payment is about, what the balance has of it, its fee, or the balance of an account."`
	Here                 int64  `json:"here" doc:"Minor units."`
	AtStripe             int64  `json:"atStripe" doc:"Minor units."`
	HereDecimal          string `json:"hereDecimal,omitempty" doc:"The same with its decimal point." example:"-474.00"`
	AtStripeDecimal      string `json:"atStripeDecimal,omitempty"`
	Currency             string `json:"currency,omitempty"`
	Reason               string `json:"reason"`
	Proposed             string `json:"proposed" doc:"What may be done without a person; person when nothing may."`
	State                string `json:"state" enum:"found,fixed,failed,skipped,resolved"`
	Note                 string `json:"note,omitempty"`
}

// page is how many items are read at once.
const page = 1000

// Of reads a run with its items, up to most of them, or all when most is 0. Left are the differences that nobody has dealt
// with.
func Of(ctx context.Context, books *store.Store, run store.Run, most int) (r Run, left int64, err error) {
	r = Run{
		CorrelationID: run.CorrelationID, Status: run.Status, StartedAt: run.StartedAt, CompletedAt: run.CompletedAt, DryRun: run.Options.DryRun,
		Scope: string(run.Options.Scope), LookbackDays: run.Options.LookbackDays, Limit: run.Options.Limit, Applies: run.Applies, Scanned: run.Scanned, Overdue: run.Overdue,
		PlanDigest: run.PlanDigest, Error: run.Error, Counts: []Count{}, Details: []Item{},
	}
	counts, err := books.Counts(ctx, run.ID)
	if err != nil {
		return r, 0, err
	}
	for _, c := range counts {
		r.Counts = append(r.Counts, Count{string(c.Class), c.State, string(c.Currency), c.Items, c.Difference, decimal(c.Difference, c.Currency)})
	}
	tally, err := books.Tally(ctx, run.ID)
	if err != nil {
		return r, 0, err
	}
	r.Fixed, r.Failed, r.Skipped = tally.Fixed, tally.Failed, tally.Skipped
	for after := uint64(0); ; {
		items, err := books.Items(ctx, run.ID, "", after, page)
		if err != nil {
			return r, tally.Left, err
		}
		for _, item := range items {
			after = item.ID
			if r.Truncated = most > 0 && len(r.Details) == most; r.Truncated {
				return r, tally.Left, nil
			}
			r.Details = append(r.Details, itemOf(item))
		}
		if len(items) < page {
			return r, tally.Left, nil
		}
	}
}

func itemOf(item store.Item) Item {
	proposed := string(item.Healing)
	if proposed == "" {
		proposed = "person"
	}
	return Item{
		ID: item.ID, Class: string(item.Class), Object: string(item.Object), StripeID: item.StripeID, BalanceTransactionID: item.BalanceTransactionID,
		Booking: string(item.Reference), Measure: measureOf(item), Here: item.Here, AtStripe: item.AtStripe,
		HereDecimal: decimal(item.Here, item.Currency), AtStripeDecimal: decimal(item.AtStripe, item.Currency), Currency: string(item.Currency), Reason: item.Reason,
		Proposed: proposed, State: item.State, Note: item.Note,
	}
}

// measureOf says what an item's amounts are; empty for one without amounts.
func measureOf(item store.Item) string {
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

// decimal is an amount as a spreadsheet reads it: "-474.00"; empty without a currency.
func decimal(value int64, currency money.Currency) string {
	if currency == "" {
		return ""
	}
	return money.Money{Value: value, Currency: currency}.Decimal()
}

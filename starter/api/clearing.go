package api

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"farebook/access"
	"farebook/booking"
	"farebook/ledger"
	"farebook/money"
	"farebook/reconciliation"
	"farebook/starter/recon"
	"farebook/store"
	"farebook/store/gauges"
	runs "farebook/store/recon"
)

const (
	clearingPath = overviewPath + "/clearing"
	// stripePatience bounds the question to Stripe, with the wait for its turn.
	stripePatience = 3 * time.Second
)

// Why Stripe's balance is not known.
const (
	failureTimeout     = "timeout"
	failureUnavailable = "unavailable"
)

func (a *api) addClearing(spec huma.API) {
	register(a, spec, a.guard(spec, huma.Operation{
		OperationID: "get-clearing", Method: http.MethodGet, Path: clearingPath, Tags: []string{operationsTag},
		Summary: "Compare the clearing account with Stripe's balance now",
		Description: "Stripe is asked for its balance (`GET /v1/balance`), for 3 seconds at most and by one request at a time. If it does not answer, " +
			"`answered` is false and `unexplained` is what the last full reconciliation could not explain. The books and Stripe differ for a moment " +
			"while an event is on its way.",
	}, access.OperationsRead), a.getClearing)
}

// clearingNow answers GET /v1/overview/clearing.
type clearingNow struct {
	At             time.Time           `json:"at" doc:"When Stripe was asked."`
	Answered       bool                `json:"answered" doc:"Whether Stripe has answered."`
	Failure        string              `json:"failure,omitempty" enum:"timeout,unavailable" doc:"Why Stripe has not."`
	Currencies     []clearingBeside    `json:"currencies" nullable:"false"`
	Waiting        openView            `json:"waiting" doc:"Stripe's events that are not processed, in any state: what they are about may not be posted yet."`
	Reconciliation *reconciliationView `json:"reconciliation,omitempty" doc:"The last full one that completed."`
}

// clearingBeside is the clearing account beside Stripe's balance in one currency.
type clearingBeside struct {
	Books       money.Money  `json:"books" doc:"The balance of the clearing account."`
	Stripe      *money.Money `json:"stripe,omitempty" doc:"Stripe's balance, available and pending together. Absent if Stripe has not answered."`
	Difference  *money.Money `json:"difference,omitempty" doc:"The books less Stripe. Absent if Stripe has not answered."`
	Noted       *money.Money `json:"noted,omitempty" doc:"What notes on items of reconciliations explain of the difference."`
	Underway    money.Money  `json:"underway" doc:"Payouts on their way to the bank. They have left both balances, except for what is unposted."`
	Unposted    money.Money  `json:"unposted" doc:"The part of them that the ledger has not posted: it explains as much of the difference."`
	Unexplained *money.Money `json:"unexplained,omitempty" doc:"What is left of the difference; without an answer, what the last reconciliation left. Absent before the first one."`
}

type clearingNowOutput struct{ Body clearingNow }

func (a *api) getClearing(ctx context.Context, _ *struct{}) (*clearingNowOutput, error) {
	out := &clearingNowOutput{clearingNow{At: a.Store.Now(), Currencies: []clearingBeside{}}}
	theirs, failure := a.stripeBalances(ctx)
	out.Body.Answered, out.Body.Failure = failure == "", failure
	reading, err := a.figures.Read(ctx)
	if err != nil {
		return nil, err
	}
	out.Body.Waiting = unprocessed(reading.Events)
	underway, err := a.figures.PayoutsUnderway(ctx)
	if err != nil {
		return nil, err
	}
	if out.Body.Reconciliation, err = a.lastReconciliation(ctx, reading); err != nil {
		return nil, err
	}
	books, err := a.Store.ClearingAccount(ctx)
	if err != nil {
		return nil, err
	}
	gaps := map[money.Currency]reconciliation.Gap{}
	if out.Body.Answered {
		if gaps, err = a.clearingGaps(ctx, theirs); err != nil {
			return nil, err
		}
	}
	for _, currency := range currencies(books, theirs.Clearing) {
		beside := clearingBeside{Books: money.Money{Value: books[currency], Currency: currency}}
		beside.add(currency, underway)
		switch {
		case out.Body.Answered:
			beside.compare(theirs.Clearing[currency], gaps[currency])
		case out.Body.Reconciliation != nil:
			beside.Unexplained = &money.Money{Value: reading.Clearing[currency], Currency: currency}
		}
		out.Body.Currencies = append(out.Body.Currencies, beside)
	}
	return out, nil
}

// stripeBalances asks Stripe, or says why Stripe has not answered. One request asks at a time, so that readers of the console leave
// Stripe's rate to bookings.
func (a *api) stripeBalances(ctx context.Context) (found booking.Balances, failure string) {
	asking, cancel := context.WithTimeout(ctx, stripePatience)
	defer cancel()
	select {
	case a.asking <- struct{}{}:
		defer func() { <-a.asking }()
	case <-asking.Done():
		return booking.Balances{}, failureTimeout
	}
	found, err := a.Stripe.Balances(asking)
	if err == nil {
		return found, ""
	}
	a.Log.WarnContext(ctx, "Stripe's balance was not read", "error", err)
	if asking.Err() != nil {
		return booking.Balances{}, failureTimeout
	}
	return booking.Balances{}, failureUnavailable
}

// clearingGaps are the differences of the clearing account, with what notes explain of each.
func (a *api) clearingGaps(ctx context.Context, theirs booking.Balances) (map[money.Currency]reconciliation.Gap, error) {
	gaps, err := runs.New(a.Store).CompareBalances(ctx, theirs, 0, 0)
	found := map[money.Currency]reconciliation.Gap{}
	for _, gap := range gaps {
		if gap.Account == ledger.AssetStripeClearing {
			found[gap.Currency] = gap
		}
	}
	return found, err
}

// add adds the payouts that are on their way.
func (b *clearingBeside) add(currency money.Currency, underway []gauges.Underway) {
	b.Underway.Currency, b.Unposted.Currency = currency, currency
	at := slices.IndexFunc(underway, func(u gauges.Underway) bool { return u.Currency == currency })
	if at >= 0 {
		b.Underway.Value, b.Unposted.Value = underway[at].Amount, underway[at].Unposted
	}
}

// compare adds Stripe's side. A note about the whole account explains all of its difference.
func (b *clearingBeside) compare(theirs int64, gap reconciliation.Gap) {
	of := func(value int64) *money.Money { return &money.Money{Value: value, Currency: b.Books.Currency} }
	if gap.Currency != "" {
		b.Books.Value, theirs = gap.Here, gap.AtStripe // both sides as they were compared
	}
	difference, noted := b.Books.Value-theirs, gap.Lines
	left := difference - noted - b.Unposted.Value
	if gap.Noted {
		noted, left = difference, 0
	}
	b.Stripe, b.Difference, b.Noted, b.Unexplained = of(theirs), of(difference), of(noted), of(left)
}

// unprocessed are the events of all states together.
func unprocessed(states []gauges.Open) openView {
	all := gauges.Open{State: "unprocessed"}
	for _, open := range states {
		if open.Count > 0 && (all.Count == 0 || open.Oldest.Before(all.Oldest)) {
			all.Oldest = open.Oldest
		}
		all.Count += open.Count
	}
	return openViewOf(all)
}

// lastReconciliation is the last full one with its open differences; nil before the first.
func (a *api) lastReconciliation(ctx context.Context, reading gauges.Reading) (*reconciliationView, error) {
	run, err := runs.New(a.Store).LastGoodRun(ctx)
	if err != nil {
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return nil, err
	}
	shown := &reconciliationView{Summary: recon.SummaryOf(run)}
	for _, count := range reading.Findings {
		shown.Open += count
	}
	return shown, nil
}

// currencies are those of either, in order.
func currencies(a, b map[money.Currency]int64) []money.Currency {
	all := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(all)
	return slices.Compact(all)
}

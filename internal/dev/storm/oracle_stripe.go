package storm

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"farebook/internal/dev/fakestripe"
	"farebook/ledger"
	"farebook/money"
	"farebook/store"
)

// checkStripe checks promises 1 and 8 by Stripe's state: nobody is charged twice, and no more goes back than was received.
func (s *System) checkStripe(ctx context.Context) error {
	refunded := map[string]int64{}
	for _, refund := range s.Stack.Stripe.Refunds() {
		if returns(refund) {
			refunded[refund.PaymentIntent] += refund.Amount
		}
	}
	charged := map[string]string{}
	for _, intent := range s.Stack.Stripe.PaymentIntents() {
		if refunded[intent.ID] > intent.AmountReceived {
			s.violated("promise 8: %d of the %d minor units of %s were refunded", refunded[intent.ID], intent.AmountReceived, intent.ID)
		}
		if intent.Status != "succeeded" {
			continue
		}
		known, err := s.Books.BookingOfPayment(ctx, intent.ID)
		reference := string(known.Reference)
		if errors.Is(err, store.ErrNotFound) {
			s.violated("promise 7: nobody knows whose the money of %s is", intent.ID)
			reference = intent.Metadata["booking_reference"]
		} else if err != nil {
			return err
		}
		if before, twice := charged[reference]; twice {
			s.violated("promise 1: booking %s was charged by %s and by %s", reference, before, intent.ID)
		}
		charged[reference] = intent.ID
	}
	return nil
}

// returns reports whether a refund returns captured money.
func returns(refund fakestripe.Refund) bool {
	return !refund.Uncaptured && refund.Status != "failed" && refund.Status != "canceled"
}

// checkClearing checks promise 5: the clearing account equals Stripe's balance in every currency, and each of its postings has the date of
// its balance transaction.
func (s *System) checkClearing(ctx context.Context) (err error) {
	balances, err := s.Books.Balances(ctx)
	if err != nil {
		return err
	}
	clearing := map[string]int64{}
	for _, balance := range balances {
		if balance.Account == ledger.AssetStripeClearing {
			clearing[strings.ToLower(string(balance.Currency))] = balance.Amount
		}
	}
	for _, currency := range slices.Compact(slices.Sorted(slices.Values(append(s.Stack.Stripe.Currencies(),
		slices.Collect(maps.Keys(clearing))...)))) {
		if theirs := s.Stack.Stripe.Balance(currency); theirs != clearing[currency] {
			shown := money.Currency(strings.ToUpper(currency))
			s.violated("promise 5: the clearing account has %s, and Stripe's balance is %s", money.Text(clearing[currency], shown),
				money.Text(theirs, shown))
		}
	}
	rows, err := s.Root.QueryContext(ctx, `SELECT id, stripe_balance_transaction_id, effective_at FROM financial_ledger l
		WHERE stripe_balance_transaction_id <> '' AND effective_at IS NOT NULL AND EXISTS (
		  SELECT 1 FROM ledger_entries e WHERE e.ledger_id = l.id AND e.account = 'asset:stripe_clearing')`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	created := s.Stack.Stripe.BalanceTransactions()
	for rows.Next() {
		var id uint64
		var transaction string
		var at time.Time
		if err := rows.Scan(&id, &transaction, &at); err != nil {
			return err
		}
		if want, known := created[transaction]; !known || !at.Equal(want) {
			s.violated("promise 5: ledger transaction %d took effect at %s, balance transaction %s at %s", id, at, transaction, want)
		}
	}
	return rows.Err()
}

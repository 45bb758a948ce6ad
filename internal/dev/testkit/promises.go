package testkit

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/ledger"
	"farebook/money"
	"farebook/store"
	"farebook/store/proof"
)

// RequirePromises requires the promises of the README after all work is done: by SQL, and against the stand-in's state. It also
// requires that a request has met each scripted fault.
func (s *Stack) RequirePromises() {
	s.T.Helper()
	require.Empty(s.T, s.Stripe.Faults().Unmet(), "faults that no request has met")
	require.NoError(s.T, s.Promises())
}

// Promises returns the broken promises, or nil.
func (s *Stack) Promises() error {
	return errors.Join(s.BooksPromises(), s.StripePromises(), s.ClearingEqualsStripe(), s.DatedAsStripe())
}

// StripePromises checks those that hold at every moment by Stripe's state, whatever the books know yet.
func (s *Stack) StripePromises() error {
	return errors.Join(s.nobodyChargedTwice(), s.refundsWithinCaptured())
}

// BooksPromises checks those that hold at every moment by the books, also while events are on their way.
func (s *Stack) BooksPromises() error {
	proven, err := proof.New(s.DB.Store).Whole(s.T.Context(), proof.Options{Restart: true})
	if err != nil {
		return err
	}
	var broken []error
	for _, promise := range proven.Promises {
		if !promise.Held {
			broken = append(broken, fmt.Errorf("promise %d, %s: %s", promise.Number, promise.Text, promise.Detail))
		}
	}
	return errors.Join(broken...)
}

// nobodyChargedTwice checks promise 1 by Stripe's state: at most one succeeded PaymentIntent a booking. The books decide to which
// booking a PaymentIntent belongs; its metadata does for one that they do not know.
func (s *Stack) nobodyChargedTwice() error {
	succeeded := map[string]int{}
	for _, intent := range s.Stripe.PaymentIntents() {
		reference := intent.Metadata["booking_reference"]
		known, err := s.DB.Store.BookingOfPayment(s.T.Context(), intent.ID)
		if err == nil {
			reference = string(known.Reference)
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if intent.Status == "succeeded" && reference != "" {
			succeeded[reference]++
			if succeeded[reference] > 1 {
				return fmt.Errorf("promise 1: booking %s was charged twice", reference)
			}
		}
	}
	return nil
}

// ClearingEqualsStripe checks promise 5: the clearing account equals Stripe's balance in every currency that either of them has.
func (s *Stack) ClearingEqualsStripe() error {
	balances, err := s.DB.Store.Balances(s.T.Context())
	if err != nil {
		return err
	}
	clearing := map[string]int64{}
	for _, balance := range balances {
		if balance.Account == ledger.AssetStripeClearing {
			clearing[strings.ToLower(string(balance.Currency))] = balance.Amount
		}
	}
	for _, currency := range append(s.Stripe.Currencies(), slices.Collect(maps.Keys(clearing))...) {
		if theirs := s.Stripe.Balance(currency); theirs != clearing[currency] {
			shown := money.Currency(strings.ToUpper(currency))
			return fmt.Errorf("promise 5: the clearing account has %s, Stripe's balance %s", money.Text(clearing[currency], shown),
				money.Text(theirs, shown))
		}
	}
	return nil
}

// DatedAsStripe checks that each posting on the clearing account has the date of its balance transaction: the clearing account then
// equals Stripe's balance at any past time. It ignores balance transactions that a test planted in the books, and the basis of dates
// that the previous release posted.
func (s *Stack) DatedAsStripe() (err error) {
	rows, err := s.DB.SQL.QueryContext(s.T.Context(),
		`SELECT id, type, stripe_balance_transaction_id, effective_at, effective_basis FROM financial_ledger l
		WHERE stripe_balance_transaction_id <> '' AND effective_at IS NOT NULL AND EXISTS (
		  SELECT 1 FROM ledger_entries e WHERE e.ledger_id = l.id AND e.account = 'asset:stripe_clearing')`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	created := s.Stripe.BalanceTransactions()
	for rows.Next() {
		var id uint64
		var kind, transaction, basis string
		var at time.Time
		if err := rows.Scan(&id, &kind, &transaction, &at, &basis); err != nil {
			return err
		}
		want, known := created[transaction]
		if known && (basis == "balance_transaction" && !at.Equal(want) || basis != "balance_transaction" && !s.olderRelease) {
			return fmt.Errorf("ledger transaction %d (%s) took effect at %s (%s), balance transaction %s was created at %s", id, kind, at, basis,
				transaction, want)
		}
	}
	return rows.Err()
}

// refundsWithinCaptured checks promise 8 by Stripe's state: no more goes back of a payment than was received.
func (s *Stack) refundsWithinCaptured() error {
	refunded := map[string]int64{}
	for _, refund := range s.Stripe.Refunds() {
		if !refund.Uncaptured && refund.Status != "failed" && refund.Status != "canceled" {
			refunded[refund.PaymentIntent] += refund.Amount
		}
	}
	for _, intent := range s.Stripe.PaymentIntents() {
		if refunded[intent.ID] > intent.AmountReceived {
			currency := money.Currency(strings.ToUpper(intent.Currency))
			return fmt.Errorf("promise 8: %s of the %s of %s were refunded",
				money.Text(refunded[intent.ID], currency), money.Text(intent.AmountReceived, currency), intent.ID)
		}
	}
	return nil
}

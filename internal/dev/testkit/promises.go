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
	"farebook/store"
)

// RequirePromises checks what has to hold once everything has come to rest: by SQL, and against the stand-in's own truth.
// Faults that were scripted have to have been met by then.
func (s *Stack) RequirePromises() {
	s.T.Helper()
	require.Empty(s.T, s.Stripe.Faults().Unmet(), "faults that no request has met")
	require.NoError(s.T, s.Promises())
}

// Promises tells which promise is broken, or nil.
func (s *Stack) Promises() error {
	return errors.Join(s.BooksPromises(), s.StripePromises(), s.ClearingEqualsStripe(), s.DatedAsStripe())
}

// StripePromises are those that hold at every moment by Stripe's word, whatever the books know of it yet.
func (s *Stack) StripePromises() error {
	return errors.Join(s.nobodyChargedTwice(), s.refundsWithinCaptured())
}

// BooksPromises are those that hold at every moment, also while events are on their way.
func (s *Stack) BooksPromises() error {
	promises, err := s.DB.Store.CheckPromises(s.T.Context())
	if err != nil {
		return err
	}
	var broken []error
	for _, promise := range promises {
		if !promise.Held {
			broken = append(broken, fmt.Errorf("promise %d, %s: %s", promise.Number, promise.Text, promise.Detail))
		}
	}
	return errors.Join(broken...)
}

// Promise 1: at most one succeeded PaymentIntent a booking, by Stripe's word. Whose a PaymentIntent is, the books know; what they do
// not know counts for the booking that its metadata names.
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
			if succeeded[reference]++; succeeded[reference] > 1 {
				return fmt.Errorf("promise 1: booking %s was charged twice", reference)
			}
		}
	}
	return nil
}

// ClearingEqualsStripe is promise 5: the clearing account is Stripe's balance, to the minor unit, in every currency that either of them has.
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
			return fmt.Errorf("promise 5: the clearing account has %d %s, Stripe's balance %d", clearing[currency], currency, theirs)
		}
	}
	return nil
}

// DatedAsStripe holds the effective date of what moves Stripe's balance against Stripe's own: so by date, too, the clearing account
// is Stripe's balance. What Stripe does not have was planted by a test; what the previous release posted is dated by what is known.
func (s *Stack) DatedAsStripe() (err error) {
	rows, err := s.DB.SQL.QueryContext(s.T.Context(), `SELECT id, type, stripe_balance_transaction_id, effective_at, effective_basis FROM financial_ledger l
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
			return fmt.Errorf("ledger transaction %d (%s) took effect at %s (%s), balance transaction %s was created at %s", id, kind, at, basis, transaction, want)
		}
	}
	return rows.Err()
}

// Promise 8, by Stripe's word: what went back of a payment is never more than what was received.
func (s *Stack) refundsWithinCaptured() error {
	refunded := map[string]int64{}
	for _, refund := range s.Stripe.Refunds() {
		if !refund.Uncaptured && refund.Status != "failed" && refund.Status != "canceled" {
			refunded[refund.PaymentIntent] += refund.Amount
		}
	}
	for _, intent := range s.Stripe.PaymentIntents() {
		if refunded[intent.ID] > intent.AmountReceived {
			return fmt.Errorf("promise 8: %d of the %d of %s were refunded", refunded[intent.ID], intent.AmountReceived, intent.ID)
		}
	}
	return nil
}

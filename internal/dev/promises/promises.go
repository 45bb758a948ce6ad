// Package promises checks what Farebook promises about money: by SQL, and against the state of the Stripe stand-in. It imports store,
// store/proof, ledger, money, and fakestripe of internal/dev.
package promises

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"farebook/internal/dev/fakestripe"
	"farebook/ledger"
	"farebook/money"
	"farebook/store"
	"farebook/store/proof"
)

// Checker compares the books with Stripe. Each check returns the broken promises, a sentence each; an error says that it could not be made.
type Checker struct {
	Stripe *fakestripe.Server
	Books  *store.Store
	SQL    *sql.DB // the database of Books
	// OlderRelease: the previous release posts to the ledger as well, with another basis of its dates.
	OlderRelease bool
}

// All makes each check.
func (c Checker) All(ctx context.Context) (broken []string, err error) {
	return all(ctx, c.BooksHold, c.ChargedOnce, c.RefundedWithin, c.ClearingEqualsStripe, c.DatedAsStripe)
}

// AtStripe makes the checks of Stripe's state, which holds at every moment, whatever the books know yet.
func (c Checker) AtStripe(ctx context.Context) (broken []string, err error) {
	return all(ctx, c.ChargedOnce, c.RefundedWithin)
}

func all(ctx context.Context, checks ...func(context.Context) ([]string, error)) (broken []string, err error) {
	for _, check := range checks {
		more, err := check(ctx)
		if err != nil {
			return broken, err
		}
		broken = append(broken, more...)
	}
	return broken, nil
}

// BooksHold proves what `starter verify --whole` proves, which holds at every moment, also while events are on their way.
func (c Checker) BooksHold(ctx context.Context) (broken []string, err error) {
	proven, err := proof.New(c.Books).Whole(ctx, proof.Options{Restart: true})
	if err != nil {
		return nil, err
	}
	for _, promise := range proven.Promises {
		if !promise.Held {
			broken = append(broken, fmt.Sprintf("promise %d, %s: %s", promise.Number, promise.Text, promise.Detail))
		}
	}
	return broken, nil
}

// ChargedOnce checks promise 1 by Stripe's state: at most one succeeded PaymentIntent a booking. The books decide to which booking a
// PaymentIntent belongs; its metadata does for one that they do not know.
func (c Checker) ChargedOnce(ctx context.Context) (broken []string, err error) {
	charged := map[string]string{}
	for _, intent := range c.Stripe.PaymentIntents() {
		if intent.Status != "succeeded" {
			continue
		}
		reference := intent.Metadata["booking_reference"]
		known, err := c.Books.BookingOfPayment(ctx, intent.ID)
		if err == nil {
			reference = string(known.Reference)
		} else if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		before, twice := charged[reference]
		if twice && reference != "" {
			broken = append(broken, fmt.Sprintf("promise 1: booking %s was charged twice, by %s and by %s", reference, before, intent.ID))
		}
		charged[reference] = intent.ID
	}
	return broken, nil
}

// EachPaymentKnown checks a part of promise 7 once all is recorded: the books know each PaymentIntent that succeeded.
func (c Checker) EachPaymentKnown(ctx context.Context) (broken []string, err error) {
	for _, intent := range c.Stripe.PaymentIntents() {
		if intent.Status != "succeeded" {
			continue
		}
		_, err := c.Books.BookingOfPayment(ctx, intent.ID)
		if errors.Is(err, store.ErrNotFound) {
			broken = append(broken, fmt.Sprintf("promise 7: no booking is known for the money of %s", intent.ID))
		} else if err != nil {
			return nil, err
		}
	}
	return broken, nil
}

// RefundedWithin checks promise 8 by Stripe's state: no more is returned of a payment than was received.
func (c Checker) RefundedWithin(context.Context) (broken []string, err error) {
	refunded := map[string]int64{}
	for _, refund := range c.Stripe.Refunds() {
		if !refund.Uncaptured && refund.Status != "failed" && refund.Status != "canceled" {
			refunded[refund.PaymentIntent] += refund.Amount
		}
	}
	for _, intent := range c.Stripe.PaymentIntents() {
		if refunded[intent.ID] > intent.AmountReceived {
			currency := money.Currency(strings.ToUpper(intent.Currency))
			broken = append(broken, fmt.Sprintf("promise 8: %s of the %s of %s were refunded",
				money.Text(refunded[intent.ID], currency), money.Text(intent.AmountReceived, currency), intent.ID))
		}
	}
	return broken, nil
}

// ClearingEqualsStripe checks promise 5: the clearing account equals Stripe's balance in every currency that either of them has.
func (c Checker) ClearingEqualsStripe(ctx context.Context) (broken []string, err error) {
	balances, err := c.Books.Balances(ctx)
	if err != nil {
		return nil, err
	}
	clearing := map[string]int64{}
	for _, balance := range balances {
		if balance.Account == ledger.AssetStripeClearing {
			clearing[strings.ToLower(string(balance.Currency))] = balance.Amount
		}
	}
	currencies := append(c.Stripe.Currencies(), slices.Collect(maps.Keys(clearing))...)
	slices.Sort(currencies)
	for _, currency := range slices.Compact(currencies) {
		if theirs := c.Stripe.Balance(currency); theirs != clearing[currency] {
			shown := money.Currency(strings.ToUpper(currency))
			broken = append(broken, fmt.Sprintf("promise 5: the clearing account has %s, Stripe's balance %s",
				money.Text(clearing[currency], shown), money.Text(theirs, shown)))
		}
	}
	return broken, nil
}

// DatedAsStripe checks that each posting on the clearing account has the date of its balance transaction: the clearing account then equals
// Stripe's balance at any past time. It ignores balance transactions that Stripe does not have, which a test may plant in the books:
// ClearingEqualsStripe finds their amounts.
func (c Checker) DatedAsStripe(ctx context.Context) (broken []string, err error) {
	rows, err := c.SQL.QueryContext(ctx,
		`SELECT id, type, stripe_balance_transaction_id, effective_at, effective_basis FROM financial_ledger l
		WHERE stripe_balance_transaction_id <> '' AND effective_at IS NOT NULL AND EXISTS (
		  SELECT 1 FROM ledger_entries e WHERE e.ledger_id = l.id AND e.account = 'asset:stripe_clearing')`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	created := c.Stripe.BalanceTransactions()
	for rows.Next() {
		var id uint64
		var kind, transaction, basis string
		var at time.Time
		if err := rows.Scan(&id, &kind, &transaction, &at, &basis); err != nil {
			return nil, err
		}
		want, known := created[transaction]
		if known && (basis == "balance_transaction" && !at.Equal(want) || basis != "balance_transaction" && !c.OlderRelease) {
			broken = append(broken, fmt.Sprintf(
				"promise 5: ledger transaction %d (%s) took effect at %s (%s), balance transaction %s was created at %s",
				id, kind, at, basis, transaction, want))
		}
	}
	return broken, rows.Err()
}

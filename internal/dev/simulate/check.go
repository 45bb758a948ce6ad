package simulate

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"farebook/ledger"
	"farebook/money"
	"farebook/store/proof"
	"farebook/store/recon"
)

// check proves the promises while nothing is on its way.
func (s *system) check(ctx context.Context) error {
	s.counts["checks"]++
	return errors.Join(s.proven(ctx), s.clearing(ctx), s.dated(ctx), s.returnedWithinReceived(), s.nothingFound(ctx), s.noneFailed())
}

// noneFailed says which workflows have failed.
func (s *system) noneFailed() error {
	errs := make([]error, len(s.failures))
	for i, failure := range s.failures {
		errs[i] = fmt.Errorf("promise 14: %s", failure)
	}
	return errors.Join(errs...)
}

// proven proves the books as `starter verify --whole` does.
func (s *system) proven(ctx context.Context) error {
	result, err := proof.New(s.books.Store).Whole(ctx, proof.Options{Restart: true})
	if err != nil {
		return err
	}
	var broken []error
	for _, promise := range result.Promises {
		if !promise.Held {
			broken = append(broken, fmt.Errorf("promise %d, %s: %s", promise.Number, promise.Text, promise.Detail))
		}
	}
	return errors.Join(broken...)
}

// clearing compares the clearing account with Stripe's balance in each currency.
func (s *system) clearing(ctx context.Context) error {
	balances, err := s.books.Balances(ctx)
	if err != nil {
		return err
	}
	here := map[string]int64{}
	for _, balance := range balances {
		if balance.Account == ledger.AssetStripeClearing {
			here[strings.ToLower(string(balance.Currency))] = balance.Amount
		}
	}
	currencies := append(s.stripe.Currencies(), slices.Sorted(maps.Keys(here))...)
	for _, currency := range currencies {
		if there := s.stripe.Balance(currency); there != here[currency] {
			shown := money.Currency(currencyOf(currency))
			return fmt.Errorf("promise 5: the clearing account has %s, Stripe's balance %s",
				money.Text(here[currency], shown), money.Text(there, shown))
		}
	}
	return nil
}

// dated checks that each posting on the clearing account has the date of its balance transaction.
func (s *system) dated(ctx context.Context) (err error) {
	rows, err := s.books.sql.QueryContext(ctx, `SELECT id, stripe_balance_transaction_id, effective_at FROM financial_ledger l
		WHERE stripe_balance_transaction_id <> '' AND EXISTS (
		  SELECT 1 FROM ledger_entries e WHERE e.ledger_id = l.id AND e.account = 'asset:stripe_clearing') ORDER BY id`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	created := s.stripe.BalanceTransactions()
	for rows.Next() {
		var id uint64
		var transaction string
		var at sql.NullTime
		if err := rows.Scan(&id, &transaction, &at); err != nil {
			return err
		}
		if want, known := created[transaction]; known && !at.Time.Equal(want) {
			return fmt.Errorf("promise 5: ledger transaction %d took effect at %s, and Stripe booked %s at %s", id, at.Time, transaction, want)
		}
	}
	return rows.Err()
}

// returnedWithinReceived checks by what Stripe has: no more goes back of a payment than was received, and no booking is charged twice.
func (s *system) returnedWithinReceived() error {
	refunded, charged := map[string]int64{}, map[string]int{}
	for _, refund := range s.stripe.Refunds() {
		if !refund.Uncaptured && refund.Status != "failed" && refund.Status != "canceled" {
			refunded[refund.PaymentIntent] += refund.Amount
		}
	}
	for _, intent := range s.stripe.PaymentIntents() {
		if refunded[intent.ID] > intent.AmountReceived {
			return fmt.Errorf("promise 8: more was refunded of %s than was received", intent.ID)
		}
		reference := intent.Metadata["booking_reference"]
		if intent.Status == "succeeded" && reference != "" {
			charged[reference]++
		}
		if charged[reference] > 1 {
			return fmt.Errorf("promise 1: booking %s was charged twice", reference)
		}
	}
	return nil
}

// nothingFound has a dry reconciliation find nothing that is not explained.
func (s *system) nothingFound(ctx context.Context) error {
	id, err := s.reconcile(ctx, true)
	if err != nil {
		return err
	}
	runs := recon.New(s.books.Store)
	run, err := runs.Run(ctx, id)
	if err != nil {
		return err
	}
	items, err := runs.Items(ctx, run.ID, "", 0, 100)
	if err != nil || run.Status != recon.RunCompleted {
		return errors.Join(err, fmt.Errorf("the reconciliation is %s: %s", run.Status, run.Error))
	}
	var found []error
	for _, item := range items {
		if item.State != recon.ItemResolved {
			found = append(found, fmt.Errorf("a reconciliation found %s of %s %s: %s", item.Class, item.Object, item.StripeID, item.Reason))
		}
	}
	return errors.Join(found...)
}

// digest is one of the ledger in its order: what was posted when, with which date, to which account, of which object of Stripe's.
func (s *system) digest(ctx context.Context) (digest string, transactions int64, err error) {
	rows, err := s.books.sql.QueryContext(ctx, `SELECT l.id, l.type, l.posted_at, l.effective_at, COALESCE(l.stripe_balance_transaction_id, ''),
		COALESCE(b.reference, ''), e.account, e.side, e.amount, e.currency FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id
		LEFT JOIN bookings b ON b.id = l.booking_id ORDER BY l.id, e.id`)
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	sum := sha256.New()
	for rows.Next() {
		var id, amount int64
		var kind, transaction, booking, account, side, currency string
		var posted time.Time
		var effective sql.NullTime
		if err := rows.Scan(&id, &kind, &posted, &effective, &transaction, &booking, &account, &side, &amount, &currency); err != nil {
			return "", 0, err
		}
		_, _ = fmt.Fprintln(sum, id, kind, posted.UTC(), effective.Time.UTC(), transaction, booking, // a hash takes all
			account, side, amount, currency)
	}
	if err := rows.Err(); err != nil {
		return "", 0, err
	}
	transactions, err = s.books.count(ctx, "SELECT COUNT(*) FROM financial_ledger")
	return hex.EncodeToString(sum.Sum(nil)), transactions, err
}

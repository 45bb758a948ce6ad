// Package opening reads what Stripe's balance was at a past time, which Stripe's API does not tell: its balance of now, less every
// balance transaction since then.
package opening

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/internal/wait"
	"farebook/ledger"
	"farebook/money"
	"farebook/reconciliation"
	"farebook/store"
)

const (
	// quietLooks and quietPause: a payment that arrives between two answers of Stripe's makes a reading worthless; the next one is
	// quick, as what is older has been added up.
	quietLooks = 20
	quietPause = time.Second
	// agreeing is how often all is read until two readings agree.
	agreeing = 4
	// pendingFor is how far back what was pending is looked for: Stripe makes card money available within 30 days at the latest
	// (stripe.com/docs/payouts#payout-schedule). It decides what is called pending, and no sum.
	pendingFor = 30 * 24 * time.Hour
	// recent is how much of the end is read again in each look.
	recent = time.Minute
)

// Reader reads Stripe's balance of past times.
type Reader struct {
	Stripe *stripeapi.Client
	// ListLag is how long Stripe's lists may miss what was just made.
	ListLag time.Duration
	Now     func() time.Time
	Log     *slog.Logger
}

// Reading is Stripe's balance of a time. Since is how many balance transactions were created from then on.
type Reading struct {
	store.OpeningBalance
	Since int
}

// Balance reads until two readings agree, which are ListLag apart: of a past time there is one answer, however much is paid meanwhile,
// and a reading whose lists missed something that the balance had is another one.
func (r *Reader) Balance(ctx context.Context, at time.Time) (Reading, error) {
	before, err := r.Once(ctx, at)
	if err != nil {
		return Reading{}, err
	}
	for range agreeing {
		r.Log.InfoContext(ctx, "read; reading again once Stripe's lists have whatever was made meanwhile", "in", r.ListLag.String())
		if err := wait.For(ctx, r.ListLag); err != nil {
			return Reading{}, err
		}
		next, err := r.Once(ctx, at)
		if err != nil {
			return Reading{}, err
		}
		if slices.Equal(before.Parts, next.Parts) {
			return next, nil
		}
		before = next
	}
	return Reading{}, fmt.Errorf("readings of Stripe's balance at %s differ: its lists are behind its balance; try again when less is paid", at.Format(time.RFC3339))
}

// sums are balance transactions added up, in minor units.
type sums struct {
	count    int
	net      map[money.Currency]int64
	reserved map[money.Currency]int64 // that moved between the balance and connect_reserved
}

func newSums() sums {
	return sums{net: map[money.Currency]int64{}, reserved: map[money.Currency]int64{}}
}

// Once reads the balance before and after the balance transactions since at, until it is the same.
func (r *Reader) Once(ctx context.Context, at time.Time) (Reading, error) {
	split := r.Now().Add(-recent).Truncate(time.Second)
	if split.Before(at) {
		split = at
	}
	since := newSums()
	if err := r.add(ctx, reconciliation.Window{From: at, To: split}, since.add); err != nil {
		return Reading{}, err
	}
	pending, err := r.pendingAt(ctx, at)
	if err != nil {
		return Reading{}, err
	}
	for range quietLooks {
		balance, latest, quiet, err := r.look(ctx, split)
		if err != nil {
			return Reading{}, err
		}
		if quiet {
			reading := Reading{Since: since.count + latest.count, OpeningBalance: store.OpeningBalance{Opening: ledger.Opening{At: at}}}
			reading.Parts = parts(balance, pending, since, latest)
			return reading, nil
		}
		if err := wait.For(ctx, quietPause); err != nil {
			return Reading{}, err
		}
	}
	return Reading{}, fmt.Errorf("the balance at Stripe has moved in each of %d readings: try again when less is paid", quietLooks)
}

// look reads what was created from split on between two readings of the balance.
func (r *Reader) look(ctx context.Context, split time.Time) (balance booking.Balances, latest sums, quiet bool, err error) {
	before, err := r.Stripe.Balances(ctx)
	if err != nil {
		return before, latest, false, err
	}
	latest = newSums()
	// Stripe's clock may be ahead of ours.
	if err := r.add(ctx, reconciliation.Window{From: split, To: r.Now().Add(24 * time.Hour)}, latest.add); err != nil {
		return before, latest, false, err
	}
	after, err := r.Stripe.Balances(ctx)
	return after, latest, maps.Equal(before.Clearing, after.Clearing) && sameKinds(before, after), err
}

func sameKinds(a, b booking.Balances) bool {
	return maps.EqualFunc(a.Kinds, b.Kinds, func(x, y map[money.Currency]int64) bool { return maps.Equal(x, y) })
}

// add goes through a window's balance transactions.
func (r *Reader) add(ctx context.Context, window reconciliation.Window, each func(booking.BalanceTransaction)) error {
	for after := ""; window.From.Before(window.To); {
		lines, more, err := r.Stripe.BalanceTransactions(ctx, window, after, false)
		if err != nil {
			return err
		}
		for _, line := range lines {
			each(line.BalanceTransaction)
			after = line.ID
		}
		if !more || len(lines) == 0 {
			return nil
		}
	}
	return nil
}

func (s *sums) add(b booking.BalanceTransaction) {
	s.count++
	s.net[b.Currency] += b.Net
	if b.ReportingCategory == booking.CategoryConnectReserved {
		s.reserved[b.Currency] += b.Net
	}
}

// pendingAt is what had been created before a time and was not available then.
func (r *Reader) pendingAt(ctx context.Context, at time.Time) (map[money.Currency]int64, error) {
	pending := map[money.Currency]int64{}
	err := r.add(ctx, reconciliation.Window{From: at.Add(-pendingFor), To: at}, func(b booking.BalanceTransaction) {
		if b.AvailableOn.After(at) {
			pending[b.Currency] += b.Net
		}
	})
	return pending, err
}

// parts divide the balance of the time. What moved between the balance and connect_reserved since then is taken back there as well;
// issuing is what it is now, because no balance transaction tells how it got there.
func parts(now booking.Balances, pending map[money.Currency]int64, since ...sums) []store.OpeningPart {
	clearing, reserved := maps.Clone(now.Clearing), maps.Clone(now.Kinds[booking.BalanceConnectReserved])
	for _, s := range since {
		for currency, net := range s.net {
			clearing[currency] -= net
		}
		for currency, net := range s.reserved {
			reserved[currency] += net
		}
	}
	available := maps.Clone(clearing)
	for currency, amount := range pending {
		available[currency] -= amount
	}
	var out []store.OpeningPart
	for kind, amounts := range map[booking.BalanceKind]map[money.Currency]int64{
		booking.BalanceAvailable: available, booking.BalancePending: pending,
		booking.BalanceConnectReserved: reserved, booking.BalanceIssuing: now.Kinds[booking.BalanceIssuing],
	} {
		for currency, amount := range amounts {
			if amount != 0 {
				out = append(out, store.OpeningPart{Currency: currency, Kind: kind, Amount: amount})
			}
		}
	}
	slices.SortFunc(out, func(a, b store.OpeningPart) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

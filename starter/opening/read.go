// Package opening computes Stripe's balance at a past time, which Stripe's API does not return: the current balance minus every
// balance transaction since then. It reads Stripe and writes nothing. `starter opening` is its only caller. It imports
// internal/stripeapi, internal/wait, store, booking, ledger, money and reconciliation.
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
	// quietLooks and quietPause bound the repetitions of a reading, which is invalid when a payment arrives during it. A repetition is
	// short, because older balance transactions are summed already.
	quietLooks = 20
	quietPause = time.Second
	// agreeing is how often the whole reading is repeated until two agree.
	agreeing = 4
	// pendingFor is how far back pending money is searched for: Stripe makes card money available within 30 days
	// (stripe.com/docs/payouts#payout-schedule). It affects the split into pending and available, and no total.
	pendingFor = 30 * 24 * time.Hour
	// recent is the last part of the period, which each attempt reads again.
	recent = time.Minute
)

// Reader computes Stripe's balance at past times.
type Reader struct {
	Stripe *stripeapi.Client
	// ListLag is how long Stripe's lists may omit an object after its creation.
	ListLag time.Duration
	Now     func() time.Time
	Log     *slog.Logger
}

// Reading is Stripe's balance at a time. Since counts the balance transactions created at or after it.
type Reading struct {
	store.OpeningBalance
	Since int
}

// Balance repeats the reading every ListLag until two agree. The balance at a past time does not change, so readings differ only when
// Stripe's lists missed something that its balance had. It returns an error when no two of the readings agree.
func (r *Reader) Balance(ctx context.Context, at time.Time) (Reading, error) {
	before, err := r.Once(ctx, at)
	if err != nil {
		return Reading{}, err
	}
	for range agreeing {
		r.Log.InfoContext(ctx, "balance read; reading it again to confirm", "in", r.ListLag.String())
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
	return Reading{}, fmt.Errorf("readings of Stripe's balance at %s differ: its lists are behind its balance; try again when less is paid",
		at.Format(time.RFC3339))
}

// sums holds totals of balance transactions, in minor units.
type sums struct {
	count    int
	net      map[money.Currency]int64
	reserved map[money.Currency]int64 // moved between the balance and connect_reserved
}

func newSums() sums {
	return sums{net: map[money.Currency]int64{}, reserved: map[money.Currency]int64{}}
}

// Once reads the balance before and after the balance transactions since at, and repeats this until the balance is equal.
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

// look reads the balance transactions since split between two readings of the balance. quiet reports that the two are equal.
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

// add calls each with every balance transaction of a window.
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

// pendingAt sums the balance transactions that were created before a time and not available then.
func (r *Reader) pendingAt(ctx context.Context, at time.Time) (map[money.Currency]int64, error) {
	pending := map[money.Currency]int64{}
	err := r.add(ctx, reconciliation.Window{From: at.Add(-pendingFor), To: at}, func(b booking.BalanceTransaction) {
		if b.AvailableOn.After(at) {
			pending[b.Currency] += b.Net
		}
	})
	return pending, err
}

// parts splits the balance at the time by kind. Movements between the balance and connect_reserved since then are reversed in both;
// issuing is the current amount, because no balance transaction explains it.
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

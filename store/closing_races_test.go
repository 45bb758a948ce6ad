package store_test

import (
	"crypto/sha256"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"farebook/booking"
	"farebook/ledger"
	"farebook/ledger/closing"
	"farebook/store"
	"farebook/store/monthend"
)

// A close waits for a posting that is in flight and counts it, and a posting that waits for a close counts in the next month.
func TestACloseWaitsForAPostingInFlight(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
	require.NoError(t, err)
	tx := b.begin()
	_, err = tx.ExecContext(t.Context(), "SELECT opened_at FROM ledger_opening WHERE id = 1 LOCK IN SHARE MODE")
	require.NoError(t, err)
	_, err = months.ApproveClose(t.Context(), "2026-03", bob)
	require.ErrorContains(t, err, "held open for more than 2s: try again")
	require.Zero(t, b.Count(t, "SELECT COUNT(*) FROM ledger_closings"))
	closing := begin(func() error {
		_, err := months.ApproveClose(t.Context(), "2026-03", bob)
		return err
	})
	b.AwaitLockWaits(t, 1)
	require.NoError(t, tx.Rollback())
	require.NoError(t, closing())
}

// Closes race bills, payments and journals that take effect in the month: each lands in exactly one month, and the stored trial balance and
// its digest are those of the rows of its month.
func TestAPostingThatRacesACloseLandsInOneMonth(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	var march closing.Closing
	posted, dice := 0, b.dice()
	for round := 0; march.Number == 0; round++ {
		require.Less(t, round, 500, "each approval lost the race")
		_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
		require.NoError(t, err)
		var group errgroup.Group
		for _, post := range b.postings(months, round) {
			reads := dice.IntN(60 * (1 + round/4)) // before the close, in it or after it; later with each lost round, so that one is won
			posted++
			group.Go(func() error {
				for range reads {
					b.Count(t, "SELECT COUNT(*) FROM ledger_opening")
				}
				return post()
			})
		}
		group.Go(func() (err error) {
			march, err = months.ApproveClose(t.Context(), "2026-03", bob)
			var refused *monthend.RefusedError
			if errors.As(err, &refused) {
				return nil
			}
			return err
		})
		require.NoError(t, group.Wait())
	}
	for _, post := range b.postings(months, 1000) {
		posted++
		require.NoError(t, post())
	}
	inMarch := b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE period = '2026-03' AND id <= ?", march.LastLedgerID)
	inApril := b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE period = '2026-04' AND effective_at < '2026-04-01'")
	t.Logf("%d in the month, %d after its close", inMarch, inApril)
	require.Equal(t, posted+1, inMarch+inApril, "with the payment of readyMonths")
	require.Equal(t, posted+1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	require.GreaterOrEqual(t, inApril, 3)
	stored, found, err := months.Closing(t.Context(), "2026-03")
	require.NoError(t, err)
	require.True(t, found)
	rows := b.trialOfRows("2026-03")
	require.Equal(t, rows.Text(), stored.Trial.Text())
	require.Equal(t, rows.Digest(), stored.Trial.Digest())
	head, _, _ := strings.Cut(stored.Statement(), "digest: ")
	require.EqualValues(t, sha256.Sum256([]byte(head)), stored.Digest)
	b.requirePromises()
}

// postings post one transaction of each kind that takes effect in March: without a booking's lock, under one, and by an operator.
func (b books) postings(months *monthend.Months, round int) []func() error {
	b.t.Helper()
	id := strconv.Itoa(round)
	reservation, err := b.reserve("race-"+id, 1)
	require.NoError(b.t, err)
	held := booking.PaymentSnapshot{
		PaymentIntentID: "pi_race_" + id, StripeStatus: "requires_payment_method", Reference: reservation.Booking.Reference,
		Amount: 45900, Currency: "USD",
	}
	require.NoError(b.t, b.Store.RecordPaymentIntent(b.t.Context(), held.Reference, held, false))
	payment := paid(held, true)
	payment.ChargeID, payment.Balance.ID = "ch_race_"+id, "txn_race_paid_"+id
	return []func() error{
		func() error { return b.billed("txn_race_" + id) },
		func() error { _, err := b.record(payment, store.ReasonEvent); return err },
		func() error {
			_, err := months.Post(b.t.Context(), monthend.Journal{
				Key: "race-" + id, Reason: "Bank charges", EffectiveAt: settledAt, Entries: []monthend.JournalEntry{
					{Account: "expense:stripe_fees", Side: "debit", Amount: 500, Currency: "EUR"},
					{Account: "asset:bank", Side: "credit", Amount: 500, Currency: "EUR"},
				},
			}, monthend.Limits{"EUR": 500}, alice)
			return err
		},
	}
}

// trialOfRows is the trial balance of the first month of the books by SQL.
func (b books) trialOfRows(period ledger.Period) closing.Trial {
	b.t.Helper()
	trial := closing.Trial{
		Period: period, Zone: "UTC",
		Transactions: uint64(b.Count(b.t, "SELECT COUNT(*) FROM financial_ledger WHERE period = ?", period)),
	}
	rows, err := b.SQL.QueryContext(b.t.Context(), `SELECT e.account, e.currency, SUM(IF(e.side = 'debit', e.amount, 0)),
		SUM(IF(e.side = 'credit', e.amount, 0)), COUNT(*) FROM financial_ledger l JOIN ledger_entries e ON e.ledger_id = l.id
		WHERE l.period = ? GROUP BY e.account, e.currency ORDER BY e.account, e.currency`, period)
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, rows.Close()) }()
	for rows.Next() {
		var line closing.Line
		var entries uint64
		require.NoError(b.t, rows.Scan(&line.Account, &line.Currency, &line.Debit, &line.Credit, &entries))
		line.Closing = line.Debit - line.Credit
		trial.Lines, trial.Entries = append(trial.Lines, line), trial.Entries+entries
	}
	require.NoError(b.t, rows.Err())
	return trial
}

// A posting that has read which months are open, and has not committed, keeps its month open: each way of posting holds the lock of the
// calendar from then on, so that no close decides beside it. Without the lock, the close would win, and the posting land in a closed month.
func TestNoMonthIsClosedBesideAPosting(t *testing.T) {
	t.Parallel()
	for n, way := range []string{"without a booking", "under a booking's lock", "by an operator"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			months := b.readyMonths()
			post := b.postings(months, 0)[n]
			_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
			require.NoError(t, err)
			gap := b.begin() // no entry is inserted, which is the last that a posting does
			_, err = gap.ExecContext(t.Context(),
				"SELECT id FROM ledger_entries FORCE INDEX (idx_entries_ledger) WHERE ledger_id > 1000000 FOR UPDATE")
			require.NoError(t, err)
			posting := begin(post)
			b.AwaitLockWaits(t, 1)
			_, err = months.ApproveClose(t.Context(), "2026-03", bob)
			require.ErrorContains(t, err, "held open for more than 2s: try again")
			require.NoError(t, gap.Rollback())
			require.NoError(t, posting())
			require.Equal(t, "2026-03", b.Text(t, "SELECT period FROM financial_ledger ORDER BY id DESC LIMIT 1"))
			_, err = months.ApproveClose(t.Context(), "2026-03", bob)
			require.ErrorContains(t, err, "has changed since the close was proposed")
			march := b.closed(months, "2026-03")
			require.EqualValues(t, 2, march.Trial.Transactions, "with the payment of readyMonths")
			b.requirePromises()
		})
	}
}

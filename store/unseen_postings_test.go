package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/store/recon"
)

// window is the span of these tests; its ends are times at which transactions were posted.
var window = struct{ from, to time.Time }{plantedAt.Add(10 * time.Minute), plantedAt.Add(40 * time.Minute)}

// everyUnseen reads all pages of a run's unseen postings.
func (b books) everyUnseen(runID uint64, limit int) (all []recon.UnseenPosting) {
	b.t.Helper()
	after := uint64(0)
	for {
		page, err := recon.New(b.Store).UnseenPostings(b.t.Context(), runID, window.from, window.to, after, limit)
		require.NoError(b.t, err)
		require.LessOrEqual(b.t, len(page), limit)
		all = append(all, page...)
		if len(page) < limit {
			return all
		}
		after = page[limit-1].LedgerID
	}
}

// plantLedger inserts transactions that are posted to the minute within an hour, in another order than their ids: with and without a
// booking, a balance transaction, entries on the clearing account in one currency or two, and corrections of some.
func (b books) plantLedger(n int) {
	dice := b.dice()
	var ledger, entries, seen [][]any
	for id := 1; id <= n; id++ {
		var booking any
		if dice.IntN(4) > 0 {
			booking = 1 + dice.IntN(20)
		}
		// Some balance transactions have two ledger transactions: a payment and its fee, or a correction.
		balance, kind := fmt.Sprintf("txn_%d", dice.IntN(n)), []string{"payment", "stripe_fee", "refund", "correction"}[dice.IntN(40)/13]
		if dice.IntN(10) == 0 {
			balance = ""
		}
		ledger = append(ledger, []any{
			id, booking, kind, nil, fmt.Sprint(id), balance, "planted", plantedAt.Add(time.Duration(dice.IntN(60)) * time.Minute),
			plantedAt.AddDate(0, 0, -dice.IntN(30)),
		})
		for range dice.IntN(4) {
			account := []string{"asset:stripe_clearing", "asset:stripe_clearing", "expense:stripe_fees"}[dice.IntN(3)]
			entries = append(entries, []any{
				id, account, []string{"debit", "credit"}[dice.IntN(2)], 1 + dice.IntN(900), []string{"USD", "USD", "EUR"}[dice.IntN(3)],
			})
		}
	}
	for i := range n {
		if run := dice.IntN(5); run < 4 { // most were seen by the run, some by another one only
			seen = append(seen, []any{1 + run/3, fmt.Sprintf("txn_%d", i)})
		}
	}
	b.plant("financial_ledger", "id, booking_id, type, stripe_payment_intent_id, stripe_object_id, stripe_balance_transaction_id, "+
		"description, posted_at, effective_at", ledger)
	b.plant("ledger_entries", "ledger_id, account, side, amount, currency", entries)
	b.plant("reconciliation_seen", "run_id, stripe_balance_transaction_id", seen)
}

// allUnseen is one statement over the whole ledger, by which the pages are judged.
const allUnseen = `
	SELECT l.id, l.type, l.stripe_balance_transaction_id, COALESCE(l.stripe_payment_intent_id, ''), COALESCE(b.reference, ''),
	       COALESCE(SUM(CASE e.side WHEN 'debit' THEN e.amount ELSE -e.amount END), 0), COALESCE(MAX(e.currency), '')
	FROM financial_ledger l
	LEFT JOIN reconciliation_seen s ON s.run_id = ? AND s.stripe_balance_transaction_id = l.stripe_balance_transaction_id
	LEFT JOIN bookings b ON b.id = l.booking_id
	LEFT JOIN ledger_entries e ON e.ledger_id = l.id AND e.account = 'asset:stripe_clearing'
	WHERE l.posted_at >= ? AND l.posted_at < ? AND l.stripe_balance_transaction_id <> '' AND s.run_id IS NULL
	  AND NOT EXISTS (SELECT 1 FROM financial_ledger c
	    WHERE c.stripe_balance_transaction_id = l.stripe_balance_transaction_id AND c.type = 'correction')
	GROUP BY l.id, l.type, l.stripe_balance_transaction_id, l.stripe_payment_intent_id, b.reference
	ORDER BY l.posted_at, l.id`

func (b books) unseenByOneStatement(runID uint64) (all []recon.UnseenPosting) {
	b.t.Helper()
	rows, err := b.SQL.QueryContext(b.t.Context(), allUnseen, runID, window.from, window.to)
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, rows.Close()) }()
	for rows.Next() {
		var u recon.UnseenPosting
		require.NoError(b.t, rows.Scan(&u.LedgerID, &u.Type, &u.BalanceTransactionID, &u.PaymentIntentID, &u.Reference, &u.Clearing,
			&u.Currency))
		all = append(all, u)
	}
	require.NoError(b.t, rows.Err())
	return all
}

// The window has more transactions than one statement reads, and pages end anywhere within them.
func TestUnseenPostingsAreThoseOfTheWholeLedger(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.plantBookings(20)
	b.plantLedger(2500)
	expected := b.unseenByOneStatement(1)
	require.Greater(t, len(expected), 50)
	for _, limit := range []int{7, len(expected) - 1, len(expected), len(expected) + 1} {
		require.Equal(t, expected, b.everyUnseen(1, limit), "pages of %d", limit)
	}
	require.NotEqual(t, expected, b.everyUnseen(2, 200), "another run has seen others")
}

// Ids are in another order than the times of posting, and Stripe's date of a transaction is not the time of its posting: the window is of
// that time alone, its beginning included and its end not.
func TestUnseenPostingsGoByTheTimeOfPosting(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	instant := time.Microsecond
	within := window.from.Add(time.Minute)
	var rows [][]any
	for i, posted := range []time.Time{
		window.to.Add(-instant), window.from, window.from.Add(-instant), window.to, within, within, window.from.Add(instant),
	} {
		datedBack := posted.AddDate(-1, 0, 0)
		rows = append(rows, []any{i + 1, "refund", fmt.Sprint(i), fmt.Sprintf("txn_%d", i), "planted", posted, datedBack})
	}
	// Stripe's date is within the window, the posting is not.
	rows = append(rows, []any{8, "refund", "8", "txn_8", "planted", window.to.Add(time.Hour), within})
	b.plant("financial_ledger", "id, type, stripe_object_id, stripe_balance_transaction_id, description, posted_at, effective_at", rows)
	for limit := 1; limit <= 6; limit++ {
		var ids []uint64
		for _, unseen := range b.everyUnseen(1, limit) {
			ids = append(ids, unseen.LedgerID)
		}
		require.Equal(t, []uint64{2, 7, 5, 6, 1}, ids, "pages of %d", limit)
	}
	// A scan whose last transaction was lost with a restore begins again: items are found once.
	page, err := recon.New(b.Store).UnseenPostings(t.Context(), 1, window.from, window.to, 99, 200)
	require.NoError(t, err)
	require.Len(t, page, 5)
}

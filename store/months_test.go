package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/ledger"
	"farebook/ledger/closing"
	"farebook/store/monthend"
)

var (
	alice = access.Actor{Name: "alice@bastion"}
	bob   = access.Actor{Name: "bob@bastion"}
)

// readyMonths are months of books that have a paid booking in 2026-03, with what a month end needs of a reconciliation.
func (b books) readyMonths() *monthend.Months {
	b.t.Helper()
	b.paidBooking()
	b.Exec(b.t, `INSERT INTO reconciliation_runs (correlation_id, scope, dry_run, lookback_days, payment_limit, status, window_start, window_end,
		started_at, completed_at) VALUES ('recon_end', 'all', FALSE, 7, 0, 'completed', '2026-01-01', '2026-06-01', '2026-06-01', '2026-06-01')`)
	return monthend.New(b.Store)
}

func (b books) closed(months *monthend.Months, period ledger.Period) closing.Closing {
	b.t.Helper()
	_, _, err := months.ProposeClose(b.t.Context(), period, nil, alice)
	require.NoError(b.t, err)
	made, err := months.ApproveClose(b.t.Context(), period, bob)
	require.NoError(b.t, err)
	return made
}

// billed posts a bill of Stripe's that takes effect at the time of settledAt.
func (b books) billed(id string) error {
	return b.Store.RecordAccountFee(b.t.Context(), *balance(id, -250, 0, "fee"), b.Store.Now())
}

// A month is closed by two people, with the trial balance of its entries. What is posted for it afterwards is late: it counts in the next
// month, whose openings are the closings, and the closed month stays as it is.
func TestAClosedMonthNeverChanges(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
	require.NoError(t, err)
	_, err = months.ApproveClose(t.Context(), "2026-03", alice)
	require.ErrorContains(t, err, "another operator approves")
	march, err := months.ApproveClose(t.Context(), "2026-03", bob)
	require.NoError(t, err)
	again, err := months.ApproveClose(t.Context(), "2026-03", bob)
	require.NoError(t, err, "a repetition is harmless")
	require.Equal(t, march.Statement(), again.Statement())
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM ledger_closings"))
	require.Equal(t, "ledger.close ledger.propose-close",
		b.Text(t, "SELECT GROUP_CONCAT(action ORDER BY action SEPARATOR ' ') FROM audit_log WHERE subject = '2026-03'"))

	require.NoError(t, b.billed("txn_late"))
	require.Equal(t, "2026-04", b.Text(t, "SELECT period FROM financial_ledger ORDER BY id DESC LIMIT 1"))
	now, err := months.Recompute(t.Context(), "2026-03")
	require.NoError(t, err)
	require.Equal(t, march.Trial.Text(), now.Text())
	april := b.closed(months, "2026-04")
	closings := map[ledger.Account]int64{}
	for _, line := range march.Trial.Lines {
		closings[line.Account] = line.Closing
	}
	for _, line := range april.Trial.Lines {
		require.Equal(t, closings[line.Account], line.Opening, line.Account)
	}
	require.Equal(t, march.Digest, april.Previous)
	b.requirePromises()
}

// A proposal is about one trial balance: a posting in the month makes it another one.
func TestAChangedMonthIsProposedAgain(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
	require.NoError(t, err)
	require.NoError(t, b.billed("txn_meanwhile"))
	_, err = months.ApproveClose(t.Context(), "2026-03", bob)
	require.ErrorContains(t, err, "propose it again")
	b.closed(months, "2026-03")
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM ledger_proposals WHERE decision = 'replaced'"))
}

// What blocks a close is named, and a note accepts it where an operator can answer for it.
func TestFindingsBlockACloseUnlessTheyHaveANote(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	b.Exec(t, "INSERT INTO attention_items (id, kind, subject, text, opened_at) VALUES (7, 'earlier', 'x', 'Ask Layla', '2026-03-05')")
	var blocked *monthend.BlockedError
	_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
	require.ErrorAs(t, err, &blocked)
	require.Equal(t, "2026-03 cannot be closed yet: no matter needs attention", blocked.Error())
	_, _, err = months.ProposeClose(t.Context(), "2026-03", []closing.Note{{Item: "attention/8", Text: "?", By: "alice"}}, alice)
	require.ErrorContains(t, err, "nothing of that name blocks the close")
	waits := closing.Note{Item: "attention/7", Text: "waits for the bank", By: "alice"}
	_, _, err = months.ProposeClose(t.Context(), "2026-03", []closing.Note{waits}, alice)
	require.NoError(t, err)
	march, err := months.ApproveClose(t.Context(), "2026-03", bob)
	require.NoError(t, err)
	require.Contains(t, march.Statement(), `note: attention/7 "waits for the bank" by "alice"`)

	b.Exec(t, "UPDATE reconciliation_runs SET window_end = '2026-04-30'")
	_, _, err = months.ProposeClose(t.Context(), "2026-04", []closing.Note{{Item: "reconciliation", Text: "later", By: "alice"}}, alice)
	require.ErrorContains(t, err, "nothing of that name", "a reconciliation that was not run cannot be accepted")
	_, _, err = months.ProposeClose(t.Context(), "2026-05", nil, alice)
	require.ErrorContains(t, err, "the next one to close")
}

// Only the last closed month is reopened, by two people, and it can be closed again with what was posted meanwhile.
func TestTheLastMonthIsReopenedByTwoPeople(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	_, err := months.ProposeReopen(t.Context(), "2026-03", "a mistake", alice)
	require.ErrorContains(t, err, "no month is closed")
	b.closed(months, "2026-03")
	b.closed(months, "2026-04")
	_, err = months.ProposeReopen(t.Context(), "2026-03", "a mistake", alice)
	require.ErrorContains(t, err, "only the last closed month can")
	_, err = months.ProposeReopen(t.Context(), "2026-04", "a mistake", alice)
	require.NoError(t, err)
	_, err = months.ApproveReopen(t.Context(), "2026-04", alice)
	require.ErrorContains(t, err, "another operator approves")
	_, err = months.ApproveReopen(t.Context(), "2026-04", bob)
	require.NoError(t, err)
	b.requirePromises()
	require.NoError(t, b.billed("txn_after"))
	require.Equal(t, "2026-04", b.Text(t, "SELECT period FROM financial_ledger ORDER BY id DESC LIMIT 1"))
	april := b.closed(months, "2026-04")
	require.EqualValues(t, 4, april.Number)
	require.EqualValues(t, 1, april.Trial.Transactions)
	b.requirePromises()
}

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

// A posting without a period, as the previous release writes it, blocks the close until starter migrate has completed it.
func TestAPostingOfTheOlderReleaseBlocksTheClose(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	b.posted()
	_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
	require.ErrorContains(t, err, "every transaction has its month")
	b.Fill(t)
	b.closed(months, "2026-03")
}

// Closes race postings that take effect in the month: each lands in exactly one month, and the stored trial balance is that of its month.
func TestAPostingThatRacesACloseLandsInOneMonth(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	const posters, each = 4, 15
	var group sync.WaitGroup
	for poster := range posters {
		group.Go(func() {
			for n := range each {
				require.NoError(t, b.billed(fmt.Sprintf("txn_race_%d_%d", poster, n)))
			}
		})
	}
	var march closing.Closing
	for deadline := time.Now().Add(time.Minute); march.Number == 0 && time.Now().Before(deadline); {
		_, _, err := months.ProposeClose(t.Context(), "2026-03", nil, alice)
		require.NoError(t, err)
		march, err = months.ApproveClose(t.Context(), "2026-03", bob)
		var refused *monthend.RefusedError
		if err != nil {
			require.ErrorAs(t, err, &refused)
		}
	}
	group.Wait()
	require.EqualValues(t, 1, march.Number)
	inMarch, inApril := b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE period = '2026-03'"),
		b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE period = '2026-04'")
	t.Logf("%d in the month, %d after its close", inMarch, inApril)
	require.EqualValues(t, march.Trial.Transactions, inMarch)
	require.Equal(t, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"), inMarch+inApril)
	now, err := months.Recompute(t.Context(), "2026-03")
	require.NoError(t, err)
	require.Equal(t, march.Trial.Text(), now.Text())
	b.requirePromises()
}

// Somebody with the database's password changes what was closed: verify names it.
func TestAChangedCloseIsFound(t *testing.T) {
	t.Parallel()
	for statement, says := range map[string]string{
		"UPDATE ledger_closings SET approved_by = 'eve'":                          "closing 1 of 2026-03 was changed",
		"UPDATE ledger_closings SET trial_balance = '[]'":                         "closing 1 of 2026-03 was changed",
		"DELETE FROM ledger_closings":                                             "the closings say otherwise",
		"UPDATE financial_ledger SET period = '2026-02' WHERE period = '2026-03'": "the trial balance of its entries",
		"UPDATE ledger_opening SET first_open = NULL":                             "the closings say otherwise",
		`INSERT INTO financial_ledger (type, description, posted_at, period)
			VALUES ('x', '', NOW(), '2026-03')`: "was added to 2026-03",
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			months := b.readyMonths()
			b.closed(months, "2026-03")
			reasons, err := months.Verify(t.Context(), true)
			require.NoError(t, err)
			require.Empty(t, reasons)
			b.Exec(t, statement)
			reasons, err = months.Verify(t.Context(), true)
			require.NoError(t, err)
			require.Contains(t, fmt.Sprint(reasons), says)
		})
	}
}

// A journal is posted once, above the limit by two people; what follows from Stripe is not for journals.
func TestJournalsArePostedOnce(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := monthend.New(b.Store)
	journal := monthend.Journal{
		Key: "bank-fee-1", Reason: "Bank charges of March", EffectiveAt: settledAt, Entries: []monthend.JournalEntry{
			{Account: "expense:stripe_fees", Side: "debit", Amount: 500, Currency: "USD"},
			{Account: "asset:bank", Side: "credit", Amount: 500, Currency: "USD"},
		},
	}
	limits := monthend.Limits{"USD": 500}
	first, err := months.Post(t.Context(), journal, limits, alice)
	require.NoError(t, err)
	require.False(t, first.Waits)
	require.EqualValues(t, "2026-03", first.Period)
	again, err := months.Post(t.Context(), journal, limits, alice)
	require.NoError(t, err)
	require.Equal(t, first, again)
	journal.Reason = "Another"
	_, err = months.Post(t.Context(), journal, limits, alice)
	require.ErrorContains(t, err, "is the key of another journal")

	journal.Key = "bank-fee-2"
	waits, err := months.Post(t.Context(), journal, nil, alice)
	require.NoError(t, err)
	require.True(t, waits.Waits)
	_, err = months.ApprovePost(t.Context(), "bank-fee-2", alice)
	require.ErrorContains(t, err, "another operator approves")
	second, err := months.ApprovePost(t.Context(), "bank-fee-2", bob)
	require.NoError(t, err)
	again, err = months.ApprovePost(t.Context(), "bank-fee-2", bob)
	require.NoError(t, err)
	require.Equal(t, second, again)
	require.Equal(t, 2, b.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'manual'"))

	journal.Key, journal.Entries[1].Account = "bank-fee-3", "asset:stripe_clearing"
	_, err = months.Post(t.Context(), journal, limits, alice)
	require.ErrorContains(t, err, "follows from Stripe's objects")
	journal.Entries[1].Account, journal.Entries[1].Amount = "asset:bank", 400
	_, err = months.Post(t.Context(), journal, limits, alice)
	require.ErrorContains(t, err, "debits of $5.00 and credits of $4.00 differ")
	b.requirePromises()
}

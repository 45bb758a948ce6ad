package store_test

import (
	"fmt"
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
	b.ReconciledUntil(b.t, "2026-06-01")
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

// Months are closed one after the other, each when it is over. The check of the month end names what is closed first.
func TestMonthsAreClosedInTheirOrderWhenTheyAreOver(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	months := b.readyMonths()
	refused := func(period ledger.Period, says string) {
		t.Helper()
		_, review, err := months.ProposeClose(t.Context(), period, nil, alice)
		var blocked *monthend.BlockedError
		require.ErrorAs(t, err, &blocked)
		require.Len(t, review.Checks[0].Findings, 1)
		require.Contains(t, review.Checks[0].Findings[0].Text, says)
		require.True(t, review.Checks[0].Findings[0].Firm)
	}
	refused(ledger.PeriodAt(b.Store.Now(), time.UTC), "a month is closed when it is over")
	b.closed(months, "2026-03")
	refused("2026-05", "close 2026-04 first")
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM ledger_closings"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM ledger_proposals"))
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

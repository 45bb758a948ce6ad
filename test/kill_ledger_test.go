package test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testkit"
)

// balanceInBooks are the debits less credits of an account.
func balanceInBooks(s *testkit.Stack, account string) int {
	s.T.Helper()
	return s.DB.Count(s.T, "SELECT COALESCE(SUM(IF(side = 'debit', amount, -amount)), 0) FROM ledger_entries WHERE account = ?", account)
}

// The API dies before and after it recognises the revenue of a booking that has departed. The next sweep recognises it, or finds nothing
// unearned: it is income once.
func TestAPIKilledWhileItRecognisesRevenue(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-recognise-revenue", "after-recognise-revenue"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, APIFailpoint: point})
			booked := s.BookAndPay("kill", nil)
			s.AwaitQuiet()
			depart(s, booked, time.Now().Add(-time.Hour))
			for range 2 { // the second time as if the first had not been noted
				s.DB.Exec(t, "UPDATE bookings SET recognise_at = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR")
				s.RequireDeaths("starter", 1)
				s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE recognise_at IS NULL") == 1 },
					"not recognised; logs:\n%s", s.Logs)
			}
			s.RequireLedger(booked.Reference, "payment", "recognition")
			require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE operation_key = CONCAT('recognition/', ?, '/1')",
				booked.Reference))
			require.Equal(t, -45900, balanceInBooks(s, "income:flights"))
			require.Zero(t, balanceInBooks(s, "liability:unearned_revenue"))
			s.RequireDeaths("starter", 1)
			s.RequirePromises()
		})
	}
}

// `starter ledger carry-over` dies before and after it carries over a booking and a payout, and is repeated: each has one correcting
// transaction.
func TestCarryOverThatIsKilledIsRepeated(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	for _, key := range []string{"one", "two"} {
		booked := s.BookAndPay(key, testkit.DepartingIn(100)) // half of it is kept
		require.Equal(t, http.StatusOK, s.Post("/v1/bookings/"+booked.Reference+"/cancel", "cancel "+key, nil).Status)
		s.AwaitStatus(booked.Reference, "partially_refunded")
	}
	s.AwaitQuiet()
	s.Stripe.SettleFunds()
	provenPayout(s)
	s.AwaitQuiet()
	s.DB.PostedByEarlierRelease(t)
	onItsWay := s.DB.Count(t, "SELECT amount FROM payouts")
	require.Equal(t, onItsWay, balanceInBooks(s, "asset:bank"))
	require.Zero(t, balanceInBooks(s, "income:cancellation_fees"))
	carried := func() int { return s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'carry_over'") }

	for _, death := range []struct {
		point   string
		carried int
	}{
		{"before-carry-over-booking", 0}, {"after-carry-over-booking", 1}, {"before-carry-over-payout", 2}, {"after-carry-over-payout", 3},
	} {
		s.KilledAt(death.point, s.StarterCommand("ledger", "carry-over"))
		require.Equal(t, death.carried, carried(), death.point)
	}
	out, err := starterWith(s, "ledger", "carry-over")
	require.NoError(t, err, out)
	require.Contains(t, out, "Posted 0 transactions")
	require.Equal(t, 3, carried())
	require.Equal(t, 3, s.DB.Count(t, `SELECT COUNT(*) FROM financial_ledger WHERE operation_key IN
		(SELECT CONCAT('carry-over/', reference) FROM bookings UNION SELECT CONCAT('carry-over/', stripe_payout_id) FROM payouts)`))
	require.Equal(t, -45900, balanceInBooks(s, "income:cancellation_fees"))
	require.Zero(t, balanceInBooks(s, "liability:unearned_revenue"))
	require.Equal(t, onItsWay, balanceInBooks(s, "asset:payouts_in_transit"))
	require.Zero(t, balanceInBooks(s, "asset:bank"))
	s.RequirePromises()
}

// A close, a reopening and manual journals are killed right before their transaction commits and right after it, and repeated: each is
// decided once, and no proposal is lost or doubled.
func TestMonthsAndJournalsThatAreKilledAreRepeated(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true, Env: []string{"JOURNAL_APPROVAL_ABOVE=USD:1000"}})
	s.DB.ReconciledUntil(t, "2026-06-01")
	require.NoError(t, s.DB.Store.RecordAccountFee(t.Context(), booking.BalanceTransaction{
		ID: "txn_bill", ReportingCategory: "fee", Amount: -250, Net: -250, Currency: "USD",
		Created: time.Date(2026, time.March, 5, 0, 0, 0, 0, time.UTC),
	}, s.DB.Store.Now()))
	const (
		proposed = "SELECT COUNT(*) FROM ledger_proposals WHERE is_open = 1 AND kind = "
		decided  = "SELECT COUNT(*) FROM ledger_closings c JOIN ledger_opening o WHERE c.action = "
		posted   = "SELECT COUNT(*) FROM financial_ledger WHERE period = '2026-03' AND operation_key = "
	)
	for _, c := range []struct {
		point, args string
		done        string // counts nothing before, and one once it is done
		audit       string // the action of which the audit log has a row then
	}{
		{"post-journal", "post " + journalFile(t, "small", 500), posted + "'journal/small'", "ledger.post-journal"},
		{"post-journal", "post " + journalFile(t, "large", 5000), proposed + "'journal'", "ledger.propose-journal"},
		{"approve-journal", "post --approve large", posted + "'journal/large'", "ledger.post-journal"},
		{"propose-close", "close 2026-03", proposed + "'close'", "ledger.propose-close"},
		{"approve-close", "close 2026-03 --approve", decided + "'close' AND o.first_open = '2026-04'", "ledger.close"},
		{"propose-reopen", "reopen 2026-03 --note mistake", proposed + "'reopen'", "ledger.propose-reopen"},
		{"approve-reopen", "reopen 2026-03 --approve", decided + "'reopen' AND o.first_open = '2026-03'", "ledger.reopen"},
	} {
		command := func() *exec.Cmd { return s.StarterCommand(append([]string{"ledger"}, strings.Fields(c.args)...)...) }
		s.DB.Exec(t, "UPDATE ledger_proposals SET proposed_by = 'alice@bastion' WHERE is_open = 1") // by another operator than this user
		counts := func() [2]int {
			return [2]int{s.DB.Count(t, c.done), s.DB.Count(t, "SELECT COUNT(*) FROM audit_log WHERE action = ?", c.audit)}
		}
		before := counts()
		require.Zero(t, before[0], c.args)
		s.KilledAt("before-"+c.point, command())
		require.Equal(t, before, counts(), "nothing is left of %s", c.args)
		s.KilledAt("after-"+c.point, command())
		once := [2]int{1, before[1] + 1}
		require.Equal(t, once, counts(), c.args)
		said, err := command().CombinedOutput()
		require.NoError(t, err, "%s: %s", c.args, said)
		require.Equal(t, once, counts(), "%s, repeated", c.args)
	}
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM ledger_proposals WHERE is_open = 1"))
	require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM ledger_closings"))
	require.NoError(t, s.BooksPromises())
}

// journalFile is the path of a journal that takes effect in March.
func journalFile(t *testing.T, key string, amount int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), key+".json")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `{"key": %q, "reason": "Bank charges", "effectiveAt": "2026-03-05T00:00:00Z", "entries": [
		{"account": "expense:stripe_fees", "side": "debit", "amount": {"value": %d, "currency": "USD"}},
		{"account": "asset:bank", "side": "credit", "amount": {"value": %d, "currency": "USD"}}]}`, key, amount, amount), 0o600))
	return file
}

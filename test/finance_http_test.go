package test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testkit"
	"farebook/ledger"
)

// What a report says over HTTP is what the command says, byte for byte, and both are the sums of the entries in SQL.
func TestReportsOverHTTPAreThoseOfTheCommands(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.API.Token = s.DB.NewKey(t, "finance", access.All()...)
	s.BookAndPay("reported", nil)
	s.AwaitQuiet()
	from, to := time.Now().AddDate(0, -1, 0).UTC().Format(time.DateOnly), time.Now().AddDate(0, 0, 2).UTC().Format(time.DateOnly)
	month := time.Now().UTC().Format("2006-01") // not that of to, which may be the next one
	for path, command := range map[string][]string{
		"balances?asOf=" + to:                                        {"balances", "--as-of", to},
		"trial-balance?month=" + month:                               {"trial-balance", "--month", month},
		"trial-balance?to=" + to:                                     {"trial-balance", "--to", to},
		"trial-balance?from=" + from + "&to=" + to + "&basis=posted": {"trial-balance", "--from", from, "--to", to, "--basis", "posted"},
		"statements/asset:stripe_clearing?currency=USD&to=" + to:     {"statement", "asset:stripe_clearing", "--currency", "USD", "--to", to},
		"reports/balance-summary?to=" + to:                           {"report", "balance-summary", "--to", to},
		"reports/balance-change/itemised?to=" + to:                   {"report", "balance-change", "--itemised", "--to", to},
		"reports/payout-reconciliation?to=" + to:                     {"report", "payout-reconciliation", "--to", to},
		"reports/unearned/itemised?to=" + to:                         {"report", "unearned", "--itemised", "--to", to},
		"reports/fees?to=" + to:                                      {"report", "fees", "--to", to},
		"reports/late?month=" + month:                                {"report", "late", "--month", month},
		"reports/ending-balance?month=" + month:                      {"report", "ending-balance", "--month", month},
		"export?to=" + to:                                            {"export", "--to", to},
	} {
		for _, format := range formatsOf(command[0]) {
			said, err := s.StarterCommand(append([]string{"ledger"}, append(command, "--format", format)...)...).Output()
			require.NoError(t, err, "%v", command)
			answer, err := s.API.Ask(http.MethodGet, "/v1/ledger/"+path+"&format="+format, "", nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
			require.Equal(t, string(said), string(answer.Body), "%s as %s", path, format)
		}
	}
	requireSameComparison(s)
	var view struct {
		Rows []struct {
			Account, Currency string
			Balance           int64
		}
		Checks []struct{ Held bool }
	}
	s.API.Get("/v1/ledger/balances?asOf="+to, &view)
	require.NotEmpty(t, view.Checks)
	require.Len(t, view.Rows, s.DB.Count(t, "SELECT COUNT(DISTINCT account, currency) FROM ledger_entries"))
	for _, row := range view.Rows {
		sum := s.DB.Count(t, `SELECT SUM(IF(side = 'debit', amount, -amount)) FROM ledger_entries WHERE account = ? AND currency = ?`,
			row.Account, row.Currency)
		require.EqualValues(t, sum, row.Balance, row.Account)
	}
}

// requireSameComparison holds Stripe's file against the ledger by both, as it is and with another id in it.
func requireSameComparison(s *testkit.Stack) {
	s.T.Helper()
	const kind = "balance_change_from_activity.itemized.3"
	for change, proof := range map[string]string{"\ntxn_": "holds", "\ntxn_other_": "differs"} {
		file := stripesFile(s, kind, func(text string) string { return strings.Replace(text, "\ntxn_", change, 1) })
		said, _ := s.StarterCommand("ledger", "compare", "--stripe-csv", file, "--format", "json").Output() // exits with 1 where it differs
		text, err := os.ReadFile(file)
		require.NoError(s.T, err)
		asking := *s.API
		asking.Header = http.Header{"Content-Type": {"text/csv"}}
		answer, err := asking.Ask(http.MethodPost, "/v1/ledger/compare", "", text)
		require.NoError(s.T, err)
		require.Equal(s.T, http.StatusOK, answer.Status, "%s", answer.Body)
		require.Equal(s.T, string(said), string(answer.Body))
		require.Equal(s.T, proof == "differs", strings.Contains(string(said), `"held":false`))
	}
}

func formatsOf(report string) []string {
	if report == "export" {
		return []string{"csv", "json", "hledger", "beancount"}
	}
	return []string{"csv", "json"}
}

// Two controllers close the last month over HTTP, after a reconciliation has read Stripe to its end. Its reports stay the same bytes while
// bookings are paid, and a journal for it counts in this month.
func TestAMonthIsClosedOverHTTP(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	alice, bob := newController(s, "alice"), newController(s, "bob")
	last := lastMonth()
	month := last.Format("2006-01")
	journal := func(key string) string {
		return fmt.Sprintf(`{"key":%q,"reason":"Bank charges","effectiveAt":%q,"entries":[
			{"account":"expense:stripe_fees","side":"debit","amount":{"value":500,"currency":"USD"}},
			{"account":"asset:bank","side":"credit","amount":{"value":500,"currency":"USD"}}]}`, key, last.Format(time.RFC3339))
	}
	alice.asks("/v1/ledger/journals", journal("fee-1"), http.StatusOK)
	bob.asks("/v1/ledger/journals/fee-1/approve", "", http.StatusOK)
	alice.asks("/v1/ledger/periods/"+month+"/close", "", http.StatusConflict) // no reconciliation has read Stripe yet
	said, err := s.StarterCommand("reconcile").CombinedOutput()
	require.NoError(t, err, "%s", said)
	alice.asks("/v1/ledger/periods/"+month+"/close", "", http.StatusConflict) // Stripe's report of the month was not compared
	alice.compares(last)
	alice.asks("/v1/ledger/periods/"+month+"/close", "", http.StatusOK)
	newController(s, "alice").asks("/v1/ledger/periods/"+month+"/close/approve", "", http.StatusForbidden)
	bob.asks("/v1/ledger/periods/"+month+"/close/approve", "", http.StatusOK)
	reports := []string{
		"/v1/ledger/trial-balance?month=" + month, "/v1/ledger/trial-balance?format=csv&month=" + month,
		"/v1/ledger/statements/asset:bank?month=" + month, "/v1/ledger/export?format=hledger&month=" + month,
	}
	before := map[string]string{}
	for _, path := range reports {
		before[path] = alice.reads(path)
	}
	s.BookAndPay("meanwhile", nil)
	s.AwaitQuiet()
	for _, path := range reports {
		require.Equal(t, before[path], alice.reads(path), path)
	}
	alice.asks("/v1/ledger/journals", journal("fee-2"), http.StatusOK)
	bob.asks("/v1/ledger/journals/fee-2/approve", "", http.StatusOK)
	require.Equal(t, last.AddDate(0, 1, 0).Format("2006-01"),
		s.DB.Text(t, "SELECT period FROM financial_ledger WHERE operation_key = 'journal/fee-2'"))
	require.Equal(t, "alice bob", s.DB.Text(t, `SELECT CONCAT(SUBSTRING_INDEX(proposed_by, ' ', 1), ' ', SUBSTRING_INDEX(approved_by, ' ', 1))
		FROM ledger_closings`))
	said, err = s.StarterCommand("verify").CombinedOutput()
	require.NoError(t, err, "%s", said)
}

// lastMonth is a time within the month before this one.
func lastMonth() time.Time {
	now := time.Now().UTC()
	return time.Date(now.Year(), now.Month()-1, 15, 0, 0, 0, 0, time.UTC)
}

// controller is a client of the API with the scopes of finance.
type controller struct {
	s     *testkit.Stack
	token string
}

func newController(s *testkit.Stack, client string) controller {
	return controller{s, s.DB.NewKey(s.T, client, access.FinanceRead, access.FinanceWrite)}
}

func (c controller) do(method, path, body string) testkit.Answer {
	c.s.T.Helper()
	asking := *c.s.API
	asking.Token = c.token
	var sent []byte
	if body != "" {
		sent = []byte(body)
	}
	answer, err := asking.Ask(method, path, "", sent)
	require.NoError(c.s.T, err)
	return answer
}

// asks sends a request and requires its status.
func (c controller) asks(path, body string, status int) {
	c.s.T.Helper()
	answer := c.do(http.MethodPost, path, body)
	require.Equal(c.s.T, status, answer.Status, "%s: %s", path, answer.Body)
}

// compares holds Stripe's report of a month against the ledger, which is the same.
func (c controller) compares(month time.Time) {
	c.s.T.Helper()
	period := ledger.PeriodAt(month, time.UTC)
	text, err := c.s.Stripe.Report("balance_change_from_activity.itemized.3", period.Start(time.UTC), period.End(time.UTC))
	require.NoError(c.s.T, err)
	asking := *c.s.API
	asking.Token, asking.Header = c.token, http.Header{"Content-Type": {"text/csv"}}
	answer, err := asking.Ask(http.MethodPost, "/v1/ledger/compare?month="+string(period), "", text)
	require.NoError(c.s.T, err)
	require.Equal(c.s.T, http.StatusOK, answer.Status, "%s", answer.Body)
	require.NotContains(c.s.T, string(answer.Body), `"held":false`)
}

func (c controller) reads(path string) string {
	c.s.T.Helper()
	answer := c.do(http.MethodGet, path, "")
	require.Equal(c.s.T, http.StatusOK, answer.Status, "%s: %s", path, answer.Body)
	return string(answer.Body)
}

package command_test

import (
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// rowsOf reads what a list prints as CSV, by the names of its columns.
func rowsOf(t *testing.T, args ...string) (rows []map[string]string) {
	t.Helper()
	out, _, err := run(t, append(args, "--output", "csv")...)
	require.NoError(t, err)
	lines, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err)
	require.NotEmpty(t, lines)
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range line {
			if _, there := row[lines[0][i]]; !there { // the first currency, which is that of the amount
				row[lines[0][i]] = cell
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// column is one column of a list.
func column(rows []map[string]string, name string) (cells []string) {
	for _, row := range rows {
		cells = append(cells, row[name])
	}
	return cells
}

// An operator finds bookings, refunds, disputes and payouts with the filters of the API, page by page, and opens one by any of its ids.
func TestObjectsAreListedAndShown(t *testing.T) {
	books := testkit.NewBooks(t)
	t.Setenv("DATABASE_DSN", books.AppDSN)
	paid := string(books.Paid("paid"))
	held := string(books.Book("held", time.Hour))
	refund := string(books.Refund(books.Paid("refunded"), "one", 5900).ID)
	books.Exec(t, "UPDATE bookings SET attention = '=1+1' WHERE reference = ?", held)
	books.Exec(t, `INSERT INTO attention_items (booking_id, kind, subject, text, opened_at)
		SELECT id, 'other_payment', 'pi_2', '=1+1', UTC_TIMESTAMP(6) FROM bookings WHERE reference = ?`, held)
	books.Exec(t, `INSERT INTO disputes (booking_id, stripe_dispute_id, stripe_payment_intent_id, status, reason, amount, currency,
		due_by, created_at, updated_at)
		SELECT b.id, 'dp_1', p.stripe_payment_intent_id, 'needs_response', 'fraudulent', 45900, 'USD', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6),
		UTC_TIMESTAMP(6) FROM bookings b JOIN payments p ON p.booking_id = b.id WHERE b.reference = ?`, paid)
	books.Exec(t, `INSERT INTO payouts (stripe_payout_id, status, amount, currency, automatic, proof, created_at, updated_at)
		VALUES ('po_1', 'in_transit', -100, 'KWD', 1, 'pending', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`)

	requireBookings(t, books, paid, held)
	requirePages(t)

	require.Equal(t, []string{refund}, column(rowsOf(t, "refunds", "list", "--status", "requested"), "refund"))
	require.Empty(t, rowsOf(t, "refunds", "list", "--failed", "yes"))
	for _, args := range [][]string{{"refunds", "show", refund}, {"refunds", "list", refund, "--status", "failed"}} {
		out, _, err := run(t, args...)
		require.NoError(t, err)
		require.Regexp(t, `(?m)^REFUND +`+refund+`$`, out)
		require.Regexp(t, `(?m)^amount +\$59.00$`, out)
	}
	disputes := rowsOf(t, "disputes", "list", "--status", "needs_response", "--amount-from", "459", "--currency", "USD")
	require.Equal(t, []string{"459.00"}, column(disputes, "amount"))
	require.Equal(t, []string{paid}, column(disputes, "booking"))
	out, _, err := run(t, "disputes", "show", paid, "--format", "json")
	require.NoError(t, err, "by its booking, and with the older name of the flag")
	require.Contains(t, out, `"id": "dp_1"`)
	payouts := rowsOf(t, "payouts", "list", "--status", "in_transit")
	require.Equal(t, []string{"-0.100"}, column(payouts, "amount"), "a negative amount stays a number")
	require.Equal(t, []string{"KWD"}, column(payouts, "currency"))
	out, _, err = run(t, "payouts", "show", "po_1")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^status +in_transit$`, out)
	_, _, err = run(t, "payouts", "show", "po_none")
	require.ErrorContains(t, err, "po_none names no payout")
}

func requireBookings(t *testing.T, books *testkit.Books, paid, held string) {
	t.Helper()
	for args, want := range map[string][]string{
		"--paid no":                               {held},
		"--attention open":                        {held},
		"--status pending_payment":                {held},
		"--charge " + books.ID("ch_paid"):         {paid},
		"--payment-intent " + books.ID("pi_paid"): {paid},
		"--email LAYLA@example.com --flight EK2 --from 2020-01-01 --paid no": {held},
		"--email other@example.com":                  nil,
		"--amount-to 458.99 --currency USD":          nil,
		"--to 2020-01-01":                            nil,
		held + " --status confirmed --to 2020-01-01": {held},
		books.ID("pi_paid") + " --paid no":           {paid},
	} {
		rows := rowsOf(t, append([]string{"bookings", "list"}, strings.Fields(args)...)...)
		require.Equal(t, want, column(rows, "booking"), args)
	}
	row := rowsOf(t, "bookings", "list", "--attention", "open")[0]
	require.Equal(t, "459.00", row["amount"])
	require.Equal(t, "USD", row["currency"])
	require.Equal(t, "'=1+1", row["attention"], "a spreadsheet evaluates nothing")
	require.Empty(t, row["payment_intent"])
	for _, args := range [][]string{{"list", books.ID("pi_paid")}, {"show", books.ID("ch_paid")}, {"show", paid}} {
		out, _, err := run(t, append([]string{"bookings"}, args...)...)
		require.NoError(t, err)
		require.Regexp(t, `(?m)^BOOKING +`+paid+`$`, out)
		require.Regexp(t, `(?m)^captured +\$459.00$`, out)
	}
	for args, want := range map[string]string{
		"--status nothing":                             `invalid --status "nothing": must be pending_payment, confirmed`,
		"--payment-intent ch_1":                        "invalid --payment-intent: must be like pi_3PabcDEF",
		"--amount-from 1":                              "invalid --amount-from: it needs --currency",
		"--amount-from x --currency USD":               "invalid --amount-from: is not an amount",
		"--amount-from 2 --amount-to 1 --currency USD": "--amount-to is below --amount-from",
		"--from yesterday":                             "invalid --from: must be a day",
		"--from 2026-02-01 --to 2026-01-01":            "--to is not after --from",
		"layla.haddad":                                 "the argument is no reference or id",
		"--email layla.haddad":                         "--email is no email address",
		"--after x":                                    "invalid --after",
	} {
		_, log, err := run(t, append([]string{"bookings", "list"}, strings.Fields(args)...)...)
		require.ErrorContains(t, err, want, args)
		require.NotContains(t, err.Error()+log, "layla.haddad", "it may be personal")
	}
	_, log, err := run(t, "bookings", "list", "--email", "layla@example.com")
	require.NoError(t, err)
	require.NotContains(t, log, "layla@")
}

// Pages follow one another by the cursor that the previous one printed; a cursor fits its list with its filters only.
func requirePages(t *testing.T) {
	t.Helper()
	all := column(rowsOf(t, "bookings", "list", "--all"), "booking")
	require.Len(t, all, 3)
	var found []string
	for args := []string{"bookings", "list", "--limit", "2", "--output", "json"}; ; {
		out, _, err := run(t, args...)
		require.NoError(t, err)
		var page struct {
			Bookings []struct{ Reference string }
			Next     string
		}
		require.NoError(t, json.Unmarshal([]byte(out), &page))
		for _, one := range page.Bookings {
			found = append(found, one.Reference)
		}
		if page.Next == "" {
			break
		}
		_, _, err = run(t, "bookings", "list", "--paid", "no", "--after", page.Next)
		require.ErrorContains(t, err, "with the same filters")
		args = append(args, "--after", page.Next)
	}
	require.Equal(t, all, found)
	out, _, err := run(t, "bookings", "list", "--limit", "2")
	require.NoError(t, err)
	require.Regexp(t, regexp.MustCompile(`For more, add: --after \S+\n$`), out)
}

// Emails and events are listed with the filters of the API, and an email is shown.
func TestEmailsAndEventsAreListed(t *testing.T) {
	books := testkit.NewBooks(t)
	t.Setenv("DATABASE_DSN", books.AppDSN)
	reference := string(books.Paid("paid"))
	emails := rowsOf(t, "emails", "list", "--status", "queued", "--all")
	require.NotEmpty(t, emails)
	require.Equal(t, reference, emails[0]["booking"])
	require.Empty(t, rowsOf(t, "emails", "list", "--to", "2020-01-01"))
	require.Len(t, rowsOf(t, "emails", "list", reference), len(emails))
	books.Paid("another") // so that more follows
	out, said, err := run(t, "emails", "list", "--limit", "1", "--output", "csv")
	require.NoError(t, err)
	require.Len(t, strings.Split(strings.TrimSpace(out), "\n"), 2, "a header and a row")
	require.Contains(t, said, "For more, add: --after ")
	out, _, err = run(t, "emails", "show", emails[0]["number"])
	require.NoError(t, err)
	require.Regexp(t, `(?m)^booking +`+reference+`$`, out)
	require.NotContains(t, out, "layla@")
	_, _, err = run(t, "emails", "show", "999999")
	require.ErrorContains(t, err, "no email has the number")
	require.Empty(t, rowsOf(t, "events", "list", "evt_none"))
	_, _, err = run(t, "events", "list", "--state", "lost")
	require.ErrorContains(t, err, `invalid --state "lost": must be received`)
}

// The shell completes the statuses and the formats of each list.
func TestShellCompletesStatuses(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"bookings list --status": "pending_payment\nconfirmed\n", "refunds list --status": "requested\n",
		"disputes list --status": "needs_response\n",
		"payouts list --status":  "in_transit\n", "emails list --status": "queued\n", "events list --state": "received\n",
		"attention list --output": "table\njson\ncsv\n", "bookings show --output": "table\njson\n",
	} {
		out, _, err := run(t, append(append([]string{"__complete"}, strings.Fields(args)...), "")...)
		require.NoError(t, err)
		require.Contains(t, out, want, args)
	}
}

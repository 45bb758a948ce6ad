package command_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// listPage is what a program reads of a page.
type listPage struct {
	rows    []json.RawMessage
	HasMore bool
	Next    string
	Before  uint64
}

func pageOf(t *testing.T, name string, args ...string) (page listPage) {
	t.Helper()
	out, _, err := run(t, append(args, "--output", "json")...)
	require.NoError(t, err, args)
	require.NoError(t, json.Unmarshal([]byte(out), &page))
	rows := map[string]json.RawMessage{}
	require.NoError(t, json.Unmarshal([]byte(out), &rows))
	require.NoError(t, json.Unmarshal(rows[name], &page.rows))
	return page
}

// Every list in the order of numbers is read in pages as over HTTP: by the cursor of the previous page, which fits the same filters only,
// and hasMore is true exactly where more follows. --before with a number, the earlier form, reads the same pages.
func TestNumberedListsAreReadByCursor(t *testing.T) {
	books := testkit.NewBooks(t)
	t.Setenv("DATABASE_DSN", books.AppDSN)
	for _, key := range []string{"first", "second", "third"} {
		books.Paid(key)
	}
	books.Exec(t, `INSERT INTO audit_log (at, actor, action, subject, correlation_id, detail)
		VALUES (NOW(), 'x', 'x', 'x', 'x', ''), (NOW(), 'x', 'x', 'x', 'x', ''), (NOW(), 'x', 'x', 'x', 'x', '')`)
	for i := range 3 {
		books.Exec(t, `INSERT INTO stripe_events (stripe_event_id, type, api_version, object_id, livemode, booking_reference, payload, note,
			last_error, state, stripe_created_at, received_at) VALUES (?, 'x', 'x', 'x', FALSE, '', '{}', '', '', 'failed', NOW(), NOW())`,
			fmt.Sprintf("evt_%d", i))
		books.Exec(t, `INSERT INTO attention_items (kind, subject, text, opened_at) VALUES ('departed', ?, 'x', NOW())`, i)
	}
	for _, list := range []struct{ name, args, other string }{
		{"events", "events list --state failed", "events list"},
		{"emails", "emails list --status queued", "emails list"},
		{"entries", "audit --subject x", "audit"},
		{"matters", "attention list --kind departed", "attention list"},
		{"matters", "attention list --kind departed --order oldest", "attention list --kind departed"},
		{"matters", "attention list --kind departed --all", "attention list --kind departed"}, // with closed ones: a filter
	} {
		requireListPages(t, list.name, strings.Fields(list.args), strings.Fields(list.other))
	}
	for _, name := range []string{"events", "emails"} {
		first := pageOf(t, name, name, "list", "--limit", "1")
		rest := pageOf(t, name, name, "list", "--all", "--after", first.Next)
		require.Equal(t, pageOf(t, name, name, "list").rows[1:], rest.rows, "--all is every page from there on")
	}
	_, _, err := run(t, "events", "list", "--after", "x")
	require.ErrorContains(t, err, "invalid --after")
	_, _, err = run(t, "events", "list", "--after", "x", "--before", "7")
	require.ErrorContains(t, err, "none of the others can be")
}

// requireListPages: other is the same list with other filters.
func requireListPages(t *testing.T, name string, args, other []string) {
	t.Helper()
	all := pageOf(t, name, append(args, "--limit", "500")...)
	require.Len(t, all.rows, 3, args)
	require.False(t, all.HasMore)
	require.Empty(t, all.Next)
	require.Len(t, pageOf(t, name, append(args, "--limit", "3")...).rows, 3)
	require.False(t, pageOf(t, name, append(args, "--limit", "3")...).HasMore, "the page is full, and nothing follows")

	first := pageOf(t, name, append(args, "--limit", "2")...)
	require.Equal(t, all.rows[:2], first.rows)
	require.True(t, first.HasMore)
	second := pageOf(t, name, append(args, "--limit", "2", "--after", first.Next)...)
	require.Equal(t, all.rows[2:], second.rows)
	require.False(t, second.HasMore)
	earlier := pageOf(t, name, append(args, "--before", fmt.Sprint(first.Before))...)
	require.Equal(t, second.rows, earlier.rows, "the earlier form")
	_, _, err := run(t, append(other, "--after", first.Next)...)
	require.ErrorContains(t, err, "with the same filters", other)
}

// A matter is listed by who has taken it.
func TestMattersAreListedByWhoHasThem(t *testing.T) {
	books := testkit.NewBooks(t)
	t.Setenv("DATABASE_DSN", books.AppDSN)
	books.Exec(t, `INSERT INTO attention_items (kind, subject, text, opened_at) VALUES ('departed', '1', 'x', NOW()), ('rebuilt', '2', 'x', NOW())`)
	_, _, err := run(t, "attention", "take", "1")
	require.NoError(t, err)
	mine := rowsOf(t, "attention", "list", "--taken-by", "me")
	require.Equal(t, []string{"1"}, column(mine, "matter"))
	require.Equal(t, []string{"2"}, column(rowsOf(t, "attention", "list", "--taken-by", "nobody"), "matter"))
	name := books.Text(t, "SELECT taken_by FROM attention_items WHERE id = 1")
	require.Equal(t, []string{"1"}, column(rowsOf(t, "attention", "list", "--taken-by", name), "matter"))
	require.Empty(t, rowsOf(t, "attention", "list", "--taken-by", "me", "--kind", "rebuilt"))
	_, _, err = run(t, "attention", "list", "--taken-by", "me", "--all")
	require.ErrorContains(t, err, "--taken-by narrows open matters")
	_, _, err = run(t, "attention", "give-back", "1")
	require.NoError(t, err)
	require.Empty(t, rowsOf(t, "attention", "list", "--taken-by", "me"))
}

// An email is shown as its reader gets it, with what the mail server said, and without the address.
func TestAnEmailIsShownWithItsText(t *testing.T) {
	books := testkit.NewBooks(t)
	t.Setenv("DATABASE_DSN", books.AppDSN)
	reference := string(books.Paid("paid"))
	books.Exec(t, "UPDATE emails SET server_answer = '2.0.0 Ok: queued as 4XyZ' WHERE kind = 'booking_confirmed'")
	id := books.Text(t, "SELECT id FROM emails WHERE kind = 'booking_confirmed'")
	out, _, err := run(t, "emails", "show", id)
	require.NoError(t, err)
	require.Regexp(t, `(?m)^answer +2\.0\.0 Ok: queued as 4XyZ$`, out)
	require.Regexp(t, `(?m)^subject +.*`+reference, out)
	require.Contains(t, out, "\nDear Layla Haddad,\n\nYour booking "+reference+" is confirmed.")
	require.NotContains(t, out, books.Text(t, "SELECT customer_email FROM bookings"))
	out, _, err = run(t, "emails", "show", id, "--output", "json")
	require.NoError(t, err)
	var shown struct{ Subject, Text, Answer string }
	require.NoError(t, json.Unmarshal([]byte(out), &shown))
	require.Contains(t, shown.Text, "Dear Layla Haddad,")
	require.Contains(t, shown.Subject, reference)
	require.Contains(t, shown.Answer, "4XyZ")
}

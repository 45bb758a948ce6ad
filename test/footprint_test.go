package test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
	"farebook/starter/inbox"
)

// bytesByTable adds up what every row of every table holds, each value as text.
func bytesByTable(s *testkit.Stack) map[string]int {
	s.T.Helper()
	rows, err := s.DB.SQL.QueryContext(s.T.Context(), "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = ?",
		s.DB.Name)
	require.NoError(s.T, err)
	defer func() { _ = rows.Close() }() // read to the end; Err tells
	sums := map[string]string{}
	for rows.Next() {
		var table, column string
		require.NoError(s.T, rows.Scan(&table, &column))
		sums[table] += fmt.Sprintf(" + COALESCE(OCTET_LENGTH(`%s`), 0)", column)
	}
	require.NoError(s.T, rows.Err())
	bytes := map[string]int{}
	for table, sum := range sums {
		bytes[table] = s.DB.Count(s.T, fmt.Sprintf("SELECT COALESCE(SUM(0%s), 0) FROM `%s`", sum, table))
	}
	return bytes
}

// What a paid booking leaves in the database, all of Stripe's events included: a table of a million of them fits a disk.
func TestFootprintOfAPaidBooking(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	before := bytesByTable(s)
	s.BookAndPay("footprint", nil)
	s.AwaitQuiet()
	total, lines := 0, []string{}
	for table, bytes := range bytesByTable(s) {
		total += bytes - before[table]
		lines = append(lines, fmt.Sprintf("%s %d", table, bytes-before[table]))
	}
	t.Logf("a paid booking has %d bytes in its rows: %s", total, strings.Join(lines, ", "))
	require.Less(t, total, 3_000)
}

// What docs/capacity.md multiplies: the calls, webhooks, emails and billable actions of a paid booking.
func TestCallsAndActionsOfAPaidBooking(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Sweep: time.Hour})
	s.Stripe.EnableEvents(inbox.Types()...)
	booked := awaitFirstStepsHere(s)
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitWorkflowEnd(booked.Reference)
	intent := "/v1/payment_intents/" + booked.Payment.PaymentIntentID
	bookings := s.DB.Count(t, "SELECT COUNT(*) FROM bookings")
	require.Equal(t, bookings, s.StripeCalls(http.MethodPost, "/v1/payment_intents"))
	require.Equal(t, 1, s.StripeCalls(http.MethodGet, intent), "the workflow after the event")
	require.Equal(t, bookings+1, s.StripePosts(), "the last is the traveller's confirmation")
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events"))
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM emails"))
	require.Equal(t, 5, testkit.CostOf(s.History(booked.Reference)).Actions)
}

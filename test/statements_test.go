package test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/starter/inbox"
)

// counted is how many bookings are counted after one that reads what a process reads once.
const counted = 4

// What a paid booking asks of the database, from the request to the email, by the server's log of statements.
func TestStatementsOfAPaidBooking(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{LogStatements: true, Sweep: time.Hour})
	s.Stripe.EnableEvents(inbox.Types()...)
	pay := func(key string) {
		booked := s.Book(key, testkit.BookingBody(nil))
		require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
		s.AwaitWorkflowEnd(booked.Reference)
	}
	pay("warm")
	before := len(s.DB.Statements(t))
	for i := range counted {
		pay(fmt.Sprintf("counted-%d", i))
	}
	logged := s.DB.Statements(t)[before:]
	t.Logf("%d statements, %d commits a booking:\n%s", len(logged)/counted, testdb.Commits(logged)/counted, shapes(logged))
	require.LessOrEqual(t, len(logged), 46*counted)
	require.LessOrEqual(t, testdb.Commits(logged), 8*counted)
}

// shapes lists statements without their values, each with its number.
func shapes(logged []testdb.Statement) string {
	counts := map[string]int{}
	for _, one := range logged {
		counts[one.Shape()]++
	}
	lines := make([]string, 0, len(counts))
	for _, shape := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("%6.2f %s", float64(counts[shape])/counted, shape))
	}
	return strings.Join(lines, "\n")
}

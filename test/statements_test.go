package test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/starter/inbox"
)

const (
	// counted is how many bookings are counted after one that reads what a process reads once. Statements that are not those of every
	// booking, such as the renewal of a lease on a busy machine, do not make a whole one more.
	counted = 4
	// mostCommits bounds the transactions of a booking that write.
	mostCommits = 6
)

// What a paid booking asks of the database, from the request to the email, is what docs/performance.md says, whosever sale it is.
func TestStatementsOfAPaidBooking(t *testing.T) {
	t.Parallel()
	for _, revenue := range revenues {
		t.Run(strings.Join(revenue, ", "), func(t *testing.T) {
			t.Parallel()
			requireDocumentedStatements(t, revenue)
		})
	}
}

func requireDocumentedStatements(t *testing.T, revenue []string) {
	t.Helper()
	s := testkit.New(t, testkit.Options{LogStatements: true, Sweep: time.Hour, Env: revenue})
	s.Stripe.EnableEvents(inbox.Types()...)
	pay := func(key string) (reference string) {
		booked := s.Book(key, testkit.BookingBody(nil))
		require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
		s.AwaitWorkflowEnd(booked.Reference)
		s.Stripe.Settle() // the last statement may be the inbox's, once it has signalled the event
		return booked.Reference
	}
	awaitFirstStepsHere(s)
	pay("warm")
	var logged []testdb.Statement
	for made, tries := 0, 0; made < counted; tries++ {
		require.Less(t, tries, 100, "no first step runs in the API's process")
		before := len(s.DB.Statements(t))
		if startedEagerly(s, pay(fmt.Sprintf("counted-%d", tries))) { // on a busy machine, another process may have taken a first step
			logged = append(logged, s.DB.Statements(t)[before:]...)
			made++
		}
	}
	t.Logf("%d statements, %d commits a booking:\n%s", len(logged)/counted, testdb.Commits(logged)/counted, shapes(logged))
	require.Equal(t, documentedStatements(t), named(logged), "docs/performance.md")
	require.LessOrEqual(t, testdb.Commits(logged)/counted, mostCommits)
}

// documentedStatements are the rows of the table in docs/performance.md.
func documentedStatements(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("../docs/performance.md")
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(text), "<!-- statements of a paid booking: begin -->")
	table, _, ended := strings.Cut(table, "<!-- statements of a paid booking: end -->")
	require.True(t, ended)
	documented := map[string]int{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (\\d+) \\| ").FindAllStringSubmatch(table, -1) {
		documented[row[1]], err = strconv.Atoi(row[2])
		require.NoError(t, err)
	}
	return documented
}

var (
	verb = regexp.MustCompile(`^[A-Z]+`)
	// first is the first table of a statement; inner is what has no part in that, unless nothing else names a table.
	first = regexp.MustCompile(`(?:INSERT INTO|UPDATE|FROM) (\w+)`)
	inner = regexp.MustCompile(`\([^()]*\)`)
	lock  = regexp.MustCompile(` (FOR UPDATE|LOCK IN SHARE MODE)$`)
)

// named counts the statements of one booking by what they do: "SELECT bookings FOR UPDATE".
func named(logged []testdb.Statement) map[string]int {
	sums := map[string]int{}
	for _, one := range logged {
		shape := one.Shape()
		name, outer := shape, shape
		for inner.MatchString(outer) {
			outer = inner.ReplaceAllString(outer, "")
		}
		table := first.FindStringSubmatch(outer)
		if table == nil {
			table = first.FindStringSubmatch(shape)
		}
		if table != nil {
			name = verb.FindString(shape) + " " + table[1] + lock.FindString(shape)
		}
		sums[name]++
	}
	each := map[string]int{}
	for name, sum := range sums {
		if sum >= counted {
			each[name] = sum / counted
		}
	}
	return each
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

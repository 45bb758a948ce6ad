package growth

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/bigbooks"
	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testdb"
)

// fillBooks fills books on a server that one test alone uses.
func fillBooks(t *testing.T, server *devstack.MariaDB, bookings int) *testdb.DB {
	t.Helper()
	db := testdb.On(t, server.AdminDSN())
	require.NoError(t, bigbooks.Fill(t.Context(), db.AdminDSN, db.AppDSN, bigbooks.Options{Bookings: bookings}))
	return db
}

// lookup measures how a payment is found by its charge, and by its PaymentIntent.
func lookup(t *testing.T, db *testdb.DB, bookings int) []Call {
	t.Helper()
	s, end, err := newScript(t.Context(), db.AdminDSN, db.AppDSN, bookings)
	require.NoError(t, err)
	require.NoError(t, guarded(func() {
		s.measure("PaymentIntentOfCharge", bigbooks.Charge(bookings/2+1))
		s.measure("BookingOfPayment", bigbooks.Intent(bookings/2+1))
	}))
	require.NoError(t, end())
	return s.all()
}

func verdicts(compared []Comparison) map[string]Verdict {
	verdicts := map[string]Verdict{}
	for _, c := range compared {
		verdicts[c.Label] = c.Verdict
	}
	return verdicts
}

func TestStatementWithoutItsIndexIsCaught(t *testing.T) {
	t.Parallel()
	server, err := devstack.StartMariaDB(t.Context(), filepath.Join(t.TempDir(), "mariadb"), devstack.ForTests())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Kill()) })
	const few, many = 2_000, 4_000
	small, large := fillBooks(t, server, few), fillBooks(t, server, many)
	require.Equal(t, map[string]Verdict{"PaymentIntentOfCharge": Flat, "BookingOfPayment": Flat},
		verdicts(Compare(lookup(t, small, few), lookup(t, large, many), nil)))

	for _, books := range []*testdb.DB{small, large} {
		books.Exec(t, "ALTER TABLE payments DROP KEY idx_payments_charge")
	}
	compared := Compare(lookup(t, small, few), lookup(t, large, many), nil)
	require.Equal(t, map[string]Verdict{"PaymentIntentOfCharge": Grows, "BookingOfPayment": Flat}, verdicts(compared))
	require.Greater(t, compared[0].Small.Rows(), int64(few/2), "the payments up to the one in the middle")
	failures := Failures(compared)
	require.Len(t, failures, 1)
	require.Contains(t, failures[0], "PaymentIntentOfCharge examines")
}

func call(label string, rows int64) Call { return Call{Label: label, Samples: []Sample{{Rows: rows}}} }

func TestOnlyGrowthBeyondATenthNeedsAReason(t *testing.T) {
	t.Parallel()
	small := []Call{call("A", 1000), call("B", 1000), call("C", 1000), call("D", 1000), call("E", 0)}
	large := []Call{call("A", 1300), call("B", 1301), call("C", 5000), call("D", 1000), call("E", 201)}
	compared := Compare(small, large, map[string]string{"C": "reads everything", "D": "read everything once", "F": "was removed"})
	require.Equal(t, map[string]Verdict{"A": Flat, "B": Grows, "C": Allowed, "D": Stale, "E": Grows, "F": Stale}, verdicts(compared))
	require.Len(t, Failures(compared), 4)
}

// someStore has functions of which the scripts call one.
type someStore struct{}

func (someStore) Called(context.Context) error    { return nil }
func (someStore) Forgotten(context.Context) error { return nil }
func (someStore) Field() int                      { return 0 }

func TestFunctionsThatNoScriptCallsAreNamed(t *testing.T) {
	t.Parallel()
	called := []Call{{Label: "Called: in some way"}}
	problems := uncalled([]any{&someStore{}}, called, map[string]string{"Field": "a field", "Gone": "was removed"})
	require.Equal(t, []string{
		"Gone is listed as without a database, and does not exist",
		"growth.someStore.Forgotten is called by no script: call it in internal/dev/growth/script_*.go",
	}, problems)
}

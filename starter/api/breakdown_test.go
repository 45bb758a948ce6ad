package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/starter/api"
)

const goodBreakdown = `{"fare":38000,"taxes":4900,"serviceFee":1000,"commission":2000}`

// withBreakdown is the good body with a breakdown.
func withBreakdown(parts string) []byte { return []byte(breakdownOf(parts) + validBody()[1:]) }

// A part that could not be read is named alone: what the others add up to says nothing then.
func TestUnreadablePartIsNamedAlone(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	got := s.book(withBreakdown(`{"fare":"38000","taxes":4900,"serviceFee":1000,"commission":2000}`))
	require.Equal(t, []string{"body.breakdown.fare"}, got.locations(t), "%s", got.body)
	s.requireNothing()
}

// A principal takes no breakdown, which would have no effect, and makes bookings as before.
func TestPrincipalTakesNoBreakdown(t *testing.T) {
	t.Parallel()
	s := serve(t, func(db *testdb.DB, deps *api.Deps) {
		withoutTemporal(t)(db, deps)
		deps.Revenue = booking.RevenueRules{}
	})
	got := s.book(withBreakdown(goodBreakdown))
	require.Equal(t, []string{"body.breakdown"}, got.locations(t), "%s", got.body)
	require.Contains(t, string(got.body), "REVENUE_MODEL=agent")
	s.requireNothing()
	require.Equal(t, http.StatusServiceUnavailable, s.book([]byte(validBody())).status)
	require.Equal(t, 1, s.db.Count(t,
		"SELECT COUNT(*) FROM bookings WHERE revenue_model = 'principal' AND revenue_moment IS NULL AND fare IS NULL"))
}

// A breakdown is a part of what is asked for under a key, and stays with the booking. A change of the model changes neither the booking nor
// the answer under its key.
func TestBreakdownBelongsToTheRequest(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	s := serveOn(t, db, withoutTemporal(t))
	body := withBreakdown(goodBreakdown)
	require.Equal(t, http.StatusServiceUnavailable, s.book(body).status)
	const made = `SELECT COUNT(*) FROM bookings WHERE revenue_model = 'agent' AND revenue_moment = 'departure' AND fare = 38000
		AND taxes = 4900 AND service_fee = 1000 AND commission = 2000`
	require.Equal(t, 1, db.Count(t, made))
	for name, other := range map[string][]byte{
		"another breakdown": withBreakdown(`{"fare":38000,"taxes":4900,"serviceFee":1001,"commission":1999}`),
		"no breakdown":      []byte("{" + strings.TrimPrefix(string(body), breakdownOf(goodBreakdown))),
	} {
		got := s.book(other)
		require.Equal(t, http.StatusUnprocessableEntity, got.status, "%s: %s", name, got.body)
		require.Equal(t, "urn:farebook:problem:idempotency-key-reused", got.problem(t).Type, name)
	}
	reference := db.Text(t, "SELECT reference FROM bookings")
	require.Contains(t, string(s.do(http.MethodGet, "/v1/bookings/"+reference, nil).body), `"breakdown":`+goodBreakdown)

	principal := serveOn(t, db, func(db *testdb.DB, deps *api.Deps) {
		withoutTemporal(t)(db, deps)
		deps.Revenue = booking.RevenueRules{}
	})
	principal.token = s.token
	require.Equal(t, http.StatusServiceUnavailable, principal.book(body).status, "the request under its key continues")
	require.Equal(t, 1, db.Count(t, made))
	require.Equal(t, 1, db.Count(t, "SELECT COUNT(*) FROM bookings"))
}

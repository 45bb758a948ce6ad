package api_test

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/money"
	"farebook/store"
)

// departed is a request whose flight left an hour ago, and its body.
func departed(t *testing.T) (booking.Request, []byte) {
	t.Helper()
	departs := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	body := `{"customer":{"name":"Layla Haddad","email":"layla@example.com","locale":"en"},` +
		`"amount":{"value":45900,"currency":"USD"},` +
		`"flight":{"number":"EK002","from":"LHR","to":"DXB","departsAt":"` + departs.Format(time.RFC3339) + `",` +
		`"arrivesAt":"` + departs.Add(7*time.Hour).Format(time.RFC3339) + `","passengers":[{"name":"Layla Haddad"}]},` +
		`"holdMinutes":30}`
	return booking.Request{
		Customer: booking.Customer{Name: "Layla Haddad", Email: "layla@example.com", Locale: money.LocaleEN},
		Amount:   money.Money{Value: 45900, Currency: "USD"},
		Flight: booking.Flight{
			Number: "EK002", From: "LHR", To: "DXB", DepartsAt: departs, ArrivesAt: departs.Add(7 * time.Hour),
			Passengers: []booking.Passenger{{Name: "Layla Haddad"}},
		},
		HoldMinutes: 30,
	}, []byte(body)
}

// bookedBefore writes what the API wrote under key-1 the day before the flight left.
func (s *server) bookedBefore(request booking.Request) store.Caller {
	s.t.Helper()
	caller := s.db.Caller(s.t, s.token)
	canonical, err := json.Marshal(request)
	require.NoError(s.t, err)
	then := time.Now().Add(-24 * time.Hour).UTC().Truncate(time.Microsecond)
	require.NoError(s.t, request.Validate(then))
	reservation, err := s.db.Store.ReserveBooking(s.t.Context(), store.NewBooking{
		Caller: caller, IdempotencyKey: "key-1", RequestHash: sha256.Sum256(canonical), Request: request,
		HoldExpiresAt: then.Add(30 * time.Minute), CorrelationID: "first-0001", Now: then,
	})
	require.NoError(s.t, err)
	require.False(s.t, reservation.Replayed)
	return caller
}

// The flight has departed since the first answer: the same key and body still get it. A new key, another body and
// another caller get an error that names what is wrong, and write nothing.
func TestReplayAfterDeparture(t *testing.T) {
	t.Parallel()
	request, body := departed(t)
	s := serve(t, withoutTemporal(t))
	caller := s.bookedBefore(request)
	stored := `{"type":"urn:farebook:problem:payment-refused","title":"Unprocessable Entity","status":422,"detail":"refused","instance":"urn:farebook:request:first-0001"}`
	_, _, err := s.db.Store.StoreAnswer(t.Context(), store.IdempotencyKey{Caller: caller, Key: "key-1"}, http.StatusUnprocessableEntity,
		[]byte(stored))
	require.NoError(t, err)
	for range 2 {
		got := s.book(body)
		require.Equal(t, http.StatusUnprocessableEntity, got.status)
		require.Equal(t, "true", got.header.Get("Idempotent-Replayed"), "%s", got.body)
		require.JSONEq(t, stored, string(got.body))
	}

	other := *s
	other.token = s.db.NewKey(t, "other", testdb.Shop...)
	for name, got := range map[string]answer{
		"new key":        s.book(body, "Idempotency-Key", "key-2"),
		"another body":   s.book([]byte(strings.Replace(string(body), "45900", "45901", 1))),
		"another caller": other.book(body),
	} {
		require.Equal(t, http.StatusUnprocessableEntity, got.status, name)
		require.Empty(t, got.header.Get("Idempotent-Replayed"), name)
		problem := got.problem(t)
		require.Equal(t, "urn:farebook:problem:invalid-fields", problem.Type, name)
		require.Equal(t, "body.flight.departsAt", problem.Errors[0].Location, name)
	}
	require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM bookings"))
	require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM idempotency_keys"))
}

// After a crash before the first answer, a repetition continues, although the flight has departed.
func TestReplayAfterDepartureWithoutAnswer(t *testing.T) {
	t.Parallel()
	request, body := departed(t)
	s := serve(t, withoutTemporal(t))
	s.bookedBefore(request)
	got := s.book(body)
	require.Equal(t, http.StatusServiceUnavailable, got.status, "%s", got.body)
	require.Equal(t, 1, s.db.Count(t, "SELECT COUNT(*) FROM bookings"))
}

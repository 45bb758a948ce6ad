package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/store"
	"farebook/workflows"
)

// Time that passes at Stripe passes for the API and the books as well: what is made then is of that time, and Stripe's events, signed
// then, are taken in.
func TestTimeAtStripePassesForEverybody(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	first := s.BookAndPay("today", nil)
	s.Stripe.Advance(10 * 24 * time.Hour)
	second := s.BookAndPay("in-ten-days", nil)
	s.AwaitWorkflowEnd(second.Reference)
	s.AwaitQuiet()
	require.InDelta(t, 10*24, second.HoldExpiresAt.Sub(first.HoldExpiresAt).Hours(), 1)
	for what, query := range map[string]string{
		"booked":    "SELECT created_at FROM bookings WHERE reference = ?",
		"received":  "SELECT MAX(received_at) FROM stripe_events WHERE booking_reference = ?",
		"posted":    "SELECT MAX(l.posted_at) FROM financial_ledger l JOIN bookings b ON b.id = l.booking_id WHERE b.reference = ?",
		"effective": "SELECT MAX(l.effective_at) FROM financial_ledger l JOIN bookings b ON b.id = l.booking_id WHERE b.reference = ?",
		"mailed":    "SELECT MAX(e.sent_at) FROM emails e JOIN bookings b ON b.id = e.booking_id WHERE b.reference = ?",
	} {
		var at time.Time
		require.NoError(t, s.DB.SQL.QueryRowContext(t.Context(), query, second.Reference).Scan(&at), what)
		require.WithinDuration(t, s.DB.Clock.Now(), at, time.Hour, what)
	}
	s.RequirePromises()
}

// The time that a workflow waits for has passed in the books as well: a hold that ends in Temporal's environment for tests has ended for
// the activity that closes the booking.
func TestTimeThatAWorkflowWaitsForPassesInTheBooks(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	stop := s.StartWorker()
	booked := s.Book("held", testkit.BookingBody(nil))
	stop()
	days := s.Days()
	days.ExecuteWorkflow(workflows.BookingPayment, workflows.BookingPaymentInput{
		Reference: booking.Reference(booked.Reference), HoldExpiresAt: booked.HoldExpiresAt,
	})
	require.NoError(t, days.GetWorkflowError())
	require.Equal(t, "expired", s.Status(booked.Reference))
	var ended time.Time
	require.NoError(t, s.DB.SQL.QueryRowContext(t.Context(), "SELECT updated_at FROM bookings").Scan(&ended))
	require.False(t, ended.Before(booked.HoldExpiresAt), "closed at %s, and held until %s", ended, booked.HoldExpiresAt)
	require.False(t, s.DB.Clock.Now().Before(booked.HoldExpiresAt))
}

// A key of the API ends by the same clock.
func TestKeyOfTheAPIEndsWhenItsTimeHasPassed(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	end := s.DB.Clock.Now().Add(24 * time.Hour)
	_, token, err := s.DB.Store.CreateAPIKey(t.Context(), store.NewAPIKey{
		ClientID: s.DB.Caller(t, s.API.Token).ClientID, Scopes: testdb.Shop, ExpiresAt: &end,
	}, testdb.Tester)
	require.NoError(t, err)
	s.API.Token = token
	answered := func() int {
		answer, err := s.API.Ask(http.MethodGet, "/v1/bookings/FB-22222222", "", nil)
		require.NoError(t, err)
		return answer.Status
	}
	require.Equal(t, http.StatusNotFound, answered())
	s.Stripe.Advance(25 * time.Hour)
	require.Equal(t, http.StatusUnauthorized, answered())
}

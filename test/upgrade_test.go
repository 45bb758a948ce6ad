package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
)

// The previous release runs beside this one on this schema, as while a release is rolled out: bookings are taken, paid and
// refunded through both, each sees what the other made, and a request that is repeated at the other makes nothing again.
func TestThePreviousReleaseRunsOnThisSchema(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true})
	previous := s.PreviousRelease()
	body := testkit.BookingBody(nil)
	book := func(api *testkit.APIClient, key string) (booked testkit.Booked) {
		answer, err := api.Ask(http.MethodPost, "/v1/bookings", key, body)
		require.NoError(t, err)
		require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
		answer.Into(t, &booked)
		return booked
	}
	for name, turn := range map[string]struct{ makes, repeats, hears *testkit.APIClient }{
		"old": {previous, s.API, s.API},
		"new": {s.API, previous, previous},
	} {
		s.WebhooksTo(turn.hears)
		booked := book(turn.makes, name)
		require.Equal(t, booked.Reference, book(turn.repeats, name).Reference, "%s: the same key at the other release", name)
		require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
		s.AwaitStatus(booked.Reference, "confirmed")
		s.AwaitWorkflowEnd(booked.Reference)
		refund, err := turn.repeats.Ask(http.MethodPost, "/v1/bookings/"+booked.Reference+"/refunds", name+"-refund",
			[]byte(`{"amount":{"value":100,"currency":"USD"}}`))
		require.NoError(t, err)
		require.Equal(t, http.StatusCreated, refund.Status, "%s: %s", name, refund.Body)
		var refunded struct{ ID string }
		refund.Into(t, &refunded)
		s.AwaitStatus(booked.Reference, "partially_refunded")
		s.AwaitRunEnd("Refund:" + refunded.ID)
		for _, api := range []*testkit.APIClient{previous, s.API} {
			answer, err := api.Ask(http.MethodGet, "/v1/bookings/"+booked.Reference, "", nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, answer.Status, "%s: %s", name, answer.Body)
		}
		s.RequireMails(booked.Reference, "booking_confirmed", "refunded")
	}
	require.Equal(t, 2, s.CreatedPaymentIntents())
	requireCompleted(t, s)
	s.AwaitQuiet()
	s.RequirePromises()
}

// requireCompleted migrates again and carries over, as the rollout ends: what the previous release wrote belongs to its client, and so is
// seen by another key of it.
func requireCompleted(t *testing.T, s *testkit.Stack) {
	undated := "SELECT COUNT(*) FROM financial_ledger WHERE effective_at IS NULL"
	require.NotZero(t, s.DB.Count(t, undated), "the previous release has posted")
	s.Migrate()
	said, err := s.StarterCommand("ledger", "carry-over").CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE ledger_rules = 1"))
	require.Zero(t, s.DB.Count(t,
		"SELECT (SELECT COUNT(*) FROM bookings WHERE client_id IS NULL) + (SELECT COUNT(*) FROM idempotency_keys WHERE client_id IS NULL)"))
	require.Zero(t, s.DB.Count(t, undated))
	s.API.Token = s.DB.NewKey(t, "test", testdb.Shop...)
	rows, err := s.DB.SQL.QueryContext(t.Context(), "SELECT reference FROM bookings")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var reference string
		require.NoError(t, rows.Scan(&reference))
		answer, err := s.API.Ask(http.MethodGet, "/v1/bookings/"+reference, "", nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	}
	require.NoError(t, rows.Err())
}

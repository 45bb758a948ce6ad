package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// byAgent adds a breakdown of $459.00 to a request.
func byAgent(body map[string]any) {
	body["breakdown"] = map[string]any{"fare": 38000, "taxes": 4900, "serviceFee": 1000, "commission": 2000}
}

func requireBalances(s *testkit.Stack, credits map[string]int) {
	s.T.Helper()
	for account, credit := range credits {
		require.Equal(s.T, -credit, balanceInBooks(s, account), account)
	}
}

// An agent's ticket is issued between authorisation and capture: the capture has what is held passed on, and a refund recalls it.
func TestAgentPassesOnWhatItHoldsAtTheTicketing(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Env: []string{"REVENUE_MODEL=agent", "RECOGNISE_AT=ticketing"}})
	booked := s.Book("ticket", testkit.BookingBody(func(body map[string]any) { byAgent(body); body["capture"] = "manual" }))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "authorized" }, "not authorised; logs:\n%s", s.Logs)
	s.RequireLedger(booked.Reference)
	answer := s.Post("/v1/bookings/"+booked.Reference+"/capture", "", nil)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	s.AwaitStatus(booked.Reference, "confirmed")
	passedOn := func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'recognition' AND stripe_object_id = 'ticketing/1'") == 1
	}
	s.Eventually(passedOn, "not passed on; logs:\n%s", s.Logs)
	requireBalances(s, map[string]int{
		"liability:customer_funds": 0, "liability:airline_payable": 42900, "income:commission": 2000, "income:service_fees": 1000,
	})
	awaitRefund(s, ask(s, booked.Reference, "refund", usd(20000)).ID, "succeeded")
	s.AwaitQuiet()
	requireBalances(s, map[string]int{
		"liability:customer_funds": 0, "liability:airline_payable": 24207, "income:commission": 1129, "income:service_fees": 564,
		"liability:refunds_payable": 0, "income:refunds": 0,
	})
	s.RequireLedger(booked.Reference, "payment", "recognition", "refund_promised", "refund")
	s.RequirePromises()
}

// Until the departure an agent holds what was paid; a booking without a breakdown is the airline's as a whole then.
func TestAgentPassesOnWhatItHoldsAtTheDeparture(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Env: []string{"REVENUE_MODEL=agent"}})
	split, whole := s.BookAndPay("split", byAgent), s.BookAndPay("whole", nil)
	s.AwaitQuiet()
	requireBalances(s, map[string]int{"liability:customer_funds": 91800, "liability:airline_payable": 0})
	for _, booked := range []testkit.Booked{split, whole} {
		depart(s, booked, time.Now())
	}
	s.DB.Exec(t, "UPDATE bookings SET recognise_at = UTC_TIMESTAMP(6)")
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE recognise_at IS NULL") == 2 },
		"not passed on; logs:\n%s", s.Logs)
	requireBalances(s, map[string]int{
		"liability:customer_funds": 0, "liability:airline_payable": 42900 + 45900, "income:commission": 2000, "income:service_fees": 1000,
	})
	s.RequirePromises()
}

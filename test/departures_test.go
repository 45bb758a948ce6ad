package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// depart has a booking's flight leave at a time.
func depart(s *testkit.Stack, booked testkit.Booked, at time.Time) {
	s.T.Helper()
	s.DB.Exec(s.T, "UPDATE bookings SET flight_json = JSON_SET(flight_json, '$.departsAt', ?, '$.arrivesAt', ?) WHERE reference = ?",
		at.UTC().Format(time.RFC3339Nano), at.Add(7*time.Hour).UTC().Format(time.RFC3339Nano), booked.Reference)
}

// What is paid for a flight that has left is late money: the booking closes and the payment goes back.
func TestPaymentAfterTheDepartureGoesBack(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("departed", testkit.BookingBody(nil))
	s.Stripe.Advance(31 * 24 * time.Hour)
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "expired")
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE origin = 'late_money' AND status = 'succeeded'") == 1
	}, "not refunded; logs:\n%s", s.Logs)
	s.AwaitWorkflowEnd(booked.Reference)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
	s.RequireMails(booked.Reference, "refunded")
	s.RequirePromises()
}

// An authorisation of a flight that has left is let go at once; nobody is charged and finance is not warned of it.
func TestAuthorisationAfterTheDepartureIsLetGo(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("departed-hold", testkit.BookingBody(func(body map[string]any) { body["capture"] = "manual" }))
	depart(s, booked, time.Now().Add(-time.Hour))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "expired")
	s.AwaitWorkflowEnd(booked.Reference)
	s.AwaitQuiet()
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	s.RequireLedger(booked.Reference)
	s.RequireMails(booked.Reference, "hold_expired")
	s.RequirePromises()
}

// Who paid before the flight left has flown, whenever the books hear of it: a capture after the departure and a payment that
// reconciliation finds confirm the booking, and a machine refunds neither. A bank debit that settles later is an operator's.
func TestPaymentBeforeTheDepartureIsNeverRefunded(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Lag: time.Nanosecond})
	authorised := s.Book("authorised", testkit.BookingBody(func(body map[string]any) { body["capture"] = "manual" }))
	require.Equal(t, http.StatusOK, s.Pay(authorised.Payment.PaymentIntentID, "pm_card_visa"))
	s.Eventually(func() bool { return s.PaymentStatus(authorised.Reference) == "authorized" }, "not authorised; logs:\n%s", s.Logs)
	debited, unheard := s.Book("debited", testkit.BookingBody(nil)), s.Book("unheard", testkit.BookingBody(nil))
	debit(s, debited, "pm_usBankAccount_success")
	again := s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(unheard.Payment.PaymentIntentID, "pm_card_visa"))
	s.Stripe.Settle()
	again()
	for _, booked := range []testkit.Booked{authorised, debited, unheard} {
		depart(s, booked, time.Now())
	}
	s.Stripe.Advance(time.Minute) // Stripe's times are whole seconds
	answer := s.Post("/v1/bookings/"+authorised.Reference+"/capture", "", nil)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	require.NoError(t, s.Stripe.CompleteAction(debited.Payment.PaymentIntentID))
	s.AwaitStatus(debited.Reference, "confirmed")
	reconcile(s, `{"dryRun":false}`)
	s.AwaitStatus(unheard.Reference, "confirmed")
	s.AwaitStatus(authorised.Reference, "confirmed")
	s.AwaitQuiet()
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM refunds"))
	require.Equal(t, debited.Reference, s.DB.Text(t, "SELECT reference FROM bookings WHERE attention LIKE '%settled after%'"))
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE attention IS NOT NULL"))
	s.RequirePromises()
}

// A booking for a flight that leaves soon, and one with a short hold, offer cards alone; any other offers what the dashboard lists.
// The choice is the booking's, so that each repetition asks Stripe for the same.
func TestSlowMethodsAreNotOfferedWhenTimeIsShort(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	far := s.Book("far", testkit.BookingBody(nil))
	near := s.Book("near", testkit.BookingBody(testkit.DepartingIn(100)))
	short := s.Book("short", testkit.BookingBody(func(body map[string]any) { body["holdMinutes"] = 5 }))
	soon := s.Book("soon", testkit.BookingBody(testkit.DepartingIn(0.25)))
	for booked, methods := range map[testkit.Booked]string{far: "automatic", near: "card", short: "card", soon: "card"} {
		require.Equal(t, methods, s.DB.Text(t, "SELECT payment_methods FROM bookings WHERE reference = '"+booked.Reference+"'"))
		status := http.StatusBadRequest
		if methods == "automatic" {
			status = http.StatusOK
		}
		require.Equal(t, status, s.Pay(booked.Payment.PaymentIntentID, "pm_usBankAccount_success"), booked.Reference)
	}
	require.Less(t, s.DB.Count(t, "SELECT TIMESTAMPDIFF(MINUTE, created_at, hold_expires_at) FROM bookings WHERE reference = ?",
		soon.Reference), 16)
	answer := s.Post("/v1/bookings", "gone", testkit.BookingBody(testkit.DepartingIn(-0.25)))
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer.Body)
	require.Contains(t, string(answer.Body), "body.flight.departsAt")
}

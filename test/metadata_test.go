package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// referenceKey is the key of metadata that names the booking; anybody with access to Stripe's dashboard may edit it.
const referenceKey = "booking_reference"

// A payment whose metadata somebody has emptied is the booking's all the same: its PaymentIntent is.
func TestClearedMetadataChangesNothing(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("cleared", testkit.BookingBody(nil))
	require.NoError(t, s.Stripe.EditMetadata(booked.Payment.PaymentIntentID, map[string]string{referenceKey: "", "correlation_id": ""}))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment")
	requireNoAttention(s)
	s.RequirePromises()
}

// A payment that bears another booking's reference confirms the booking whose PaymentIntent it is, and leaves the other alone.
func TestSwappedMetadataChangesNothing(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	one := s.Book("one", testkit.BookingBody(nil))
	two := s.Book("two", testkit.BookingBody(nil))
	require.NoError(t, s.Stripe.EditMetadata(one.Payment.PaymentIntentID, map[string]string{referenceKey: two.Reference}))
	require.Equal(t, http.StatusOK, s.Pay(one.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(one.Reference, "confirmed")
	require.Equal(t, "pending_payment", s.Status(two.Reference))
	require.Equal(t, http.StatusOK, s.Pay(two.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(two.Reference, "confirmed")
	s.AwaitQuiet()
	s.RequireLedger(one.Reference, "payment")
	s.RequireLedger(two.Reference, "payment")
	requireNoAttention(s)
	s.RequirePromises()
}

// What the events did not tell, reconciliation records for the booking whose PaymentIntent it is.
func TestReconciliationGoesByThePaymentIntentAndNotByMetadata(t *testing.T) {
	t.Parallel()
	for name, reference := range map[string]func(other string) string{
		"cleared": func(string) string { return "" },
		"swapped": func(other string) string { return other },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Lag: time.Nanosecond})
			booked := s.Book("one", testkit.BookingBody(nil))
			other := s.BookAndPay("two", nil)
			s.AwaitQuiet()
			again := s.DropWebhooks()
			metadata := map[string]string{referenceKey: reference(other.Reference)} // which the charge copies
			require.NoError(t, s.Stripe.EditMetadata(booked.Payment.PaymentIntentID, metadata))
			require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
			s.Stripe.Settle()
			again()
			run := reconcile(s, `{}`)
			require.Zero(t, run.Failed, "%+v", run.Details)
			s.AwaitStatus(booked.Reference, "confirmed")
			s.AwaitQuiet()
			requireNoAttention(s)
			s.RequirePromises()
		})
	}
}

// A PaymentIntent that names a booking in an event, and not at Stripe, is nobody's payment: no booking is marked for it.
func TestEventAloneMarksNoBooking(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("once", nil)
	s.Stripe.HoldWebhooks()
	other := s.PaymentBeside(45900, booked.Reference)
	require.NoError(t, s.Stripe.EditMetadata(other, map[string]string{referenceKey: ""}))
	s.Stripe.ReleaseWebhooks()
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE object_id = ? AND state = 'not_ours'", other) > 0
	}, "the event was not set aside")
	s.AwaitQuiet()
	requireNoAttention(s)
	require.NoError(t, s.BooksPromises())
}

func requireNoAttention(s *testkit.Stack) {
	s.T.Helper()
	require.Zero(s.T, s.DB.Count(s.T, "SELECT COUNT(*) FROM bookings WHERE attention IS NOT NULL OR refund_due"),
		"an operator is shown a booking")
}

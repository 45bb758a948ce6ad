package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// A cancel that finds the PaymentIntent paid, because the event is still on its way, does not lose the payment.
func TestCancelLosesToPayment(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("cancel-race", testkit.BookingBody(nil))
	s.Stripe.HoldWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	answer, err := s.API.Ask(http.MethodPost, "/v1/bookings/"+booked.Reference+"/cancel", "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusConflict, answer.Status, "%s", answer.Body)
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	s.Stripe.ReleaseWebhooks()
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireMails(booked.Reference, "booking_confirmed")
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "cancel_lost_to_payment")
}

// The hold ends while the money is in, and its event is not: the booking is paid.
func TestHoldEndsAfterUnheardPayment(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: briefHolds})
	booked := s.Book("expiry-race", testkit.BookingBody(nil))
	s.Stripe.HoldWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.Stripe.ReleaseWebhooks()
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
}

package test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// With asynchronous capture, Stripe's fee comes after the payment: the booking is confirmed at once, and the fee is posted after
// charge.updated.
func TestFeeThatComesLaterIsPosted(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.DelayBalanceTransactions(true)
	booked := s.Book("late-fee", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.RequireLedger(booked.Reference, "payment")
	s.Stripe.ReleaseBalanceTransactions()
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireLedger(booked.Reference, "payment", "stripe_fee")
	s.RequireMails(booked.Reference, "booking_confirmed")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "fee_later")
}

// Events that come while a fee is awaited do not use up the polls for it.
func TestEventsDoNotUseUpTheLooksForAFee(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.DelayBalanceTransactions(true)
	booked := s.BookAndPay("fee", nil)
	paid := s.EventOf(booked.Reference, "payment_intent.succeeded")
	const events = 8 // more than there are polls
	for n := range events {
		s.DB.Exec(t, "UPDATE stripe_events SET processed = FALSE WHERE stripe_event_id = ?", paid.ID)
		require.Equal(t, http.StatusOK, s.DeliverAgain(paid.ID))
		s.Eventually(func() bool { return s.EventOf(booked.Reference, "payment_intent.succeeded").Processed }, "delivery %d not recorded", n)
	}
	history := s.HistoryText(booked.Reference) // on a slow machine, polls are due meanwhile
	require.Equal(t, 1+strings.Count(history, "EVENT_TYPE_TIMER_FIRED"), strings.Count(history, "Read the payment again for Stripe's fee"),
		"one timer, whatever comes")
	s.Stripe.ReleaseBalanceTransactions()
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireLedger(booked.Reference, "payment", "stripe_fee")
	s.RequirePromises()
}

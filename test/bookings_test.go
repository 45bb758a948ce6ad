package test

import (
	"bytes"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"farebook/internal/dev/testkit"
)

// briefHolds is a minute of a hold where a test does something before the hold ends: a busy machine does so within the nine seconds that
// are left of half an hour.
const briefHolds = 300 * time.Millisecond

func TestUnpaidBookingExpiresWhenItsHoldEnds(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: 100 * time.Millisecond})
	booked := s.Book("expired", testkit.BookingBody(nil))
	s.AwaitStatus(booked.Reference, "expired")
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireMails(booked.Reference, "hold_expired")
	s.RequireLedger(booked.Reference)
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "expired")
}

func TestBookingIsConfirmedAfterAuthentication(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("requires-action", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_authenticationRequired"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "requires_action" }, "requires_action not recorded")
	require.NoError(t, s.Stripe.CompleteAction(booked.Payment.PaymentIntentID))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireMails(booked.Reference, "booking_confirmed")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "authenticated")
}

func TestHundredRequestsWithOneKeyMakeOneBooking(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	body := testkit.BookingBody(nil)
	answers := make(chan testkit.Answer, 100)
	for range cap(answers) {
		go func() {
			answer, err := s.API.Ask(http.MethodPost, "/v1/bookings", "hundred", body)
			if err != nil {
				answer.Status = -1
			}
			answers <- answer
		}()
	}
	var first []byte
	for range cap(answers) {
		answer := <-answers
		require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
		if first == nil {
			first = answer.Body
		}
		require.True(t, bytes.Equal(first, answer.Body), "%s\n%s", first, answer.Body)
	}
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
	require.Equal(t, 1, s.CreatedPaymentIntents())
}

// Somebody changes the amount of a PaymentIntent: nothing is posted, a matter is opened for an operator, and the hold still ends.
func TestPaymentOfAnotherAmountIsNotPosted(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: briefHolds})
	booked := s.Book("another-amount", testkit.BookingBody(nil))
	run := s.LatestRun(s.WorkflowID(booked.Reference))
	intent := "/v1/payment_intents/" + booked.Payment.PaymentIntentID
	require.Equal(t, http.StatusOK, s.PostToStripe(intent, url.Values{"amount": {"100"}}, nil))
	require.Equal(t, http.StatusPaymentRequired, s.Pay(booked.Payment.PaymentIntentID, "pm_card_chargeDeclined"))
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE attention IS NOT NULL") == 1
	}, "not marked for attention")
	s.AwaitStatus(booked.Reference, "expired")
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	first, err := s.Temporal.DescribeWorkflowExecution(t.Context(), s.WorkflowID(booked.Reference), run)
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, first.GetWorkflowExecutionInfo().GetStatus(), "it waited for the hold's end")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference)
	s.RequirePromises()
}

package test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// A payment in processing cannot be cancelled when the hold ends. The workflow waits for it, and it counts when it succeeds.
func TestPaymentInProcessingOutlastsTheHold(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: briefHolds})
	booked := s.Book("processing", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_usBankAccount"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "processing" }, "processing not recorded")
	s.Eventually(func() bool { return strings.Contains(s.HistoryText(booked.Reference), "EVENT_TYPE_TIMER_FIRED") }, "the hold does not end")
	require.Equal(t, "pending_payment", s.Status(booked.Reference))
	answer, err := s.API.Ask(http.MethodPost, "/v1/bookings/"+booked.Reference+"/cancel", "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusConflict, answer.Status, "%s", answer.Body)

	require.NoError(t, s.Stripe.CompleteAction(booked.Payment.PaymentIntentID))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireMails(booked.Reference, "booking_confirmed")
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "processing")
}

// When the bank refuses after the hold has ended, the booking ends at once.
func TestProcessingFailsAfterTheHold(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: briefHolds})
	booked := s.Book("processing-fails", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_usBankAccount"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "processing" }, "processing not recorded")
	s.Eventually(func() bool { return strings.Contains(s.HistoryText(booked.Reference), "EVENT_TYPE_TIMER_FIRED") }, "the hold does not end")
	require.NoError(t, s.Stripe.FailAction(booked.Payment.PaymentIntentID))
	s.AwaitStatus(booked.Reference, "expired")
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	s.RequireLedger(booked.Reference)
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "processing_failed")
}

// The hold ends while the bank is at it and no event has told us; then the bank refuses. Stripe's refusal of the first
// cancel rests under its key: another is asked for, once.
func TestProcessingFailsAfterARefusedCancel(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: briefHolds})
	booked := s.Book("refused-cancel", testkit.BookingBody(nil))
	again := s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_usBankAccount"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "processing" }, "the hold's end has not read it")
	again()
	require.NoError(t, s.Stripe.FailAction(booked.Payment.PaymentIntentID))
	s.AwaitStatus(booked.Reference, "expired")
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	cancels := s.StripeCalls(http.MethodPost, "/v1/payment_intents/"+booked.Payment.PaymentIntentID+"/cancel")
	require.LessOrEqual(t, cancels, 3, "refused, replayed, asked anew")
	s.RequirePromises()
}

// A cancel that was refused while the bank processed the payment is taken after the bank has declined it.
func TestCancelIsTakenAfterProcessingFailed(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("cancel-again", testkit.BookingBody(nil))
	cancel := "/v1/bookings/" + booked.Reference + "/cancel"
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_usBankAccount"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "processing" }, "processing not recorded")
	require.Equal(t, http.StatusConflict, s.Post(cancel, "", nil).Status)
	require.NoError(t, s.Stripe.FailAction(booked.Payment.PaymentIntentID))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "failed" }, "the bank's refusal not recorded")
	answer := s.Post(cancel, "", nil)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	s.RequirePromises()
}

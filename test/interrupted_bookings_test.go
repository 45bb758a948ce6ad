package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// The API dies after it has reserved a booking, and its caller never asks again: the hold ends all the same.
func TestNobodyAsksAgainForABooking(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, HoldMinute: 100 * time.Millisecond, APIFailpoint: "api-after-reserve"})
	_, err := s.API.Ask(http.MethodPost, "/v1/bookings", "never-again", testkit.BookingBody(nil))
	require.Error(t, err, "the API has died")
	s.RequireDeaths("starter", 1)
	reference := s.OnlyReference()
	s.AwaitStatus(reference, "expired")
	s.AwaitWorkflowEnd(reference)
	s.RequireMails(reference, "hold_expired")
	s.RequireLedger(reference)
	s.RequirePromises()
}

// The API dies after it has reserved a refund, and its caller never asks again: what was reserved is given back.
func TestNobodyAsksAgainForARefund(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, APIFailpoint: "api-after-refund-reserve"})
	booked := s.BookAndPay("refund", nil)
	_, err := s.API.Ask(http.MethodPost, "/v1/bookings/"+booked.Reference+"/refunds", "never-again", nil)
	require.Error(t, err, "the API has died")
	s.RequireDeaths("starter", 1)
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitQuiet()
	require.Len(t, s.Stripe.Refunds(), 1)
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
	s.RequirePromises()
}

// An operator terminates a workflow whose booking nobody has paid: the hold ends all the same.
func TestWorkflowTerminatedBeforePayment(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: briefHolds})
	booked := s.Book("terminated", testkit.BookingBody(nil))
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), s.WorkflowID(booked.Reference), "", "a test"))
	s.AwaitStatus(booked.Reference, "expired")
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	s.RequireMails(booked.Reference, "hold_expired")
	s.RequirePromises()
}

// The attempt that made the PaymentIntent dies once its row is written, and the hold ends before the next: there is
// something to cancel.
func TestHoldEndsBeforeThePaymentIntentIsKnown(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, HoldMinute: 100 * time.Millisecond, WorkerFailpoint: "after-payment-row"})
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/payment_intents", Kind: fakestripe.FaultHTML502, Count: 2})
	booked := s.Book("late", testkit.BookingBody(nil))
	s.RequireDeaths("worker", 1)
	s.AwaitStatus(booked.Reference, "expired")
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, "canceled", s.StripeStatus(s.DB.Text(t, "SELECT stripe_payment_intent_id FROM payments")))
	s.RequirePromises()
}

// An operator who cancels the workflow cancels the booking: its PaymentIntent cannot be paid any more.
func TestCancelledWorkflowCancelsTheBooking(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("operator-cancel", testkit.BookingBody(nil))
	require.NoError(t, s.Temporal.CancelWorkflow(t.Context(), s.WorkflowID(booked.Reference), ""))
	s.AwaitStatus(booked.Reference, "cancelled")
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	s.RequireMails(booked.Reference, "booking_cancelled")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "workflow_cancelled")
}

// A terminated workflow loses nothing: the payment's event starts another.
func TestPaymentAfterATerminatedWorkflowIsRecorded(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("operator-terminate", testkit.BookingBody(nil))
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), s.WorkflowID(booked.Reference), "", "a test"))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
}

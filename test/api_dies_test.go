package test

import (
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// An API dies for good while the runs of its bookings are in its cache, to which Temporal sends their next tasks first: other processes
// complete them.
func TestBookingsOutliveTheAPIThatBeganThem(t *testing.T) {
	t.Parallel()
	f := startFleet(t, testkit.Options{Sweep: time.Hour}, 2, 1) // no sweeper repeats the signal of an event
	lost := f.apis[1]
	pid := lost.Pid()
	var began []testkit.Booked
	for i := range 5 {
		booked := awaitFirstStepsAt(f.Stack, lost.Client, fmt.Sprintf("began-%d", i))
		require.Equal(t, pid, f.awaitBegun(booked.Reference))
		began = append(began, booked)
	}
	lost.End()
	f.WebhooksTo(f.apis[0].Client)
	for _, booked := range began {
		require.Equal(t, http.StatusOK, f.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	}
	for _, booked := range began {
		f.AwaitStatus(booked.Reference, "confirmed")
		f.AwaitWorkflowEnd(booked.Reference)
		worked := f.HandsOn(booked.Reference).Worked
		require.NotEqual(t, pid, worked[len(worked)-1], "a process that is dead completes nothing")
		f.RequireMails(booked.Reference, "booking_confirmed")
	}
	f.AwaitQuiet()
	f.RequirePromises()
}

// An API that is asked to stop answers the requests in progress first, whose first steps its worker carries out. Only then does the worker
// stop: there is no other.
func TestAnAPIThatStopsEndsItsFirstSteps(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, Steps: testkit.InAPI})
	awaitFirstStepsHere(s)
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/payment_intents", Kind: fakestripe.FaultHang})
	answered := make(chan testkit.Answer, 1)
	go func() {
		answer, _ := s.API.Ask(http.MethodPost, "/v1/bookings", "stopped", testkit.BookingBody(nil)) // an error leaves the status 0
		answered <- answer
	}()
	s.Eventually(func() bool { return s.Stripe.Faults().Hanging() == 1 }, "the step does not ask Stripe; logs:\n%s", s.Logs)
	api := s.FirstAPI()
	api.Signal(syscall.SIGTERM)
	s.Eventually(func() bool { return len(s.LogLines("api", "stopping after requests in progress")) > 0 }, "the API does not stop")
	s.Stripe.Faults().Clear()
	answer := <-answered
	require.Equal(t, http.StatusCreated, answer.Status, "%s; logs:\n%s", answer.Body, s.Logs)
	var booked testkit.Booked
	answer.Into(t, &booked)
	require.NotEmpty(t, booked.Payment.ClientSecret)
	s.Eventually(func() bool { return api.Deaths() == 1 }, "the API does not end; logs:\n%s", s.Logs)
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed") // at its successor
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequirePromises()
}

package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// killInBothPlaces runs a story once for each failpoint and each process that can carry out steps: a worker, and an API whose worker has no
// other beside it, so that it is the one that dies. Either dies there with SIGKILL, once, and is started again.
func killInBothPlaces(t *testing.T, points []string, hold time.Duration, story func(t *testing.T, s *testkit.Stack)) {
	t.Helper()
	for _, point := range points {
		for program, options := range map[string]testkit.Options{
			"worker":  {WorkerFailpoint: point},
			"starter": {APIFailpoint: point, Steps: testkit.InAPI},
		} {
			t.Run(program+" at "+point, func(t *testing.T) {
				t.Parallel()
				options.Processes, options.HoldMinute = true, hold
				s := testkit.New(t, options)
				story(t, s)
				s.RequireDeaths(program, 1)
				s.RequirePromises()
			})
		}
	}
}

// The process that carries out the steps dies before and after every side effect of a paid booking; each time there is one PaymentIntent,
// one ledger transaction and one confirmation in the end.
func TestWorkerKilledOnTheWayToConfirmation(t *testing.T) {
	t.Parallel()
	killInBothPlaces(t, []string{
		"before-create-payment-intent", "after-create-payment-intent", "after-payment-row",
		"before-record-outcome", "after-record-outcome",
		"before-send-email", "after-email-row",
	}, 0, payAndRequireOne)
}

// The one window in which a mail goes twice: the server took it and the worker died before writing that down. Both
// bear the same Message-ID.
func TestWorkerKilledBetweenMailAndItsRow(t *testing.T) {
	t.Parallel()
	killInBothPlaces(t, []string{"after-send-email"}, 0, func(t *testing.T, s *testkit.Stack) {
		booked := s.Book("kill", testkit.BookingBody(nil))
		require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
		s.AwaitStatus(booked.Reference, "confirmed")
		s.AwaitWorkflowEnd(booked.Reference)
		messages := s.Mails(booked.Reference)
		require.Len(t, messages, 2)
		require.Equal(t, messages[0].MessageID, messages[1].MessageID)
		s.RequireLedger(booked.Reference, "payment")
	})
}

// It dies before and after cancelling the PaymentIntent of a hold that ended.
func TestWorkerKilledOnTheWayToExpiry(t *testing.T) {
	t.Parallel()
	points := []string{"before-cancel-payment-intent", "after-cancel-payment-intent"}
	killInBothPlaces(t, points, 100*time.Millisecond, func(t *testing.T, s *testkit.Stack) {
		booked := s.Book("kill", testkit.BookingBody(nil))
		s.AwaitStatus(booked.Reference, "expired")
		s.AwaitWorkflowEnd(booked.Reference)
		s.RequireMails(booked.Reference, "hold_expired")
		require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	})
}

// It dies before and after it records that Stripe refuses the payment: the booking is closed, and the customer told once.
func TestWorkerKilledOnTheWayToARefusedPayment(t *testing.T) {
	t.Parallel()
	points := []string{"before-record-payment-refused", "after-record-payment-refused"}
	killInBothPlaces(t, points, 0, func(t *testing.T, s *testkit.Stack) {
		s.Stripe.Faults().Add(fakestripe.Fault{
			Method: http.MethodPost, Path: "/v1/payment_intents", Kind: fakestripe.FaultInvalidRequest,
			Count: 1000,
		})
		sendUntil(s, "/v1/bookings", "refused", testkit.BookingBody(nil), http.StatusUnprocessableEntity)
		reference := s.OnlyReference()
		s.AwaitWorkflowEnd(reference)
		s.RequireMails(reference, "payment_failed")
		s.RequireLedger(reference)
	})
}

// The API dies between any two of its steps; the client tries again with the same key, Stripe delivers again. It has a worker in its
// process, or leaves all steps to the worker beside it.
func TestAPIKilledBetweenItsSteps(t *testing.T) {
	t.Parallel()
	for _, point := range []string{
		"api-after-reserve", "api-after-start", "api-before-answer-stored", "api-after-answer-stored",
		"webhook-after-event-stored", "webhook-before-signal", "webhook-after-signal",
	} {
		for place, steps := range map[string]testkit.Steps{"everywhere": testkit.Everywhere, "in the worker": testkit.InWorker} {
			t.Run(point+", steps "+place, func(t *testing.T) {
				t.Parallel()
				s := testkit.New(t, testkit.Options{Processes: true, APIFailpoint: point, Steps: steps})
				payAndRequireOne(t, s)
				s.RequireDeaths("starter", 1)
			})
		}
	}
}

func payAndRequireOne(t *testing.T, s *testkit.Stack) {
	t.Helper()
	booked := s.Book("kill", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, 1, s.CreatedPaymentIntents())
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM payments"))
	s.RequireLedger(booked.Reference, "payment")
	s.RequireMails(booked.Reference, "booking_confirmed")
	s.RequirePromises()
}

func TestWorkerKilledWhileCapturing(t *testing.T) {
	t.Parallel()
	points := []string{"before-capture-payment-intent", "after-capture-payment-intent"}
	killInBothPlaces(t, points, 0, func(_ *testing.T, s *testkit.Stack) {
		booked := authorised(s, "kill")
		postUntil(s, "/v1/bookings/"+booked.Reference+"/capture", "capture", http.StatusOK)
		s.AwaitStatus(booked.Reference, "confirmed")
		s.AwaitQuiet()
		s.RequireLedger(booked.Reference, "payment")
	})
}

// Temporal stalls, so that a webhook is about to be answered before its workflow is notified. The API dies right before the answer, and
// the event is recorded all the same.
func TestAPIKilledBeforeItAnswersAWebhookLate(t *testing.T) {
	t.Parallel()
	temporal, err := devstack.StartTemporal(t.Context(), t.TempDir(), devstack.ForTests(), devstack.Headless())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, temporal.Kill()) })
	s := testkit.New(t, testkit.Options{Processes: true, APIFailpoint: "webhook-before-late-answer", TemporalAddress: temporal.Address()})
	booked := s.Book("kill", testkit.BookingBody(nil))
	resume := testkit.Freeze(t, temporal.Pid())
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.RequireDeaths("starter", 1)
	resume()
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireLedger(booked.Reference, "payment")
	s.RequireMails(booked.Reference, "booking_confirmed")
	s.RequirePromises()
}

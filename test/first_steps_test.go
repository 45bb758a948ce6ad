package test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// awaitFirstStepsHere books until the API's own worker takes first steps, and returns the first booking that it took. Before that, the
// worker does not poll yet, or does not know yet whether its build is current.
func awaitFirstStepsHere(s *testkit.Stack) testkit.Booked {
	s.T.Helper()
	return awaitFirstStepsAt(s, s.API, "until-here")
}

func awaitFirstStepsAt(s *testkit.Stack, api *testkit.APIClient, key string) testkit.Booked {
	s.T.Helper()
	for tries := range 300 {
		booked := bookUntilTaken(s, api, fmt.Sprintf("%s-%d", key, tries), testkit.BookingBody(nil))
		if startedEagerly(s, booked.Reference) {
			return booked
		}
	}
	require.Fail(s.T, "no first step ran in the API's process", "%s", s.Logs)
	return testkit.Booked{}
}

// bookUntilTaken repeats the request under the same key until the booking is taken, as any client should.
func bookUntilTaken(s *testkit.Stack, api *testkit.APIClient, key string, body []byte) (booked testkit.Booked) {
	s.T.Helper()
	s.Eventually(func() bool {
		answer, err := api.Do(http.MethodPost, "/v1/bookings", key, body)
		if err != nil || answer.Status != http.StatusCreated {
			return false
		}
		answer.Into(s.T, &booked)
		return true
	}, "no booking was taken; logs:\n%s", s.Logs)
	return booked
}

// startedEagerly reports whether Temporal handed the first task of a booking's workflow to the process that started it.
func startedEagerly(s *testkit.Stack, reference string) bool {
	s.T.Helper()
	return s.History(reference).GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetEagerExecutionAccepted()
}

// updates counts the updates in a booking's history.
func updates(s *testkit.Stack, reference string) (accepted int) {
	s.T.Helper()
	for _, event := range s.History(reference).GetEvents() {
		if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED {
			accepted++
		}
	}
	return accepted
}

// The first answer comes from the process that took the request: one call to Stripe, no update, and the client secret of the creation.
func TestTheFirstStepRunsInTheProcessThatTookTheRequest(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, Sweep: time.Hour}) // no sweeper repeats the signal of an event
	booked := awaitFirstStepsHere(s)
	t.Run("one call to Stripe and no update", func(t *testing.T) {
		intent := "/v1/payment_intents/" + booked.Payment.PaymentIntentID
		require.Zero(t, s.StripeCalls(http.MethodGet, intent), "the client secret is that of the creation")
		require.Zero(t, updates(s, booked.Reference))
		s.Eventually(func() bool { return len(s.HandsOn(booked.Reference).Worked) > 0 }, "the first task is not completed")
		hands := s.HandsOn(booked.Reference)
		require.Equal(t, s.FirstAPI().Pid(), hands.Started)
		require.Equal(t, []int{s.FirstAPI().Pid()}, hands.Worked, "the answer did not wait for Temporal to hear of it")
	})
	t.Run("its workflow costs five actions", func(t *testing.T) {
		require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
		s.AwaitStatus(booked.Reference, "confirmed")
		s.AwaitWorkflowEnd(booked.Reference)
		s.SaveHistory(booked.Reference, "started_eagerly")
		cost := testkit.CostOf(s.History(booked.Reference))
		require.Equal(t, 5, cost.Actions)
		require.Equal(t, 13, cost.Events)
		require.Less(t, cost.Bytes, 3_000)
	})
	t.Run("a repetition has the same answer", func(t *testing.T) {
		first := s.Post("/v1/bookings", "secret", testkit.BookingBody(nil))
		again := s.Post("/v1/bookings", "secret", testkit.BookingBody(nil))
		require.Equal(t, http.StatusCreated, first.Status)
		require.JSONEq(t, string(first.Body), string(again.Body))
	})
	t.Run("a refusal for good is handed over too", func(t *testing.T) { requireRefusalFromMemory(t, s) })
	t.Run("a step that fails is awaited at the workflow", func(t *testing.T) {
		s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/payment_intents", Kind: fakestripe.Fault500Before})
		answer := s.Post("/v1/bookings", "failing", testkit.BookingBody(nil))
		require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
		var failed testkit.Booked
		answer.Into(t, &failed)
		require.NotEmpty(t, failed.Payment.ClientSecret)
		require.True(t, startedEagerly(s, failed.Reference))
		require.Equal(t, 1, updates(s, failed.Reference))
	})
	s.RequirePromises()
}

func requireRefusalFromMemory(t *testing.T, s *testkit.Stack) {
	t.Helper()
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/payment_intents", Kind: fakestripe.FaultInvalidRequest})
	answer := s.Post("/v1/bookings", "refused", testkit.BookingBody(nil))
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer.Body)
	require.Contains(t, string(answer.Body), "payment_failed")
	again := s.Post("/v1/bookings", "refused", testkit.BookingBody(nil))
	require.JSONEq(t, string(answer.Body), string(again.Body))
	reference := s.DB.Text(t, "SELECT reference FROM bookings WHERE status = 'payment_failed'")
	require.Zero(t, updates(s, reference))
	s.AwaitWorkflowEnd(reference)
	s.RequireMails(reference, "payment_failed")
}

// More requests than the process has places for first steps are all answered, the further ones by the workflow.
func TestMoreRequestsThanPlacesAreAnswered(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, AnswerTime: 300 * time.Millisecond})
	awaitFirstStepsHere(s)
	const requests = 100
	var group sync.WaitGroup
	answers := make([]testkit.Answer, requests)
	errs := make([]error, requests)
	for i := range requests {
		group.Go(func() {
			answers[i], errs[i] = s.API.Ask(http.MethodPost, "/v1/bookings", fmt.Sprintf("at-once-%d", i), testkit.BookingBody(nil))
		})
	}
	group.Wait()
	var here, elsewhere int
	for i, answer := range answers {
		require.NoError(t, errs[i])
		require.Equal(t, http.StatusCreated, answer.Status, "%s", answer.Body)
		var booked testkit.Booked
		answer.Into(t, &booked)
		require.NotEmpty(t, booked.Payment.ClientSecret)
		if updates(s, booked.Reference) == 0 {
			here++
		} else {
			elsewhere++
		}
	}
	require.NotZero(t, here)
	require.NotZero(t, elsewhere, "%d requests at once are more than there are places", requests)
	require.Equal(t, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"), s.CreatedPaymentIntents())
	s.RequirePromises()
}

// An API that runs the worker dies between any two steps of a booking, from the request to the confirmation; the client asks again with
// the same key, and another worker takes over what the API had begun.
func TestAPIWithAWorkerKilledOnTheWayToConfirmation(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true})
	for _, point := range []string{
		"api-after-reserve", "api-after-eager-start", "before-create-payment-intent", "after-create-payment-intent", "after-payment-row",
		"api-after-start", "api-before-answer-stored", "api-after-answer-stored",
		"before-record-outcome", "after-record-outcome", "before-send-email", "after-email-row",
	} {
		t.Run(point, func(t *testing.T) { // one after the other: only one process at a time dies
			marker := filepath.Join(t.TempDir(), "armed", "died")
			api := s.StartAPI("API_WORKER=true", "FAREBOOK_FAILPOINT="+point+"@"+marker)
			awaitFirstStepsAt(s, api.Client, "until-here-"+point)
			require.NoError(t, os.Mkdir(filepath.Dir(marker), 0o700)) // from now on the marker can be made
			booked := bookUntilTaken(s, api.Client, "kill-"+point, testkit.BookingBody(nil))
			require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
			s.AwaitStatus(booked.Reference, "confirmed")
			s.AwaitWorkflowEnd(booked.Reference)
			s.Eventually(func() bool { return api.Deaths() == 1 }, "the API does not die; logs:\n%s", s.Logs)
			api.End()
			s.RequireLedger(booked.Reference, "payment")
			s.RequireMails(booked.Reference, "booking_confirmed")
			bookings := s.DB.Count(t, "SELECT COUNT(*) FROM bookings")
			require.Equal(t, bookings, s.CreatedPaymentIntents())
			require.Equal(t, bookings, s.DB.Count(t, "SELECT COUNT(*) FROM payments"))
		})
	}
	s.RequirePromises()
}

package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// mortal is a stack with a paid booking, whose worker or API dies at a point from then on, once.
func mortal(t *testing.T, program, point string) (*testkit.Stack, testkit.Booked) {
	t.Helper()
	s := testkit.New(t, testkit.Options{Processes: true, Steps: testkit.InWorker})
	booked := s.BookAndPay("kill", testkit.DepartingIn(100))
	s.AwaitWorkflowEnd(booked.Reference)
	s.StopProcesses()
	points := map[string]string{program: point}
	s.StartProcess("worker", points["worker"])
	s.StartProcess("starter", points["starter"], "serve")
	s.Eventually(s.API.Ready, "the API did not become ready; it logged:\n%s", s.Logs)
	return s, booked
}

// Whoever works on a further payment dies before and after each side effect of it: in the end there is one PaymentIntent, one posting and
// one confirmation of it.
func TestKilledOnTheWayToAFurtherPayment(t *testing.T) {
	t.Parallel()
	for point, program := range map[string]string{
		"api-after-reserve": "starter", "api-before-answer-stored": "starter", "api-after-answer-stored": "starter",
		"before-create-payment-intent": "worker", "after-create-payment-intent": "worker", "after-payment-row": "worker",
		"before-record-outcome": "worker", "after-record-outcome": "worker",
	} {
		t.Run(program+" at "+point, func(t *testing.T) {
			t.Parallel()
			s, booked := mortal(t, program, point)
			bagged := payFurther(s, booked.Reference, "bag")
			s.AwaitWorkflowEnd(bagged.Reference)
			s.RequireDeaths(program, 1)
			require.Equal(t, 2, s.CreatedPaymentIntents())
			require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM payments"))
			require.Equal(t, 1, s.DB.Count(t, "SELECT supplements FROM bookings WHERE reference = ?", booked.Reference))
			s.RequireLedger(bagged.Reference, "payment")
			s.RequireMails(bagged.Reference, "booking_confirmed")
			s.RequirePromises()
		})
	}
}

// The API dies between the end of a booking and that of its further payments, and its client does not ask again: the sweeper ends them.
func TestKilledWhileABookingEndsWithItsFurtherPayments(t *testing.T) {
	t.Parallel()
	for point, program := range map[string]string{
		"before-end-supplement": "starter", "after-end-supplement": "starter",
		"before-cancel-paid-booking": "worker", "after-cancel-paid-booking": "worker",
	} {
		t.Run(program+" at "+point, func(t *testing.T) {
			t.Parallel()
			s, booked := mortal(t, program, point)
			paid := payFurther(s, booked.Reference, "bag")
			unpaid := askFurther(s, booked.Reference, "seat", bag(nil))
			_, _ = s.API.Do(http.MethodPost, "/v1/bookings/"+booked.Reference+"/cancel", "cancel", nil) // it may die before it answers
			s.RequireDeaths(program, 1)
			s.AwaitStatus(unpaid.Reference, "cancelled")
			s.AwaitStatus(paid.Reference, "partially_refunded")
			s.AwaitStatus(booked.Reference, "partially_refunded")
			s.AwaitQuiet()
			require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE origin = 'cancellation' AND status = 'succeeded'"))
			require.Equal(t, "canceled", s.StripeStatus(unpaid.Payment.PaymentIntentID))
			s.RequireMails(paid.Reference, "booking_confirmed", "booking_cancelled_paid", "refunded")
			s.RequireMails(unpaid.Reference, "booking_cancelled")
			s.RequirePromises()
		})
	}
}

package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// The worker dies with SIGKILL before and after every side effect of a refund; each time there is one refund at Stripe,
// one posting and one mail.
func TestWorkerKilledOnTheWayToARefund(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-create-refund", "after-create-refund", "before-record-refund", "after-record-refund"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: point})
			booked := s.BookAndPay("kill", nil)
			awaitRefund(s, ask(s, booked.Reference, "refund", usd(10000)).ID, "succeeded")
			s.AwaitQuiet()
			s.RequireDeaths("worker", 1)
			require.Len(t, s.Stripe.Refunds(), 1)
			s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
			require.Equal(t, 1, s.MailCount(booked.Reference, "refunded"))
			s.RequirePromises()
		})
	}
}

// The worker dies before and after it records that Stripe refuses a refund: the customer gets one email, and what was reserved
// may be refunded again.
func TestWorkerKilledOnTheWayToARefusedRefund(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-record-refund-refused", "after-record-refund-refused"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: point})
			booked := s.BookAndPay("kill", nil)
			faults := s.Stripe.Faults()
			faults.Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/refunds", Kind: fakestripe.FaultInvalidRequest, Count: 1000})
			awaitRefund(s, ask(s, booked.Reference, "refused", usd(10000)).ID, "failed")
			s.AwaitQuiet()
			s.RequireDeaths("worker", 1)
			require.Equal(t, 1, s.MailCount(booked.Reference, "refund_failed"))
			faults.Clear()
			awaitRefund(s, ask(s, booked.Reference, "whole", `{}`).ID, "succeeded")
			s.AwaitQuiet()
			s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised", "refund_promised")
			s.RequirePromises()
		})
	}
}

// The worker dies before and after it records that an operator has abandoned a refund: the customer gets one email.
func TestWorkerKilledOnTheWayToAnAbandonedRefund(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-abandon-refund", "after-abandon-refund"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: point})
			booked := s.BookAndPay("kill", nil)
			refund := refuseRefunds(s, booked)
			s.Eventually(func() bool {
				answer, err := s.API.Do(http.MethodPost, "/v1/refunds/"+refund.ID+"/abandon", "abandon", []byte(bankTransfer))
				return err == nil && answer.Status == http.StatusOK
			}, "never answered; logs:\n%s", s.Logs)
			awaitRefund(s, refund.ID, "failed")
			s.AwaitQuiet()
			s.RequireDeaths("worker", 1)
			require.Equal(t, 1, s.MailCount(booked.Reference, "refund_failed"))
			require.Empty(t, s.Stripe.Refunds())
			s.RequirePromises()
		})
	}
}

// The worker dies before and after it records that Stripe does not make a refund for now: finance gets one email, and the refund is
// made once when Stripe takes it.
func TestWorkerKilledOnTheWayToAPostponedRefund(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-postpone-refund", "after-postpone-refund"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: point})
			booked := s.BookAndPay("kill", nil)
			s.Stripe.RefuseRefunds(fakestripe.RefuseAlways)
			refund := ask(s, booked.Reference, "refund", usd(10000))
			s.Eventually(func() bool { return s.FinanceMailCount("refund_waiting") == 1 }, "finance was not told; logs:\n%s", s.Logs)
			s.RequireDeaths("worker", 1)
			s.Stripe.RefuseRefunds(fakestripe.RefuseNever)
			s.Stripe.SendMoreEvents(true)
			s.Stripe.SettleFunds()
			awaitRefund(s, refund.ID, "succeeded")
			s.AwaitQuiet()
			require.Len(t, s.Stripe.Refunds(), 1)
			require.Equal(t, 1, s.FinanceMailCount("refund_waiting"))
			s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
			s.RequirePromises()
		})
	}
}

// The worker dies between starting a dashboard refund's workflow and noting the event that told of it: the event is dealt with
// again, and the refund is there once.
func TestWorkerKilledWhileLookingForAChargesRefunds(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: "before-note-charge-refunded"})
	s.Stripe.EnableEvents("payment_intent.succeeded", "charge.refunded")
	booked := s.BookAndPay("kill", nil)
	_, err := s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 1000)
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "partially_refunded")
	s.AwaitQuiet()
	s.RequireDeaths("worker", 1)
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
	require.Equal(t, 1, s.MailCount(booked.Reference, "refunded"))
	s.RequirePromises()
}

// The API dies between any two steps of taking a refund; the client asks again with the same key.
func TestAPIKilledWhileTakingARefund(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"api-after-refund-reserve", "api-after-refund-start", "api-after-refund-answer"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, APIFailpoint: point})
			booked := s.BookAndPay("kill", nil)
			var answer testkit.Answer
			s.Eventually(func() bool {
				var err error
				answer, err = s.API.Do(http.MethodPost, "/v1/bookings/"+booked.Reference+"/refunds", "refund", []byte(usd(10000)))
				return err == nil && answer.Status == http.StatusCreated
			}, "no refund was taken; last answer: %s", answer.Body)
			var refund refundView
			answer.Into(t, &refund)
			awaitRefund(s, refund.ID, "succeeded")
			s.AwaitQuiet()
			s.RequireDeaths("starter", 1)
			require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM refunds"))
			require.Len(t, s.Stripe.Refunds(), 1)
			s.RequirePromises()
		})
	}
}

func TestWorkerKilledWhileCancellingAPaidBooking(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-cancel-paid-booking", "after-cancel-paid-booking"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: point})
			booked := s.BookAndPay("kill", nil)
			postUntil(s, "/v1/bookings/"+booked.Reference+"/cancel", "cancel", http.StatusOK)
			s.AwaitStatus(booked.Reference, "refunded")
			s.AwaitQuiet()
			s.RequireDeaths("worker", 1)
			require.Len(t, s.Stripe.Refunds(), 1)
			require.Equal(t, 1, s.MailCount(booked.Reference, "booking_cancelled_paid"))
			s.RequirePromises()
		})
	}
}

// postUntil asks again with the same key until a status is answered, as any client of the API should.
func postUntil(s *testkit.Stack, path, key string, status int) testkit.Answer {
	s.T.Helper()
	return sendUntil(s, path, key, nil, status)
}

// sendUntil is postUntil with a body.
func sendUntil(s *testkit.Stack, path, key string, body []byte, status int) testkit.Answer {
	s.T.Helper()
	var answer testkit.Answer
	s.Eventually(func() bool {
		var err error
		answer, err = s.API.Do(http.MethodPost, path, key, body)
		return err == nil && answer.Status == status
	}, "%s was not answered with %d", path, status)
	return answer
}

package test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

type quoteView struct {
	Refund, Kept struct {
		Value    int64
		Currency string
	}
	Percent     int
	Explanation string
}

// A paid booking is cancelled under the policy: the caller agrees to a quote, the refund follows automatically, and the email has the
// quote.
func TestCancelAfterPaymentRefundsUnderThePolicy(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("cancel-paid", nil)
	path := "/v1/bookings/" + booked.Reference
	var quote quoteView
	s.API.Get(path+"/cancellation-quote", &quote)
	require.Equal(t, 100, quote.Percent, "thirty days ahead")
	require.Contains(t, quote.Explanation, "168 hours or more before departure: 100%")

	wrong := s.Post(path+"/cancel", "wrong", []byte(`{"expectedRefund":{"value":1,"currency":"USD"}}`))
	require.Equal(t, http.StatusConflict, wrong.Status, "%s", wrong.Body)
	require.Contains(t, string(wrong.Body), "quote-changed")
	require.Equal(t, "confirmed", s.Status(booked.Reference))

	agreed := fmt.Appendf(nil, `{"expectedRefund":{"value":%d,"currency":"USD"}}`, quote.Refund.Value)
	var first struct {
		Status, RefundID string
		Percent          int
		Refund           struct{ Value int64 }
	}
	answer := s.Post(path+"/cancel", "right", agreed)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	answer.Into(t, &first)
	require.Equal(t, "cancelled", first.Status)
	require.Equal(t, int64(45900), first.Refund.Value)
	replayed := s.Post(path+"/cancel", "right", agreed)
	require.Equal(t, "true", replayed.Header.Get("Idempotent-Replayed"))
	require.JSONEq(t, string(answer.Body), string(replayed.Body))
	other := s.Post(path+"/cancel", "right", nil)
	require.Equal(t, http.StatusUnprocessableEntity, other.Status, "%s", other.Body)

	awaitRefund(s, first.RefundID, "succeeded")
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitQuiet()
	later := s.Post(path+"/cancel", "", nil)
	require.Equal(t, http.StatusOK, later.Status, "%s", later.Body)
	require.Contains(t, string(later.Body), first.RefundID)
	s.RequireMails(booked.Reference, "booking_confirmed", "booking_cancelled_paid", "refunded")
	s.RequireLedger(booked.Reference, "payment", "refund", "cancellation")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "paid_cancelled")
}

// Too late for any refund: the booking is cancelled, nothing is refunded, and the email says so.
func TestCancelTooLateRefundsNothing(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("cancel-late", testkit.DepartingIn(24))
	var quote quoteView
	s.API.Get("/v1/bookings/"+booked.Reference+"/cancellation-quote", &quote)
	require.Zero(t, quote.Refund.Value)
	answer := s.Post("/v1/bookings/"+booked.Reference+"/cancel", "", nil)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	require.Contains(t, string(answer.Body), `"percent":0`)
	s.AwaitWorkflowEnd(booked.Reference)
	s.AwaitQuiet()
	require.Equal(t, "cancelled", s.Status(booked.Reference))
	require.Empty(t, s.Stripe.Refunds())
	s.RequireMails(booked.Reference, "booking_confirmed", "booking_cancelled_paid")
	s.RequirePromises()
}

// An earlier partial refund counts towards the half that the policy gives back.
func TestCancelAfterAPartialRefundGivesBackTheRest(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("cancel-part", testkit.DepartingIn(100))
	awaitRefund(s, ask(s, booked.Reference, "part", usd(10000)).ID, "succeeded")
	s.AwaitStatus(booked.Reference, "partially_refunded")
	answer := s.Post("/v1/bookings/"+booked.Reference+"/cancel", "", nil)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	require.Contains(t, string(answer.Body), `"value":12950`)
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT amount_refunded FROM payments") == 22950 }, "not refunded")
	s.AwaitQuiet()
	require.Equal(t, "partially_refunded", s.Status(booked.Reference))
	s.RequirePromises()
}

// Ten cancels and ten refunds arrive at once. Whichever wins, nothing is refunded twice.
func TestCancelsAndRefundsAtOnceRefundNothingTwice(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("cancel-and-refund", nil)
	done := make(chan testkit.Answer, 20)
	for i := range cap(done) {
		go func() {
			path, body := "/v1/bookings/"+booked.Reference+"/cancel", []byte(nil)
			if i%2 == 0 {
				path, body = "/v1/bookings/"+booked.Reference+"/refunds", []byte(usd(20000))
			}
			answer, err := s.API.Ask(http.MethodPost, path, fmt.Sprintf("both-%d", i), body)
			if err != nil {
				answer.Status = -1
			}
			done <- answer
		}()
	}
	for range cap(done) {
		answer := <-done
		require.Contains(t, []int{http.StatusOK, http.StatusCreated, http.StatusConflict, http.StatusUnprocessableEntity}, answer.Status, "%s",
			answer.Body)
	}
	s.AwaitQuiet()
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE status <> 'succeeded'") == 0 }, "not refunded")
	s.AwaitQuiet()
	require.Equal(t, 45900, s.DB.Count(t, "SELECT amount_refunded FROM payments"))
	require.Equal(t, "refunded", s.Status(booked.Reference))
	s.RequirePromises()
}

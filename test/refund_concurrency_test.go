package test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// Fifty requests at once under one key: one refund is made, and none of the requests is refused for the amount that it reserved.
func TestOneRefundAskedFiftyTimesAtOnceIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("one-key", nil)
	answers := make(chan testkit.Answer, 50)
	for range cap(answers) {
		go func() {
			answer, err := s.API.Ask(http.MethodPost, "/v1/bookings/"+booked.Reference+"/refunds", "the-refund", []byte(`{}`))
			if err != nil {
				answer.Status = -1
			}
			answers <- answer
		}()
	}
	taken := 0
	for range cap(answers) {
		answer := <-answers
		require.Contains(t, []int{http.StatusCreated, http.StatusConflict}, answer.Status, "made, or still at work: %s", answer.Body)
		if answer.Status == http.StatusCreated {
			taken++
		}
	}
	require.Positive(t, taken)
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitQuiet()
	require.Len(t, s.Stripe.Refunds(), 1)
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
	s.RequirePromises()
}

// Fifty callers refund at once: together they never get more than was captured, by the books and by Stripe.
func TestFiftyRefundsAtOnceStayWithinTheCaptured(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("fifty", nil)
	answers := make(chan testkit.Answer, 50)
	for i := range cap(answers) {
		go func() {
			answer, err := s.API.Ask(http.MethodPost, "/v1/bookings/"+booked.Reference+"/refunds", fmt.Sprintf("fifty-%d", i), []byte(usd(10000)))
			if err != nil {
				answer.Status = -1
			}
			answers <- answer
		}()
	}
	taken := 0
	for range cap(answers) {
		switch answer := <-answers; answer.Status {
		case http.StatusCreated:
			taken++
		default:
			require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer.Body)
		}
	}
	require.Equal(t, 4, taken)
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE status = 'succeeded'") == 4 }, "not refunded")
	s.AwaitQuiet()
	s.RequirePromises()
}

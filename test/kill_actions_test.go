package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testkit"
)

// The API dies between any two of its steps on the way to cancelling, capturing or reconciling; the client asks again with the
// same key, and what it asked for has happened once.
func TestAPIKilledInAnAction(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		point string
		act   func(*testkit.Stack)
	}{
		{"api-after-action-claim", cancelUnpaid},
		{"api-after-action", cancelUnpaid},
		{"api-after-action", cancelPaid},
		{"api-after-action-answer", cancelPaid},
		{"api-after-action", captureAll},
		{"api-after-action", reconcileOnce},
		{"api-after-action", commentOnce},
	} {
		t.Run(c.point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, APIFailpoint: c.point})
			c.act(s)
			s.AwaitQuiet()
			s.RequireDeaths("starter", 1)
			require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM idempotency_keys WHERE idempotency_key = 'action'"))
			s.RequirePromises()
		})
	}
}

func cancelUnpaid(s *testkit.Stack) {
	booked := s.Book("kill", testkit.BookingBody(nil))
	postUntil(s, "/v1/bookings/"+booked.Reference+"/cancel", "action", http.StatusOK)
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(s.T, "cancelled", s.Status(booked.Reference))
	s.RequireMails(booked.Reference, "booking_cancelled")
}

func cancelPaid(s *testkit.Stack) {
	booked := s.BookAndPay("kill", nil)
	answer := postUntil(s, "/v1/bookings/"+booked.Reference+"/cancel", "action", http.StatusOK)
	require.Contains(s.T, string(answer.Body), `"refundId":"RF-`)
	s.AwaitStatus(booked.Reference, "refunded")
	require.Len(s.T, s.Stripe.Refunds(), 1)
	require.Equal(s.T, 1, s.MailCount(booked.Reference, "booking_cancelled_paid"))
}

func captureAll(s *testkit.Stack) {
	booked := authorised(s, "kill")
	postUntil(s, "/v1/bookings/"+booked.Reference+"/capture", "action", http.StatusOK)
	s.AwaitStatus(booked.Reference, "confirmed")
	s.RequireLedger(booked.Reference, "payment")
}

func reconcileOnce(s *testkit.Stack) {
	s.BookAndPay("kill", nil)
	answer := postUntil(s, "/v1/reconciliations", "action", http.StatusAccepted)
	var run struct{ CorrelationID string }
	answer.Into(s.T, &run)
	s.AwaitRunEnd("Reconciliation:" + run.CorrelationID)
	require.Equal(s.T, 1, s.DB.Count(s.T, "SELECT COUNT(*) FROM reconciliation_runs"))
}

// commentOnce comments on a matter: the comment is kept once, under the code that the first request claimed.
func commentOnce(s *testkit.Stack) {
	s.DB.Exec(s.T, "INSERT INTO attention_items (kind, subject, text, opened_at) VALUES ('earlier', 'x', 'ask somebody', UTC_TIMESTAMP(6))")
	s.API.Token = s.DB.NewKey(s.T, "desk", access.OperationsWrite)
	matter := s.DB.Text(s.T, "SELECT id FROM attention_items")
	sendUntil(s, "/v1/attention/"+matter+"/comments", "action", []byte(`{"text":"the bank answers on Monday"}`), http.StatusCreated)
	require.Equal(s.T, 1, s.DB.Count(s.T, "SELECT COUNT(*) FROM attention_steps WHERE kind = 'comment'"))
	require.Equal(s.T, 1, s.DB.Count(s.T, "SELECT COUNT(*) FROM audit_log WHERE action = 'attention.comment'"))
}

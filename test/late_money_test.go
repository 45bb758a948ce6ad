package test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// closedUnpaid is a booking that was cancelled before anybody paid, and whose workflow has ended.
func closedUnpaid(s *testkit.Stack) testkit.Booked {
	s.T.Helper()
	booked := s.Book("late", testkit.BookingBody(nil))
	answer := s.Post("/v1/bookings/"+booked.Reference+"/cancel", "", nil)
	require.Equal(s.T, http.StatusOK, answer.Status, "%s", answer.Body)
	s.AwaitWorkflowEnd(booked.Reference)
	// An event that is late, or that the sweeper signals again, starts another run, which would read what a test forces at Stripe next.
	s.AwaitQuiet()
	s.AwaitRest(s.WorkflowID(booked.Reference))
	return booked
}

func requireLateMoneyBack(s *testkit.Stack, reference string, postings ...string) {
	s.T.Helper()
	s.Eventually(func() bool {
		return s.DB.Count(s.T, "SELECT COUNT(*) FROM refunds WHERE origin = 'late_money' AND status = 'succeeded'") == 1
	}, "late money not refunded; logs:\n%s", s.Logs)
	s.AwaitQuiet()
	require.Equal(s.T, 0, s.DB.Count(s.T, "SELECT COUNT(*) FROM bookings WHERE refund_due = TRUE"))
	require.Equal(s.T, "cancelled", s.Status(reference))
	s.RequireLedger(reference, postings...)
	s.RequirePromises()
}

// deliverTypeOf has Stripe deliver its events of a type, which may have been kept from us so far.
func deliverTypeOf(s *testkit.Stack, eventType string) {
	s.T.Helper()
	request, err := http.NewRequestWithContext(s.T.Context(), http.MethodGet, s.Stripe.URL()+"/v1/events?type="+eventType, nil)
	require.NoError(s.T, err)
	request.Header.Set("Authorization", "Bearer "+testkit.StripeKey)
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.T, err)
	defer func() { _ = response.Body.Close() }()
	var page struct{ Data []struct{ ID string } }
	require.NoError(s.T, json.NewDecoder(response.Body).Decode(&page))
	require.NotEmpty(s.T, page.Data)
	for _, event := range page.Data {
		s.DeliverAgain(event.ID)
	}
}

// Late money that is disputed cannot be refunded before the bank decides. The dispute's workflow refunds it when it is won: the booking's
// ended long before.
func TestDisputedLateMoneyIsRefundedOnceTheDisputeIsWon(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := closedUnpaid(s)
	s.Stripe.EnableEvents("charge.dispute.created")
	require.NoError(t, s.Stripe.ForceSucceed(booked.Payment.PaymentIntentID))
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	awaitDispute(s, id, "needs_response")
	s.Stripe.EnableEvents()
	deliverTypeOf(s, "payment_intent.succeeded")
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "succeeded" }, "late money not recorded")
	s.AwaitQuiet()
	require.Equal(t, 0, s.DB.Count(t, "SELECT COUNT(*) FROM refunds"), "the bank holds the money")
	s.RequirePromises()

	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	requireLateMoneyBack(s, booked.Reference, "dispute", "dispute_reversal", "payment", "refund", "refund_promised")
	s.AwaitRunEnd("Dispute:" + id)
	s.SaveRun("Dispute:"+id, "dispute_won_late_money")
}

// The refund of late money was refused, because the dispute existed before its event arrived: it is asked for again.
func TestLateMoneyWasRefusedOverTheDispute(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := closedUnpaid(s)
	s.Stripe.EnableEvents("payment_intent.succeeded")
	s.Stripe.HoldWebhooks()
	require.NoError(t, s.Stripe.ForceSucceed(booked.Payment.PaymentIntentID))
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.Stripe.ReleaseWebhooks()
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE status = 'failed'") == 1 }, "not refused; logs:\n%s",
		s.Logs)
	s.AwaitQuiet()
	s.Stripe.EnableEvents()
	require.NoError(t, s.Stripe.MoveDispute(id, "under_review"))
	awaitDispute(s, id, "under_review")
	s.AwaitQuiet()
	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	requireLateMoneyBack(s, booked.Reference, "payment", "dispute", "dispute_reversal", "refund", "refund_promised")
	require.Equal(t, 2, s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE origin = 'late_money'"))
}

// Money that comes for a booking that is closed is recorded, and goes back automatically.
func TestLateMoneyGoesBack(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("late-money", testkit.BookingBody(nil))
	answer, err := s.API.Ask(http.MethodPost, "/v1/bookings/"+booked.Reference+"/cancel", "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	s.AwaitWorkflowEnd(booked.Reference)

	require.NoError(t, s.Stripe.ForceSucceed(booked.Payment.PaymentIntentID))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "succeeded" }, "late money not recorded")
	s.Eventually(func() bool { return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE status = 'succeeded'") == 1 },
		"late money not refunded")
	s.AwaitQuiet()
	require.Equal(t, "cancelled", s.Status(booked.Reference))
	require.Equal(t, 0, s.DB.Count(t, "SELECT COUNT(*) FROM bookings WHERE refund_due = TRUE"))
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE origin = 'late_money'"))
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
	s.RequireMails(booked.Reference, "booking_cancelled", "refunded")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "late_money_refunded")
}

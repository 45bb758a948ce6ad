package test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// refuseRefunds has Stripe refuse refunds for a reason that is not known to be final, and asks for one.
func refuseRefunds(s *testkit.Stack, booked testkit.Booked) refundView {
	s.T.Helper()
	s.Stripe.Faults().Add(fakestripe.Fault{
		Method: http.MethodPost, Path: "/v1/refunds", Kind: fakestripe.FaultRefused,
		Code: "refund_on_a_sunday", Count: 1000,
	})
	refund := ask(s, booked.Reference, "refund", usd(10000))
	s.Eventually(func() bool { return s.FinanceMailCount("refund_waiting") == 1 }, "not postponed; logs:\n%s", s.Logs)
	return refund
}

const bankTransfer = `{"note":"paid by bank transfer"}`

// An operator abandons a refund that Stripe refuses: it ends as failed with the note, its amount is free again, the customer hears that the
// money is owed, and verify holds. Asked again, the answer is the same.
func TestRefundThatAPersonAbandonsEnds(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("abandoned", nil)
	refund := refuseRefunds(s, booked)
	path := "/v1/refunds/" + refund.ID + "/abandon"
	s.DB.Exec(t, "UPDATE refunds SET created_at = created_at - INTERVAL 8 DAY")
	require.ErrorContains(t, s.BooksPromises(), "no refund that Stripe refuses for now waits for more than a week")

	require.Equal(t, http.StatusUnprocessableEntity, s.Post(path, "empty", []byte(`{"note":" "}`)).Status)
	for _, key := range []string{"abandon", "abandon", "other-key"} {
		answer := s.Post(path, key, []byte(bankTransfer))
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		var ended refundView
		answer.Into(t, &ended)
		require.Equal(t, "failed", ended.Status)
		require.Equal(t, "abandoned", ended.FailureReason)
	}
	require.Equal(t, http.StatusConflict, s.Post(path, "changed", []byte(`{"note":"something else"}`)).Status)
	s.AwaitRunEnd("Refund:" + refund.ID)
	s.AwaitQuiet()
	require.Equal(t, 1, s.MailCount(booked.Reference, "refund_failed"))
	require.Contains(t, s.DB.Text(t, "SELECT text FROM attention_items WHERE is_open = 1"), "abandoned: paid by bank transfer")
	require.Equal(t, 1, s.DB.Count(t,
		"SELECT COUNT(*) FROM audit_log WHERE action = 'refund.abandon' AND subject = ? AND booking_id IS NOT NULL", refund.ID))
	require.Empty(t, s.Stripe.Refunds())
	s.RequirePromises()
	s.SaveRun("Refund:"+refund.ID, "refund_abandoned")

	s.Stripe.Faults().Clear()
	whole := ask(s, booked.Reference, "whole", `{}`)
	awaitRefund(s, whole.ID, "succeeded")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised", "refund_promised")
	s.RequirePromises()
}

// Stripe has made a refund that the books have as refused for now: who abandons it learns that, and it is adopted.
func TestAbandonedRefundThatStripeHasMadeIsAdopted(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("made", nil)
	refund := refuseRefunds(s, booked)
	s.Stripe.Faults().Clear()
	s.Stripe.HoldWebhooks()
	require.Equal(t, http.StatusOK, s.PostToStripe("/v1/refunds", url.Values{
		"payment_intent": {booked.Payment.PaymentIntentID}, "amount": {"10000"}, "metadata[refund_id]": {refund.ID},
	}, nil))
	out, err := starterWith(s, "refund", "abandon", refund.ID, "--note", "paid by bank transfer")
	if err != nil { // on a slow machine the workflow's poll of one minute has adopted the refund first, and there is nothing to abandon
		require.Equal(t, "succeeded", awaitRefund(s, refund.ID, "succeeded").Status, "%s", err)
	} else {
		require.Contains(t, out, refund.ID+" is ")
		require.NotContains(t, out, "failed")
	}
	awaitRefund(s, refund.ID, "succeeded")
	s.Stripe.ReleaseWebhooks()
	s.AwaitQuiet()
	require.Len(t, s.Stripe.Refunds(), 1)
	require.Zero(t, s.MailCount(booked.Reference, "refund_failed"))
	require.Equal(t, 1, s.MailCount(booked.Reference, "refunded"))
	requireNoAttention(s)
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
	s.RequirePromises()
}

// Stripe made the refund, answered 500 and does not list it yet when an operator abandons it: it is adopted, before the decision or after
// it, and the customer never hears that it was not made.
func TestAbandonedRefundOfUnknownOutcomeIsLookedForFirst(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{ListLag: time.Minute})
	booked := s.BookAndPay("outstanding", nil)
	s.AwaitQuiet()
	refund := refuseRefunds(s, booked)
	s.Stripe.HoldWebhooks()
	s.Stripe.LagLists(4*time.Second, "/v1/refunds")
	s.Stripe.Faults().Clear()
	loseRefund(s)
	require.NoError(t, s.Temporal.SignalWorkflow(t.Context(), "Refund:"+refund.ID, "", "stripe-event",
		map[string]string{"eventId": "evt_wake"}))
	s.Eventually(func() bool { return len(s.Stripe.Refunds()) == 1 }, "not asked again")
	answer, err := s.API.Do(http.MethodPost, "/v1/refunds/"+refund.ID+"/abandon", "", []byte(bankTransfer))
	require.NoError(t, err)
	require.Contains(t, []int{http.StatusOK, http.StatusConflict, http.StatusServiceUnavailable}, answer.Status, "%s", answer.Body)
	awaitRefund(s, refund.ID, "succeeded")
	s.Stripe.ReleaseWebhooks()
	s.AwaitQuiet()
	require.Len(t, s.Stripe.Refunds(), 1)
	require.Zero(t, s.MailCount(booked.Reference, "refund_failed"))
	s.RequirePromises()
}

// What Stripe has not refused, or has made, cannot be abandoned; nor another client's refund, nor without the scope.
func TestOnlyRefundsThatStripeRefusesCanBeAbandoned(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("refused", nil)
	made := ask(s, booked.Reference, "made", usd(10000))
	awaitRefund(s, made.ID, "succeeded")
	answer := s.Post("/v1/refunds/"+made.ID+"/abandon", "abandon", []byte(bankTransfer))
	require.Equal(t, http.StatusConflict, answer.Status)
	require.Contains(t, string(answer.Body), "Stripe has made the refund: it is succeeded")
	require.Equal(t, http.StatusNotFound, s.Post("/v1/refunds/RF-7K2M9QXA/abandon", "none", []byte(bankTransfer)).Status)
	_, err := starterWith(s, "refund", "abandon", made.ID)
	require.ErrorContains(t, err, "invalid --note")
	s.RequirePromises()
}

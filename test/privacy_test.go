package test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/dev/testkit"
)

// Names, addresses and secrets that are planted in bookings and at Stripe are found in no history, log line, file or mail, and in
// no table but where they belong; one correlation id is found in every place from the request to the mail.
func TestNothingLeaksAndOneIDLeadsThrough(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, PayPage: true})
	booked := s.Book("canaries", testkit.BookingBody(nil))
	require.Equal(t, http.StatusPaymentRequired, s.Pay(booked.Payment.PaymentIntentID, "pm_card_chargeDeclined"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "failed" }, "decline not recorded")
	payTyping(s, booked.Payment.PaymentIntentID)
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	refund := ask(s, booked.Reference, "canary-key-for-a-refund", `{"amount":{"value":100,"currency":"USD"},"note":"Canary note about Layla"}`)
	awaitRefund(s, refund.ID, "succeeded")
	dispute, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	awaitDispute(s, dispute, "needs_response")
	shop := s.API.Token
	s.API.Token = s.DB.NewKey(t, "desk", access.OperationsRead, access.OperationsWrite, access.DisputesWrite)
	revision := writeEvidence(s, dispute, "Canary note about Layla")
	submitted := s.Post("/v1/disputes/"+dispute+"/evidence-draft/submit", "canary-key-for-evidence", submission(dispute, revision))
	require.Equal(t, http.StatusOK, submitted.Status, "%s", submitted.Body)
	s.API.Token = shop
	require.NoError(t, s.Stripe.MoveDispute(dispute, "lost"))
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitRunEnd("Dispute:" + dispute)
	s.AwaitQuiet()
	other := s.BookAndPay("canary-key-for-a-payout", nil)
	s.AwaitQuiet()
	s.Stripe.SettleFunds()
	payout := provenPayout(s)
	s.AwaitQuiet()
	again := s.DropWebhooks()
	_, err = s.Stripe.RefundInDashboard(other.Payment.PaymentIntentID, 700)
	require.NoError(t, err)
	s.Stripe.Settle()
	again()
	run := reconcile(s, `{}`)
	require.Positive(t, run.Fixed)
	s.AwaitQuiet()
	_, err = starterWith(s, "emails", "resend", s.DB.Text(t, "SELECT MIN(id) FROM emails"))
	require.NoError(t, err)
	mail := "SendMail:" + s.DB.Text(t, "SELECT MAX(id) FROM emails")
	s.AwaitRunEnd(mail)

	c := canariesOf(s, booked)
	c.searchTables(s)
	c.searchHistories(s, s.WorkflowID(booked.Reference), "Refund:"+refund.ID, "Dispute:"+dispute, "Payout:"+payout,
		"Reconciliation:"+run.CorrelationID, mail)
	c.searchMails(s)
	c.searchCommands(s, booked.Reference, run.CorrelationID)
	require.NotEmpty(t, s.Logs.String())
	c.require(t, "the logs", s.Logs.String(), c.all()...)
	for name, text := range s.EveryFile() {
		c.require(t, name, text, c.all()...)
	}

	id := s.CorrelationID(booked.Reference)
	require.NotEmpty(t, id)
	require.Contains(t, s.HistoryText(booked.Reference), id)
	require.Equal(t, id, s.StripeMetadata(booked.Payment.PaymentIntentID, "correlation_id"))
	mails := s.Mails(booked.Reference)
	require.NotEmpty(t, mails)
	for _, message := range mails {
		require.Equal(t, id, message.Header.Get("X-Correlation-ID"))
	}
	require.NotEmpty(t, s.LogLines("worker", `"WorkerID":"worker `), "who did it is no address")
	for _, service := range []string{"api", "worker"} {
		require.NotEmpty(t, s.LogLines(service, id), "no line of %s bears the correlation id", service)
	}
}

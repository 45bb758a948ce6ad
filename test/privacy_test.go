package test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/testkit"
)

// Names, addresses and secrets planted in a booking are found in no history and no log line; one correlation id is
// found in every place from the request to the mail.
func TestNothingLeaksAndOneIDLeadsThrough(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("canaries", testkit.BookingBody(nil))
	require.Equal(t, http.StatusPaymentRequired, s.Pay(booked.Payment.PaymentIntentID, "pm_card_chargeDeclined"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "failed" }, "decline not recorded")
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	refund := ask(s, booked.Reference, "canary-key-for-a-refund", `{"amount":{"value":100,"currency":"USD"},"note":"Canary note about Layla"}`)
	awaitRefund(s, refund.ID, "succeeded")
	dispute, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	require.NoError(t, s.Stripe.MoveDispute(dispute, "lost"))
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitRunEnd("Dispute:" + dispute)
	s.AwaitQuiet()
	other := s.BookAndPay("canary-key-for-a-payout", nil)
	s.AwaitQuiet()
	s.Stripe.SettleFunds()
	payout, err := s.Stripe.PayOut("usd")
	require.NoError(t, err)
	awaitPayout(s, payout, "pending", "proven")
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

	canaries := []string{
		"Layla", "Haddad", "canary-mail", testkit.StripeKey, testkit.WebhookSecret, "Canary note", "canary-key",
		booked.Payment.ClientSecret, "_secret_", s.API.Token, "4242424242424242",
	}
	places := map[string]string{
		"the booking's history": s.HistoryText(booked.Reference), "the refund's": s.RunText("Refund:"+refund.ID, ""),
		"the dispute's": s.RunText("Dispute:"+dispute, ""), "the payout's": s.RunText("Payout:"+payout, ""),
		"the reconciliation's": s.RunText("Reconciliation:"+run.CorrelationID, ""), "the mail's": s.RunText(mail, ""),
		"the logs": s.Logs.String(),
	}
	for place, text := range places {
		require.NotEmpty(t, text)
		for _, canary := range canaries {
			require.False(t, strings.Contains(text, canary), "%q stands in %s", canary, place)
		}
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
	require.NotEmpty(t, s.LogLines("worker", `"WorkerID":"test.test `), "who did it is no address")
	for _, service := range []string{"api", "worker"} {
		require.NotEmpty(t, s.LogLines(service, id), "no line of %s bears the correlation id", service)
	}
}

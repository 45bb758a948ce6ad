package test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// refundView is what the API says of a refund.
type refundView struct {
	ID, Status, Origin, FailureReason string
	Amount                            struct{ Value int64 }
}

func ask(s *testkit.Stack, reference, key string, body string) refundView {
	s.T.Helper()
	answer := s.Post("/v1/bookings/"+reference+"/refunds", key, []byte(body))
	require.Equal(s.T, http.StatusCreated, answer.Status, "%s", answer.Body)
	var refund refundView
	answer.Into(s.T, &refund)
	require.Equal(s.T, "/v1/refunds/"+refund.ID, answer.Header.Get("Location"))
	return refund
}

func awaitRefund(s *testkit.Stack, id, status string) refundView {
	s.T.Helper()
	var refund refundView
	s.Eventually(func() bool {
		answer, err := s.API.Do(http.MethodGet, "/v1/refunds/"+id, "", nil)
		if err != nil || answer.Status != http.StatusOK { // it is asked again: the database may be slow for once
			return false
		}
		answer.Into(s.T, &refund)
		return refund.Status == status
	}, "refund %s never became %s; logs:\n%s", id, status, s.Logs)
	return refund
}

func usd(value int) string { return fmt.Sprintf(`{"amount":{"value":%d,"currency":"USD"}}`, value) }

// A refund that is pending at Stripe is waited for, through the customer's action, for as long as it takes.
func TestRefundWaitsForTheBank(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("pending-refund", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_pendingRefund"))
	s.AwaitStatus(booked.Reference, "confirmed")
	refund := ask(s, booked.Reference, "pending", `{}`)
	awaitRefund(s, refund.ID, "pending")
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	id := s.Stripe.Refunds()[0].ID
	require.NoError(t, s.Stripe.RequireRefundAction(id))
	awaitRefund(s, refund.ID, "requires_action")
	require.NoError(t, s.Stripe.SettleRefund(id))
	awaitRefund(s, refund.ID, "succeeded")
	s.AwaitRunEnd("Refund:" + refund.ID)
	s.AwaitQuiet()
	require.Equal(t, 1, s.MailCount(booked.Reference, "refund_started"))
	require.Equal(t, 1, s.MailCount(booked.Reference, "refunded"))
	s.RequirePromises()
	s.SaveRun("Refund:"+refund.ID, "refund_pending")
}

// With an insufficient balance Stripe takes nothing until it can: the ledger follows the balance, not the state.
func TestRefundWaitsForTheBalance(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("insufficient", nil)
	s.Stripe.HoldRefunds(true)
	refund := ask(s, booked.Reference, "refund", `{}`)
	awaitRefund(s, refund.ID, "pending")
	s.RequireLedger(booked.Reference, "payment", "refund_promised")
	s.RequirePromises()
	require.NoError(t, s.Stripe.SettleRefund(s.Stripe.Refunds()[0].ID))
	awaitRefund(s, refund.ID, "succeeded")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
	s.RequirePromises()
}

// The bank sends back a refund that had succeeded: the ledger reverses it, an operator sees it, and the customer gets an email.
func TestRefundThatFailsLaterIsReversed(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("refund-fails", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_refundFail"))
	s.AwaitStatus(booked.Reference, "confirmed")
	refund := ask(s, booked.Reference, "fails", `{}`)
	awaitRefund(s, refund.ID, "succeeded")
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitQuiet()
	s.AwaitRunEnd("Refund:" + refund.ID)
	require.NoError(t, s.Stripe.FailRefund(s.Stripe.Refunds()[0].ID, "expired_or_canceled_card"))
	failed := awaitRefund(s, refund.ID, "failed")
	require.Equal(t, "expired_or_canceled_card", failed.FailureReason)
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_failure", "refund_promised")
	require.Equal(t, 1, s.MailCount(booked.Reference, "refund_failed"))
	var view struct{ Attention string }
	s.API.Get("/v1/bookings/"+booked.Reference, &view)
	require.Contains(t, view.Attention, refund.ID)
	s.RequirePromises()
	s.SaveRun("Refund:"+refund.ID, "refund_failed_later")
}

// A refund that waits for the customer is cancelled in Stripe's dashboard: the money comes back, the amount is free again, and the customer
// gets an email.
func TestCanceledRefundFreesItsAmount(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("canceled-refund", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_pendingRefund"))
	s.AwaitStatus(booked.Reference, "confirmed")
	refund := ask(s, booked.Reference, "stopped", `{}`)
	awaitRefund(s, refund.ID, "pending")
	id := s.Stripe.Refunds()[0].ID
	require.NoError(t, s.Stripe.RequireRefundAction(id))
	awaitRefund(s, refund.ID, "requires_action")
	require.Equal(t, http.StatusOK, s.PostToStripe("/v1/refunds/"+id+"/cancel", nil, nil))
	awaitRefund(s, refund.ID, "canceled")
	s.AwaitRunEnd("Refund:" + refund.ID)
	s.AwaitQuiet()
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_failure", "refund_promised")
	require.Equal(t, 1, s.MailCount(booked.Reference, "refund_failed"))
	s.RequirePromises()
	s.SaveRun("Refund:"+refund.ID, "refund_canceled")
	awaitRefund(s, ask(s, booked.Reference, "again", usd(45900)).ID, "pending")
	s.AwaitQuiet()
	s.RequirePromises()
}

// Whatever Stripe answers to the creation, one refund is made.
func TestRefundIsMadeOnceUnderFaults(t *testing.T) {
	t.Parallel()
	for _, kind := range []fakestripe.FaultKind{
		fakestripe.FaultAnswerLost, fakestripe.Fault500Before, fakestripe.Fault500After, fakestripe.FaultRateLimit,
		fakestripe.FaultLockTimeout, fakestripe.FaultHTML502, fakestripe.FaultKeyInUse,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{})
			booked := s.BookAndPay("faulty-refund", nil)
			s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/refunds", Kind: kind, Count: 2})
			refund := ask(s, booked.Reference, "refund", usd(10000))
			awaitRefund(s, refund.ID, "succeeded")
			s.AwaitQuiet()
			require.Len(t, s.Stripe.Refunds(), 1)
			s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
			s.RequirePromises()
		})
	}
}

// Stripe takes dinars in hundredths, written as thousandths: a refund has to end in 0.
func TestRefundHasTheLastDigitThatStripeTakes(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("dinars", func(body map[string]any) { body["amount"] = map[string]any{"value": 45900, "currency": "KWD"} })
	answer := s.Post("/v1/bookings/"+booked.Reference+"/refunds", "thousandths", []byte(`{"amount":{"value":1234,"currency":"KWD"}}`))
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer.Body)
	require.Contains(t, string(answer.Body), "must end in 0")
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM refunds"))
	awaitRefund(s, ask(s, booked.Reference, "hundredths", `{"amount":{"value":1230,"currency":"KWD"}}`).ID, "succeeded")
	s.AwaitQuiet()
	s.RequirePromises()
}

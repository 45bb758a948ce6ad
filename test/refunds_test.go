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
		s.API.Get("/v1/refunds/"+id, &refund)
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
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
	require.NoError(t, s.Stripe.SettleRefund(s.Stripe.Refunds()[0].ID))
	awaitRefund(s, refund.ID, "succeeded")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "refund")
	s.RequirePromises()
}

// A refund that the bank sends back after it succeeded is reversed in the ledger, shown, and told to the customer.
func TestRefundFailsLater(t *testing.T) {
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
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_failure")
	require.Equal(t, 1, s.MailCount(booked.Reference, "refund_failed"))
	var view struct{ Attention string }
	s.API.Get("/v1/bookings/"+booked.Reference, &view)
	require.Contains(t, view.Attention, refund.ID)
	s.RequirePromises()
	s.SaveRun("Refund:"+refund.ID, "refund_failed_later")
}

// A refund that waits for the customer can be stopped in Stripe's dashboard: what the balance had paid comes back, the amount
// is free again, and the customer hears of it.
func TestRefundIsCanceled(t *testing.T) {
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
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_failure")
	require.Equal(t, 1, s.MailCount(booked.Reference, "refund_failed"))
	s.RequirePromises()
	s.SaveRun("Refund:"+refund.ID, "refund_canceled")
	awaitRefund(s, ask(s, booked.Reference, "again", usd(45900)).ID, "pending")
	s.AwaitQuiet()
	s.RequirePromises()
}

// What somebody refunds in Stripe's dashboard is taken in the same way, and cannot be refunded a second time.
func TestRefundInTheDashboard(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("dashboard", nil)
	id, err := s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 40000)
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "partially_refunded")
	s.AwaitQuiet()
	require.Equal(t, "dashboard", s.DB.Text(t, "SELECT origin FROM refunds WHERE stripe_refund_id = ?", id))
	answer := s.Post("/v1/bookings/"+booked.Reference+"/refunds", "too-much", []byte(usd(10000)))
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer.Body)
	require.Equal(t, 1, s.MailCount(booked.Reference, "refunded"))
	s.RequirePromises()
	s.SaveRun("Refund:"+id, "refund_dashboard")
}

// An endpoint that was set up for charge.refunded and hears of no refund by name: what was refunded in the dashboard is looked
// for at Stripe and taken in once, in parts, two of them equal, beside a refund of our own.
func TestChargeRefundedAlone(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.EnableEvents("payment_intent.succeeded", "charge.refunded")
	booked := s.BookAndPay("charge-refunded", nil)
	awaitRefund(s, ask(s, booked.Reference, "ours", usd(300)).ID, "succeeded")
	s.AwaitQuiet()
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE type = 'charge.refunded' AND note = 'its refunds are known'"))
	s.Stripe.HoldWebhooks()
	for range 2 {
		_, err := s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 1000)
		require.NoError(t, err)
	}
	s.Stripe.ReleaseWebhooksDisordered(2)
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE status = 'succeeded'") == 3
	}, "the refunds were not taken in; logs:\n%s", s.Logs)
	s.AwaitQuiet()
	s.AwaitRunEnd("ChargeRefunds:" + booked.Payment.PaymentIntentID)
	s.RequireLedger(booked.Reference, "payment", "refund", "refund", "refund")
	require.Equal(t, 3, s.MailCount(booked.Reference, "refunded"))
	require.Equal(t, "partially_refunded", s.Status(booked.Reference))
	s.RequirePromises()
	s.SaveRun("ChargeRefunds:"+booked.Payment.PaymentIntentID, "charge_refunds")
}

// What Stripe refuses for good is recorded as failed, and its amount is free again.
func TestStripeRefusesTheRefund(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("refused-refund", nil)
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/refunds", Kind: fakestripe.FaultInvalidRequest})
	refund := ask(s, booked.Reference, "refused", `{}`)
	awaitRefund(s, refund.ID, "failed")
	s.AwaitQuiet()
	require.Empty(t, s.Stripe.Refunds())
	require.Equal(t, 1, s.MailCount(booked.Reference, "refund_failed"))
	awaitRefund(s, ask(s, booked.Reference, "again", `{}`).ID, "succeeded")
	s.AwaitQuiet()
	s.RequirePromises()
	s.SaveRun("Refund:"+refund.ID, "refund_refused")
}

// Whatever Stripe's answer to the creation is, there is one refund.
func TestRefundUnderFaults(t *testing.T) {
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
			s.RequireLedger(booked.Reference, "payment", "refund")
			s.RequirePromises()
		})
	}
}

// One request fifty times at once, under one key: one refund, and nobody is refused for what it has taken itself.
func TestOneRefundFiftyTimesAtOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("one-key", nil)
	answers := make(chan testkit.Answer, 50)
	for range cap(answers) {
		go func() {
			answer, err := s.API.Do(http.MethodPost, "/v1/bookings/"+booked.Reference+"/refunds", "the-refund", []byte(`{}`))
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
	s.RequireLedger(booked.Reference, "payment", "refund")
	s.RequirePromises()
}

// A refund ends as its currency wants: Stripe takes dinars in hundredths.
func TestRefundOfThousandths(t *testing.T) {
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

// Fifty callers at once: what is taken never exceeds what was captured, by the books and by Stripe.
func TestFiftyRefundsAtOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("fifty", nil)
	answers := make(chan testkit.Answer, 50)
	for i := range cap(answers) {
		go func() {
			answer, err := s.API.Do(http.MethodPost, "/v1/bookings/"+booked.Reference+"/refunds", fmt.Sprintf("fifty-%d", i), []byte(usd(10000)))
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

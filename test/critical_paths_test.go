// Package test holds the tests of Farebook as a whole, on real parts: the paths that must never break, the kills, the
// faults, and what may never leak.
package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// The eight paths that must never break, by name.

func TestCompleteBookingFlow(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("complete-flow", testkit.BookingBody(nil))
	require.Equal(t, "pending_payment", booked.Status)
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireMails(booked.Reference, "booking_confirmed")
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "confirmed")
}

func TestPaymentFailure(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("declined", testkit.BookingBody(nil))
	for range 2 { // an email tells the customer of the first decline only
		require.Equal(t, http.StatusPaymentRequired, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa_chargeDeclinedInsufficientFunds"))
		s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "failed" }, "decline not recorded")
		s.Stripe.Settle()
	}
	require.Equal(t, "pending_payment", s.Status(booked.Reference), "a decline leaves the booking payable")
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireMails(booked.Reference, "payment_failed", "booking_confirmed")
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "declined_then_confirmed")
}

func TestCancelBeforePayment(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("cancelled", testkit.BookingBody(nil))
	for range 2 { // a cancel said twice is answered twice
		answer, err := s.API.Ask(http.MethodPost, "/v1/bookings/"+booked.Reference+"/cancel", "", nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	}
	require.Equal(t, "cancelled", s.Status(booked.Reference))
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireMails(booked.Reference, "booking_cancelled")
	s.RequireLedger(booked.Reference)
	require.NotEqual(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"), "Stripe takes no money for it any more")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "cancelled")
}

func TestWebhookDeduplication(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Sweep: time.Hour}) // a signal that the sweeper repeats may start another run
	booked := s.Book("webhooks", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	before := s.LedgerDigest()
	event := s.EventOf(booked.Reference, "payment_intent.succeeded")
	require.True(t, event.Processed)

	// processed=true: a delivery more is acknowledged and wakes nobody.
	run := s.LatestRun(s.WorkflowID(booked.Reference))
	require.Equal(t, http.StatusOK, s.DeliverAgain(event.ID))
	require.Equal(t, run, s.LatestRun(s.WorkflowID(booked.Reference)))

	// processed=false (a crash before the recording): it is processed again, and changes nothing else.
	s.DB.Exec(t, "UPDATE stripe_events SET processed = FALSE, processed_at = NULL WHERE stripe_event_id = ?", event.ID)
	require.Equal(t, http.StatusOK, s.DeliverAgain(event.ID))
	s.Eventually(func() bool { return s.EventOf(booked.Reference, "payment_intent.succeeded").Processed }, "event not processed again")
	s.AwaitWorkflowEnd(booked.Reference)
	require.NotEqual(t, run, s.LatestRun(s.WorkflowID(booked.Reference)))
	require.Equal(t, before, s.LedgerDigest())
	s.RequireMails(booked.Reference, "booking_confirmed")
	s.RequirePromises()
}

// Two equal parts and the rest, each with its key; the booking follows, the customer hears of each, the books balance.
func TestRefundFlow(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.BookAndPay("refund", nil)
	first := ask(s, booked.Reference, "part-1", usd(10000))
	awaitRefund(s, first.ID, "succeeded")
	s.AwaitStatus(booked.Reference, "partially_refunded")
	again := ask(s, booked.Reference, "part-1", usd(10000))
	require.Equal(t, first.ID, again.ID, "the same key is the same refund")
	second := ask(s, booked.Reference, "part-2", usd(10000))
	require.NotEqual(t, first.ID, second.ID, "another key is another refund")
	awaitRefund(s, second.ID, "succeeded")
	rest := ask(s, booked.Reference, "rest", `{}`)
	require.Equal(t, int64(25900), rest.Amount.Value)
	awaitRefund(s, rest.ID, "succeeded")
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitQuiet()
	require.Len(t, s.Stripe.Refunds(), 3)
	s.RequireLedger(booked.Reference, "payment", "refund", "refund", "refund", "refund_promised", "refund_promised", "refund_promised")
	require.Equal(t, 3, s.MailCount(booked.Reference, "refunded"))
	s.RequirePromises()
	s.SaveRun("Refund:"+first.ID, "refund_succeeded")
}

func TestIdempotencySameKeyDifferentPayload(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	body := testkit.BookingBody(nil)
	first, err := s.API.Ask(http.MethodPost, "/v1/bookings", "key-1", body)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, first.Status, "%s", first.Body)

	again, err := s.API.Ask(http.MethodPost, "/v1/bookings", "key-1", body)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, again.Status)
	require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	require.JSONEq(t, string(first.Body), string(again.Body))

	other, err := s.API.Ask(http.MethodPost, "/v1/bookings", "key-1",
		testkit.BookingBody(func(b map[string]any) { b["holdMinutes"] = 31 }))
	require.NoError(t, err)
	require.Equal(t, http.StatusUnprocessableEntity, other.Status, "%s", other.Body)
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM payments"))
	require.Equal(t, 1, s.CreatedPaymentIntents())
}

// What a booking's state does not allow is refused with 409, and nothing changes.
func TestStateMachineGuards(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	unpaid := s.Book("unpaid", testkit.BookingBody(nil)).Reference
	refused := func(reference, action, says string) {
		t.Helper()
		answer := s.Post("/v1/bookings/"+reference+"/"+action, "guard-"+action+reference, nil)
		require.Equal(t, http.StatusConflict, answer.Status, "%s: %s", action, answer.Body)
		require.Contains(t, string(answer.Body), says)
	}
	refused(unpaid, "refunds", "no captured payment")
	refused(unpaid, "capture", "was not created with")
	require.Equal(t, "pending_payment", s.Status(unpaid))
	require.Equal(t, http.StatusOK, s.Post("/v1/bookings/"+unpaid+"/cancel", "", nil).Status)
	refused(unpaid, "refunds", "no captured payment")

	paid := s.BookAndPay("paid", nil)
	refused(paid.Reference, "capture", "was not created with")
	require.Equal(t, http.StatusCreated, s.Post("/v1/bookings/"+paid.Reference+"/refunds", "all", nil).Status)
	s.AwaitStatus(paid.Reference, "refunded")
	refused(paid.Reference, "cancel", "refunded")
	answer := s.Post("/v1/bookings/"+paid.Reference+"/refunds", "more", nil)
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer.Body)
	s.RequirePromises()
}

// A dry run finds a payment whose events were lost, plans to record it, and changes nothing.
func TestReconciliationDryRun(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.BookAndPay("clean", nil)
	lost := s.Book("lost", testkit.BookingBody(nil))
	s.AwaitQuiet()
	again := s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(lost.Payment.PaymentIntentID, "pm_card_visa"))
	again()
	before, posts := everythingElse(s), s.StripePosts()
	run := reconcile(s, `{"dryRun":true}`)
	require.Equal(t, map[string]int{"missing_in_ledger": 1, "state_mismatch": 1}, run.classes(), "%+v", run.Details)
	require.Zero(t, run.Fixed)
	require.Equal(t, before, everythingElse(s))
	require.Equal(t, posts, s.StripePosts())
	require.Equal(t, "pending_payment", s.Status(lost.Reference))
	require.Equal(t, 1, reconcile(s, `{}`).Fixed, "two items, one payment")
	s.AwaitStatus(lost.Reference, "confirmed")
	s.AwaitQuiet()
	s.RequirePromises()
}

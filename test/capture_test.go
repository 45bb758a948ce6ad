package test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// authorised is a booking whose payment is authorised and not captured.
func authorised(s *testkit.Stack, key string) testkit.Booked {
	s.T.Helper()
	booked := s.Book(key, testkit.BookingBody(func(body map[string]any) { body["capture"] = "manual" }))
	require.Equal(s.T, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "authorized" }, "not authorised; logs:\n%s", s.Logs)
	require.Equal(s.T, "pending_payment", s.Status(booked.Reference), "an authorised booking is not confirmed")
	s.RequireLedger(booked.Reference)
	return booked
}

// requireNothingBack holds that what Stripe let go of an authorisation is no refund of ours: no row, no mail, and events that
// say so.
func requireNothingBack(s *testkit.Stack, booked testkit.Booked) {
	s.T.Helper()
	s.AwaitQuiet()
	var letGo []string
	for _, refund := range s.Stripe.Refunds() {
		if refund.PaymentIntent == booked.Payment.PaymentIntentID && refund.Uncaptured {
			letGo = append(letGo, refund.ID)
		}
	}
	require.Len(s.T, letGo, 1, "Stripe shows a refund")
	require.Zero(s.T, s.DB.Count(s.T, "SELECT COUNT(*) FROM refunds"))
	require.Zero(s.T, s.MailCount(booked.Reference, "refunded"))
	require.Equal(s.T, 1, s.DB.Count(s.T,
		"SELECT COUNT(*) FROM stripe_events WHERE type = 'refund.created' AND object_id = ? AND processed AND "+
			"note = 'releases an authorisation of which nothing was captured'", letGo[0]))
	require.Empty(s.T, reconcile(s, `{"dryRun":true}`).Details, "and reconciliation finds nothing")
	s.RequirePromises()
}

func TestCapturedAuthorisationConfirmsTheBooking(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := authorised(s, "capture-all")
	for range 2 {
		answer := s.Post("/v1/bookings/"+booked.Reference+"/capture", "capture", nil)
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		require.Contains(t, string(answer.Body), `"status":"confirmed"`)
	}
	s.AwaitWorkflowEnd(booked.Reference)
	s.AwaitQuiet()
	s.RequireMails(booked.Reference, "payment_authorized", "booking_confirmed")
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "captured")
}

// A capture of less than was authorised: Stripe's two balance transactions are two postings, and refunds are bounded by what was captured.
func TestCaptureInPartIsTwoPostingsAndBoundsRefunds(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := authorised(s, "capture-part")
	answer := s.Post("/v1/bookings/"+booked.Reference+"/capture", "", []byte(usd(30000)))
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	s.RequireLedger(booked.Reference, "payment", "partial_capture_reversal")
	requireNothingBack(s, booked)
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	again := s.Post("/v1/bookings/"+booked.Reference+"/capture", "", []byte(usd(40000)))
	require.Equal(t, http.StatusConflict, again.Status, "%s", again.Body)
	more := s.Post("/v1/bookings/"+booked.Reference+"/refunds", "more", []byte(usd(30001)))
	require.Equal(t, http.StatusUnprocessableEntity, more.Status, "%s", more.Body)
	awaitRefund(s, ask(s, booked.Reference, "all", `{}`).ID, "succeeded")
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitWorkflowEnd(booked.Reference)
	s.AwaitQuiet()
	s.RequirePromises()
	s.SaveHistory(booked.Reference, "captured_in_part")
}

// The balance transactions of a partial capture can come later. Until then, the refund of the rest is not recorded.
func TestCaptureInPartWaitsForItsBalanceTransactions(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.DelayBalanceTransactions(true)
	booked := authorised(s, "capture-part-later")
	answer := s.Post("/v1/bookings/"+booked.Reference+"/capture", "", []byte(usd(30000)))
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment")
	for _, item := range reconcile(s, `{}`).Details {
		require.Equal(t, "clearing", item.Object, "Stripe's balance is behind, and that is all: %+v", item)
	}
	s.Stripe.ReleaseBalanceTransactions()
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireLedger(booked.Reference, "payment", "stripe_fee", "partial_capture_reversal")
	requireNothingBack(s, booked)
}

// Nobody heard of a capture in part: what reconciliation finds of it is the payment, and healed as one.
func TestReconciliationHealsACaptureInPart(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Sweep: rareSweeps})
	booked := authorised(s, "part-unheard")
	s.AwaitQuiet()
	s.AwaitRest(s.WorkflowID(booked.Reference))
	again := s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.PostToStripe("/v1/payment_intents/"+booked.Payment.PaymentIntentID+"/capture",
		url.Values{"amount_to_capture": {"30000"}}, nil))
	again()
	run := reconcile(s, `{}`)
	require.Equal(t, map[string]int{"missing_in_ledger": 2, "state_mismatch": 1}, run.classes(), "%+v", run.Details)
	for _, item := range run.Details {
		require.Equal(t, "payment", item.Object, "%+v", item)
	}
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "partial_capture_reversal")
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM refunds"))
	require.Empty(t, reconcile(s, `{}`).Details)
	s.RequirePromises()
}

// Two amounts, five requests each, all at once: one amount is captured, and the requests for the other are refused.
func TestCapturesAtOnceTakeOneAmount(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := authorised(s, "captures")
	type asked struct{ amount, status int }
	answers := make(chan asked, 10)
	for i := range cap(answers) {
		amount := []int{30000, 45900}[i%2]
		go func() {
			answer, err := s.API.Ask(http.MethodPost, "/v1/bookings/"+booked.Reference+"/capture", "", []byte(usd(amount)))
			if err != nil {
				answer.Status = -1
			}
			answers <- asked{amount, answer.Status}
		}()
	}
	var all []asked
	for range cap(answers) {
		all = append(all, <-answers)
	}
	captured := s.DB.Count(t, "SELECT amount_captured FROM payments")
	for _, one := range all {
		want := http.StatusConflict
		if one.amount == captured {
			want = http.StatusOK
		}
		require.Equal(t, want, one.status, "%d was asked for, %d captured", one.amount, captured)
	}
	s.AwaitQuiet()
	s.RequirePromises()
}

func TestAuthorisationIsReleasedOnCancel(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := authorised(s, "release")
	answer := s.Post("/v1/bookings/"+booked.Reference+"/cancel", "", nil)
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	refused := s.Post("/v1/bookings/"+booked.Reference+"/capture", "", nil)
	require.Equal(t, http.StatusConflict, refused.Status, "%s", refused.Body)
	s.AwaitWorkflowEnd(booked.Reference)
	requireNothingBack(s, booked)
	s.RequireMails(booked.Reference, "payment_authorized", "booking_cancelled")
	require.Equal(t, "cancelled", s.Status(booked.Reference))
	s.RequireLedger(booked.Reference)
	s.SaveHistory(booked.Reference, "authorisation_released")
}

// Finance is warned before an authorisation runs out, and Farebook releases it an hour before. The end of the hold does not release it.
func TestAuthorisationIsReleasedBeforeItRunsOut(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: briefHolds})
	s.Stripe.SetAuthorisationLife(time.Hour + 15*time.Second) // the hold ends before that
	booked := authorised(s, "runs-out")
	s.AwaitStatus(booked.Reference, "expired")
	require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
	s.AwaitWorkflowEnd(booked.Reference)
	s.AwaitQuiet()
	require.Equal(t, 1, s.FinanceMailCount("capture_due"))
	require.Equal(t, 1, s.MailCount(booked.Reference, "hold_expired"))
	s.RequireLedger(booked.Reference)
	requireNothingBack(s, booked)
	s.SaveHistory(booked.Reference, "authorisation_ran_out")
}

// Stripe releases an authorisation when Farebook was down for too long.
func TestAuthorisationThatExpiresAtStripeExpiresTheBooking(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := authorised(s, "expires-at-stripe")
	s.Stripe.Advance(8 * 24 * time.Hour)
	s.AwaitStatus(booked.Reference, "expired")
	s.AwaitWorkflowEnd(booked.Reference)
	requireNothingBack(s, booked)
	s.RequireLedger(booked.Reference)
	s.SaveHistory(booked.Reference, "authorisation_expired_at_stripe")
}

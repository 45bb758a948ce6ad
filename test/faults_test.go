package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// Whatever happens to the answer of a creation, one PaymentIntent can be paid, and is paid once.
func TestFaultsOnCreateMakeOnePaymentIntent(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fakestripe.FaultKind{
		"answer lost after the effect": fakestripe.FaultAnswerLost,
		"500 before the effect":        fakestripe.Fault500Before,
		"500 after the effect":         fakestripe.Fault500After,
		"429":                          fakestripe.FaultRateLimit,
		"lock_timeout":                 fakestripe.FaultLockTimeout,
		"HTML 502":                     fakestripe.FaultHTML502,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{})
			s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/payment_intents", Kind: fault, Count: 1})
			payAndRequireOne(t, s)
		})
	}
}

// The fast path's attempts are used up, and the slow path settles it.
func TestStripeFaultOutlastsTheFastPath(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/payment_intents", Kind: fakestripe.FaultHTML502, Count: 4})
	payAndRequireOne(t, s)
	s.SaveHistory(s.OnlyReference(), "slow_path")
}

// Reading the outcome and cancelling meet the same faults.
func TestFaultsOnReadAndCancelAreRetried(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fakestripe.FaultKind{
		"answer lost": fakestripe.FaultAnswerLost,
		"500 before":  fakestripe.Fault500Before,
		"500 after":   fakestripe.Fault500After,
		"HTML 502":    fakestripe.FaultHTML502,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{})
			booked := s.Book("cancelled", testkit.BookingBody(nil))
			path := "/v1/payment_intents/" + booked.Payment.PaymentIntentID
			s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: path + "/cancel", Kind: fault, Count: 1})
			s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: path, Kind: fault, Count: 1})
			answer, err := s.API.Ask(http.MethodPost, "/v1/bookings/"+booked.Reference+"/cancel", "", nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
			require.Equal(t, "canceled", s.StripeStatus(booked.Payment.PaymentIntentID))
			s.AwaitWorkflowEnd(booked.Reference)
			s.RequireMails(booked.Reference, "booking_cancelled")
			s.RequirePromises()
		})
	}
}

// Stripe keeps each 500 under its key. However many there were, Farebook asks with a new key once Stripe has recovered.
func TestRepeated500sFromStripeAreOutlasted(t *testing.T) {
	t.Parallel()
	const answers = 5
	t.Run("at a creation", func(t *testing.T) {
		t.Parallel()
		s := testkit.New(t, testkit.Options{})
		s.Stripe.Faults().Add(fakestripe.Fault{
			Method: http.MethodPost, Path: "/v1/payment_intents", Kind: fakestripe.Fault500Before,
			Count: answers,
		})
		payAndRequireOne(t, s)
	})
	t.Run("at a refund", func(t *testing.T) {
		t.Parallel()
		s := testkit.New(t, testkit.Options{})
		booked := s.BookAndPay("ill", nil)
		s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/refunds", Kind: fakestripe.Fault500Before, Count: answers})
		ask(s, booked.Reference, "back", `{}`)
		s.AwaitStatus(booked.Reference, "refunded")
		s.AwaitQuiet()
		s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
		s.RequirePromises()
	})
	for name, kind := range map[string]fakestripe.FaultKind{"before": fakestripe.Fault500Before, "after": fakestripe.Fault500After} {
		t.Run("at a capture, "+name+" the effect", func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{})
			booked := authorised(s, "ill")
			s.Stripe.Faults().Add(fakestripe.Fault{
				Method: http.MethodPost, Path: "/v1/payment_intents/" + booked.Payment.PaymentIntentID + "/capture", Kind: kind, Count: answers,
			})
			answer := s.Post("/v1/bookings/"+booked.Reference+"/capture", "take", nil)
			require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
			s.AwaitWorkflowEnd(booked.Reference)
			s.RequireLedger(booked.Reference, "payment")
			s.RequirePromises()
		})
	}
}

// A payment that is made while Stripe cannot cancel is not lost: what became of it is read.
func TestPaidWhileStripeCannotCancel(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: briefHolds})
	booked := s.Book("paid", testkit.BookingBody(nil))
	cancels := "/v1/payment_intents/" + booked.Payment.PaymentIntentID + "/cancel"
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: cancels, Kind: fakestripe.Fault500Before, Count: 1000})
	s.Eventually(func() bool { return s.StripeCalls(http.MethodPost, cancels) > 0 }, "the hold's end did not cancel")
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
}

// The caller learns what Stripe refuses for good, after the booking is closed and the customer informed.
func TestStripeRefusesThePayment(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.Faults().Add(fakestripe.Fault{
		Method: http.MethodPost, Path: "/v1/payment_intents", Kind: fakestripe.FaultInvalidRequest,
		Count: 1,
	})
	answer, err := s.API.Ask(http.MethodPost, "/v1/bookings", "refused", testkit.BookingBody(nil))
	require.NoError(t, err)
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer.Body)
	reference := s.OnlyReference()
	require.Equal(t, "payment_failed", s.Status(reference))
	s.AwaitWorkflowEnd(reference)
	s.RequireMails(reference, "payment_failed")
	s.RequireLedger(reference)
	s.RequirePromises()
	s.SaveHistory(reference, "refused")
}

// Doubled, shuffled and late webhooks lead to the same ledger.
func TestDoubledShuffledAndLateWebhooksMakeOneLedger(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.HoldWebhooks()
	booked := s.Book("disorder", testkit.BookingBody(nil))
	require.Equal(t, http.StatusPaymentRequired, s.Pay(booked.Payment.PaymentIntentID, "pm_card_chargeDeclined"))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.Stripe.ReleaseWebhooksDisordered(5)
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.Stripe.Settle()
	s.AwaitWorkflowEnd(booked.Reference)
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
	require.Equal(t, 1, s.MailCount(booked.Reference, "booking_confirmed"))
}

// A busy mail server is retried. The booking was confirmed long before.
func TestBusyMailServerIsRetried(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]int{"421": 421, "450": 450} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{})
			s.RefuseMails(code, 2)
			payAndRequireOne(t, s)
			require.Equal(t, 3, s.DB.Count(t, "SELECT attempts FROM emails"), "two refusals and the one that was taken")
		})
	}
}

// An email that is refused for good is recorded as failed, and the booking stays confirmed.
func TestEmailRefusedForGoodLeavesTheBookingConfirmed(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.RefuseMails(550, 1)
	booked := s.Book("mail-550", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM emails WHERE status = 'failed' AND last_error LIKE '%550%'"))
	require.Equal(t, 0, s.DB.Count(t, "SELECT COUNT(*) FROM emails WHERE last_error LIKE '%canary-mail%'"), "no address in an error")
}

// Stripe is down for as long as the hold lasts: the booking expires instead of waiting on.
func TestBookingExpiresWhileStripeIsAway(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{HoldMinute: 100 * time.Millisecond})
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/payment_intents", Kind: fakestripe.FaultHTML502, Count: 1000})
	s.Eventually(func() bool {
		answer, err := s.API.Do(http.MethodPost, "/v1/bookings", "away", testkit.BookingBody(nil))
		return err == nil && answer.Status == http.StatusUnprocessableEntity
	}, "the caller is not told")
	reference := s.OnlyReference()
	s.AwaitWorkflowEnd(reference)
	require.Equal(t, "payment_failed", s.Status(reference))
	require.Equal(t, 0, s.CreatedPaymentIntents())
	s.RequireMails(reference, "payment_failed")
	s.RequirePromises()
	s.SaveHistory(reference, "stripe_away")
}

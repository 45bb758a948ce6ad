package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// loseRefund has Stripe make the next refund and answer 500.
func loseRefund(s *testkit.Stack) {
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/refunds", Kind: fakestripe.Fault500After, Count: 1})
}

// Stripe made a refund and answered 500, and its lists do not show the refund yet: "not in the list" is not "does not exist".
// Nothing is asked for under another key before the lists have had their time.
func TestRefundThatListsDoNotShowYetIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{ListLag: 5 * time.Second})
	booked := s.BookAndPay("lagging", nil)
	s.AwaitQuiet()
	s.Stripe.HoldWebhooks() // no event tells of it either
	s.Stripe.LagLists(2*time.Second, "/v1/refunds")
	loseRefund(s)
	refund := ask(s, booked.Reference, "lagging-refund", `{}`)
	awaitRefund(s, refund.ID, "succeeded")
	s.Stripe.ReleaseWebhooks()
	s.AwaitQuiet()
	require.Len(t, s.Stripe.Refunds(), 1)
	require.Equal(t, 1, s.MailCount(booked.Reference, "refunded"))
	s.RequirePromises()
}

// An event tells of the refund by its id long before the lists show it: it is taken over from there.
func TestRefundThatAnEventToldOfIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{ListLag: time.Hour})
	booked := s.BookAndPay("told", nil)
	s.AwaitQuiet()
	s.Stripe.LagLists(time.Hour, "/v1/refunds")
	loseRefund(s)
	refund := ask(s, booked.Reference, "told-refund", `{}`)
	awaitRefund(s, refund.ID, "succeeded")
	s.AwaitQuiet()
	require.Len(t, s.Stripe.Refunds(), 1)
	s.RequirePromises()
}

// Stripe answered 500 and made nothing: the refund is asked for again once the lists have had their time.
func TestRefundThatWasNotMadeIsAskedForAgain(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{ListLag: 2 * time.Second})
	booked := s.BookAndPay("not-made", nil)
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/refunds", Kind: fakestripe.Fault500Before, Count: 1})
	refund := ask(s, booked.Reference, "not-made-refund", `{}`)
	awaitRefund(s, refund.ID, "succeeded")
	s.AwaitQuiet()
	require.Len(t, s.Stripe.Refunds(), 1)
	s.RequirePromises()
}

// Somebody refunds in Stripe's dashboard as much as we are about to: the amount on the charge is made plus asked, and is not
// ours. Ours is refused; the books have the other one, and nobody tells the customer that we owe it.
func TestRefundByHandOfTheSameAmountIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	stop := s.StartWorker()
	booked := s.BookAndPay("same-amount", nil)
	s.AwaitQuiet()
	stop()
	refund := ask(s, booked.Reference, "ours", `{}`) // reserved, and nobody makes it yet
	byHand, err := s.Stripe.RefundInDashboard(booked.Payment.PaymentIntentID, 45900)
	require.NoError(t, err)
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE type = 'charge.refunded' AND attempts > 0") == 1
	}, "charge.refunded does not come")
	s.StartWorker()
	awaitRefund(s, refund.ID, "failed")
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitQuiet()
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE stripe_refund_id = ? AND status = 'succeeded'", byHand))
	require.Len(t, s.Stripe.Refunds(), 1)
	for _, mail := range s.Mails(booked.Reference) {
		require.NotContains(t, mail.Text, "we still owe", mail.Subject)
	}
	s.RequirePromises()
}

// A busy account makes a thousand PaymentIntents in ten minutes: one 500 does not leave a booking unpayable, and the twin that
// it left is cancelled once the lists show it.
func TestBookingStaysPayableThroughA500OnABusyAccount(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{ListLag: 8 * time.Second})
	s.Stripe.Fill(1200, filledAfter(s.DB), time.Now().Add(-9*time.Minute), time.Now().Add(-time.Minute))
	s.Stripe.LagLists(5*time.Second, "/v1/payment_intents")
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/payment_intents", Kind: fakestripe.Fault500After, Count: 1})
	booked := s.Book("busy", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	ours := func() (open, cancelled int) {
		for _, intent := range s.Stripe.PaymentIntents() {
			switch {
			case s.StripeMetadata(intent.ID, "booking_reference") != booked.Reference || intent.ID == booked.Payment.PaymentIntentID:
			case intent.Status == "canceled":
				cancelled++
			default:
				open++
			}
		}
		return open, cancelled
	}
	open, cancelled := ours()
	require.Equal(t, 1, open+cancelled, "the 500 left a twin, which may be cancelled by now")
	s.Eventually(func() bool { open, cancelled := ours(); return open == 0 && cancelled == 1 }, "the twin is not cancelled")
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM payment_twins WHERE checked_at IS NOT NULL") == 1
	}, "the twin is not checked")
	s.AwaitRunEnd("CancelTwins:" + booked.Reference)
	s.SaveRun("CancelTwins:"+booked.Reference, "cancel_twins")
	require.NoError(t, s.BooksPromises())
}

package test

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// A worker freezes in the middle of recording a payment, another one takes over and freezes in its turn, and the first wakes
// up with its answer long after: its result is refused, what it still writes meets what is there, and it continues to work.
func TestFrozenWorkerThatWakesUpChangesNothing(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Processes: true, NoWorker: true})
	zombie := s.StartProcess("worker", "")
	booked := s.Book("zombie", testkit.BookingBody(nil))
	s.Stripe.Faults().Add(fakestripe.Fault{
		Method: http.MethodGet, Path: "/v1/payment_intents/" + booked.Payment.PaymentIntentID, Kind: fakestripe.FaultHang,
	})
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.Eventually(func() bool { return s.Stripe.Faults().Hanging() == 1 }, "the worker never asked Stripe")
	zombie.Signal(syscall.SIGSTOP)
	t.Cleanup(func() { zombie.Signal(syscall.SIGCONT) })
	other := s.StartProcess("worker", "")
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.Stripe.Faults().Clear()
	other.Signal(syscall.SIGSTOP)
	t.Cleanup(func() { other.Signal(syscall.SIGCONT) })
	zombie.Signal(syscall.SIGCONT)
	awaitRefund(s, ask(s, booked.Reference, "after", `{}`).ID, "succeeded")
	require.Zero(t, s.Stripe.Faults().Hanging(), "nobody else could have woken up")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "refund", "refund_promised")
	s.RequireMails(booked.Reference, "booking_confirmed", "refunded")
	s.RequirePromises()
}

// Stripe hangs at the creation and at the reading: our deadline ends the call, and the same key returns the same object.
func TestHangingStripeEndsInOneObject(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/payment_intents", Kind: fakestripe.FaultHang})
	booked := s.Book("hang", testkit.BookingBody(nil))
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/payment_intents/*", Kind: fakestripe.FaultHang})
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitQuiet()
	require.Equal(t, 1, s.CreatedPaymentIntents())
	s.RequireLedger(booked.Reference, "payment")
	s.RequirePromises()
}

// Every connection is slow. It takes longer, and leads to the same books.
func TestSlowConnectionsEndInTheSameBooks(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Latency: 30 * time.Millisecond})
	booked := s.BookAndPay("slow", nil)
	awaitRefund(s, ask(s, booked.Reference, "part", usd(10000)).ID, "succeeded")
	require.Equal(t, http.StatusOK, s.Post("/v1/bookings/"+booked.Reference+"/cancel", "", nil).Status)
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment", "refund", "refund", "cancellation", "refund_promised")
	s.RequirePromises()
}

package test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testkit"
)

// repeatedHour is what was asked for between a backup and the restore of it.
type repeatedHour struct {
	*testkit.Stack

	body     []byte
	kept     []testkit.Booked // paid before the backup, refunded after it
	bookings map[string]testkit.Booked
	refunds  map[string]refundView
	messages map[string]bool // ids of all emails
	restore  func()
}

const ofEach = 5

// newRepeatedHour makes five paid bookings and one that waits for its payment, and refunds five of before, in that hour.
func newRepeatedHour(t *testing.T, options testkit.Options) *repeatedHour {
	t.Helper()
	l := &repeatedHour{
		Stack: testkit.New(t, options), body: testkit.BookingBody(nil), bookings: map[string]testkit.Booked{}, refunds: map[string]refundView{},
		messages: map[string]bool{},
	}
	for i := range ofEach {
		l.kept = append(l.kept, l.BookAndPay(fmt.Sprintf("kept-%d", i), nil))
	}
	l.AwaitQuiet()
	backup := l.DB.Backup(t)
	l.restore = func() { backup.Restore(t) }
	l.ask()
	for key, booked := range l.bookings {
		if key != "waiting" {
			require.Equal(t, http.StatusOK, l.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
		}
	}
	l.awaitSettled()
	for _, message := range l.Mailbox.Messages() {
		l.messages[message.MessageID] = true
	}
	return l
}

// ask makes all requests of the hour, under the same keys each time.
func (l *repeatedHour) ask() {
	l.T.Helper()
	for i := range ofEach {
		key := fmt.Sprintf("lost-%d", i)
		l.bookings[key] = l.Book(key, l.body)
	}
	l.bookings["waiting"] = l.Book("waiting", l.body)
	for i, booked := range l.kept {
		key := fmt.Sprintf("refund-%d", i)
		l.refunds[key] = ask(l.Stack, booked.Reference, key, usd(100*(i+1)))
	}
}

func (l *repeatedHour) awaitSettled() {
	l.T.Helper()
	for key, booked := range l.bookings {
		if key != "waiting" {
			l.AwaitStatus(booked.Reference, "confirmed")
		}
	}
	for _, refund := range l.refunds {
		awaitRefund(l.Stack, refund.ID, "succeeded")
	}
	l.AwaitQuiet()
	for _, booked := range l.bookings {
		l.AwaitRest(l.WorkflowID(booked.Reference))
	}
	for _, refund := range l.refunds {
		l.AwaitRest("Refund:" + refund.ID)
	}
}

// A database is restored from before five bookings were paid, another one made and five refunds asked for, and each request is repeated
// under its key: Stripe has no PaymentIntent and no refund more than before, the books have what Stripe has, and every email bears
// the Message-ID that it had. So it is with Temporal's workflows of the lost hour, and without.
func TestRequestsOfALostHourChargeAndRefundNobodyTwice(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Temporal kept", "Temporal lost"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options, lose := testkit.Options{}, func() {}
			if name == "Temporal lost" {
				server, err := devstack.StartTemporal(t.Context(), t.TempDir(), devstack.ForTests(), devstack.Headless())
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, server.Kill()) })
				options.TemporalAddress = server.Address()
				lose = func() { require.NoError(t, server.Lose(t.Context())) }
			}
			l := newRepeatedHour(t, options)
			bookings, refunds := len(l.Stripe.PaymentIntents()), len(l.Stripe.Refunds())
			before := *l
			before.bookings, before.refunds = map[string]testkit.Booked{}, map[string]refundView{}
			for key, booked := range l.bookings {
				before.bookings[key] = booked
			}
			for key, refund := range l.refunds {
				before.refunds[key] = refund
			}
			l.restore()
			lose()
			if name == "Temporal lost" {
				_, err := starterWith(l.Stack, "setup")
				require.NoError(t, err)
			}
			require.Equal(t, ofEach, l.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
			l.ask()
			l.awaitSettled()

			for key, booked := range before.bookings {
				require.Equal(t, booked.Reference, l.bookings[key].Reference, key)
				require.Equal(t, booked.Payment.PaymentIntentID, l.bookings[key].Payment.PaymentIntentID, key)
			}
			for key, refund := range before.refunds {
				require.Equal(t, refund.ID, l.refunds[key].ID, key)
			}
			require.Len(t, l.Stripe.PaymentIntents(), bookings)
			require.Len(t, l.Stripe.Refunds(), refunds)
			for _, message := range l.Mailbox.Messages() {
				require.True(t, l.messages[message.MessageID], "an email with another Message-ID: %s", message.MessageID)
			}
			waiting := l.bookings["waiting"]
			require.Equal(t, http.StatusOK, l.Pay(waiting.Payment.PaymentIntentID, "pm_card_visa"))
			l.AwaitStatus(waiting.Reference, "confirmed")
			l.AwaitQuiet()
			l.RequirePromises()
		})
	}
}

// The worker dies before and after it holds a refund back, because Stripe has a refund of ours that the books have lost: one matter
// for an operator, and nothing is refunded.
func TestWorkerKilledWhileARefundIsHeld(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-hold-refund", "after-hold-refund"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: point, Sweep: rareSweeps})
			booked := s.BookAndPay("held", nil)
			s.AwaitQuiet()
			backup := s.DB.Backup(t)
			lost := ask(s, booked.Reference, "lost", usd(1000))
			awaitRefund(s, lost.ID, "succeeded")
			s.AwaitQuiet()
			s.AwaitRest("Refund:"+lost.ID, s.WorkflowID(booked.Reference))
			backup.Restore(t)
			other := ask(s, booked.Reference, "another", usd(2000))
			s.RequireDeaths("worker", 1)
			s.Eventually(func() bool {
				return s.DB.Count(t, "SELECT COUNT(*) FROM attention_items WHERE kind = 'refund_held' AND subject = ?", other.ID) == 1
			}, "the refund is not held; logs:\n%s", s.Logs)
			s.Eventually(func() bool {
				return s.DB.Count(t, "SELECT COUNT(*) FROM refunds WHERE status = 'succeeded'") == 1
			}, "the lost refund is not in the books; logs:\n%s", s.Logs)
			require.Len(t, s.Stripe.Refunds(), 1)
		})
	}
}

// The API dies before and after it leaves an event open whose booking the books have lost: the event is not lost with it.
func TestAPIKilledWhileAnEventIsLeftOpen(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-keep-event-open", "after-keep-event-open"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, APIFailpoint: point})
			backup := s.DB.Backup(t)
			lost := s.BookAndPay("lost", nil)
			s.AwaitQuiet()
			s.AwaitRest(s.WorkflowID(lost.Reference))
			backup.Restore(t)
			_, err := s.Stripe.RefundInDashboard(lost.Payment.PaymentIntentID, 500)
			require.NoError(t, err)
			s.RequireDeaths("starter", 1)
			s.Eventually(func() bool {
				return s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE state = 'unknown_booking' AND booking_reference = ?", lost.Reference) > 0
			}, "no event is left open; logs:\n%s", s.Logs)
			require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM stripe_events WHERE processed AND type LIKE '%refund%'"))
		})
	}
}

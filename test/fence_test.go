package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// fenceLook is how often processes look for a restore in these tests.
const fenceLook = 200 * time.Millisecond

func fenceIsUp(s *testkit.Stack) bool {
	return s.DB.Count(s.T, "SELECT COUNT(*) FROM fences WHERE lowered_at IS NULL") == 1
}

// awaitLooks waits until every process has looked for a restore again.
func awaitLooks(s *testkit.Stack) {
	s.T.Helper()
	awaitReads(s, "/v1/refunds", 6)
}

// awaitReads waits until Farebook has read a path at Stripe so many times more.
func awaitReads(s *testkit.Stack, path string, times int) {
	s.T.Helper()
	reads := func() int { return s.StripeCalls(http.MethodGet, path) }
	before := reads()
	s.Eventually(func() bool { return reads() >= before+times }, "%s is not read %d times more; logs:\n%s", path, times, s.Logs)
}

// A database that is restored while processes run, or before they start, is noticed: the fence goes up before anything is asked of
// Stripe that it has already.
func TestRestoredDatabaseIsNoticed(t *testing.T) {
	t.Parallel()
	for name, running := range map[string]bool{"while processes run": true, "before they start": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := testkit.Options{FenceLook: fenceLook, NoWorker: true}
			if !running {
				options.FenceLook = time.Hour
			}
			s := testkit.New(t, options)
			stop := s.StartWorker()
			kept := s.BookAndPay("kept", nil)
			s.AwaitQuiet()
			backup := s.DB.Backup(t)
			body := testkit.BookingBody(nil)
			lost := s.Book("lost", body)
			require.Equal(t, http.StatusOK, s.Pay(lost.Payment.PaymentIntentID, "pm_card_visa"))
			s.AwaitStatus(lost.Reference, "confirmed")
			s.AwaitQuiet()
			s.AwaitRest(s.WorkflowID(lost.Reference))
			if running {
				awaitLooks(s)
			} else {
				stop()
			}
			backup.Restore(t)
			if !running {
				s.StartWorker()
			}
			s.Eventually(func() bool { return fenceIsUp(s) }, "the restore was not noticed; logs:\n%s", s.Logs)
			require.Contains(t, s.DB.Text(t, "SELECT evidence FROM fences"), lost.Reference)
			writes := s.StripePosts()
			require.Equal(t, http.StatusServiceUnavailable, s.Post("/v1/bookings", "lost", body).Status)
			require.Equal(t, writes, s.StripePosts())
			require.Equal(t, http.StatusOK, mustGet(s, "/v1/bookings/"+kept.Reference))
		})
	}
}

// A check for a restore reads pages of Stripe's lists. Bookings do not wait for it, however long Stripe takes.
func TestBookingsDoNotWaitForACheckOfTheFence(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{FenceLook: fenceLook})
	s.BookAndPay("before", nil)
	awaitLooks(s) // from now on no process waits for its first check
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/refunds", Kind: fakestripe.FaultHang, Count: 1000})
	s.Eventually(func() bool { return s.Stripe.Faults().Hanging() >= 2 }, "API and worker do not check for a restore; logs:\n%s", s.Logs)
	creations := s.CreatedPaymentIntents()
	booked := s.Book("meanwhile", testkit.BookingBody(nil))
	require.GreaterOrEqual(t, s.Stripe.Faults().Hanging(), 2, "the checks still run")
	require.Equal(t, creations+1, s.CreatedPaymentIntents())
	s.Stripe.Faults().Clear()
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.RequirePromises()
}

func mustGet(s *testkit.Stack, path string) int {
	s.T.Helper()
	answer, err := s.API.Ask(http.MethodGet, path, "", nil)
	require.NoError(s.T, err)
	return answer.Status
}

// Webhooks that were lost, payments of others on the account that bear references, and bookings that are made meanwhile are no reason
// for a fence: a false alarm costs bookings.
func TestLostWebhooksRaiseNoFence(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{FenceLook: fenceLook})
	again := s.DropWebhooks()
	unheard := s.Book("unheard", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(unheard.Payment.PaymentIntentID, "pm_card_visa"))
	s.PaymentBeside(45900, "FB-7K2M9QXA")
	s.ForeignPayment(1000)
	for range 3 {
		s.Book("meanwhile-"+time.Now().Format(time.RFC3339Nano), testkit.BookingBody(nil))
		awaitLooks(s)
	}
	again()
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM fences"))
	require.Equal(t, "pending_payment", s.Status(unheard.Reference))
}

// FENCE in the environment keeps a fence up that a restore cannot wipe, and that an operator cannot lower while it is set.
func TestFenceOfTheEnvironmentOutlivesARestore(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{FenceLook: fenceLook})
	backup := s.DB.Backup(t)
	s.Config.Fence = "the database is being restored"
	s.StartWorker()
	s.Eventually(func() bool { return fenceIsUp(s) }, "no fence; logs:\n%s", s.Logs)
	require.Equal(t, "the database is being restored", s.DB.Text(t, "SELECT reason FROM fences"))
	backup.Restore(t)
	s.Eventually(func() bool { return fenceIsUp(s) }, "the restore wiped the fence; logs:\n%s", s.Logs)
}

package test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

func TestWorkerKilledWhileRecordingADispute(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-record-dispute", "after-record-dispute"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: point})
			booked := s.BookAndPay("kill", nil)
			id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
			require.NoError(t, err)
			awaitDispute(s, id, "needs_response")
			require.NoError(t, s.Stripe.MoveDispute(id, "lost"))
			awaitDispute(s, id, "lost")
			s.AwaitQuiet()
			s.RequireDeaths("worker", 1)
			s.RequireLedger(booked.Reference, "payment", "dispute", "chargeback", "chargeback_relief")
			require.Equal(t, 1, s.FinanceMailCount("dispute_opened"))
			s.RequirePromises()
		})
	}
}

// Finance hears once of what runs out, whenever the worker dies.
func TestWorkerKilledWhileWarningFinance(t *testing.T) {
	t.Parallel()
	for point, warned := range map[string]func(*testkit.Stack) string{
		"before-warn-of-capture": warnedOfCapture, "after-warn-of-capture": warnedOfCapture,
		"before-remind-of-dispute": remindedOfDispute, "after-remind-of-dispute": remindedOfDispute,
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: point})
			kind := warned(s)
			s.Eventually(func() bool { return s.FinanceMailCount(kind) == 1 }, "finance was not told; logs:\n%s", s.Logs)
			s.AwaitQuiet()
			s.RequireDeaths("worker", 1)
			require.Equal(t, 1, s.FinanceMailCount(kind))
			s.RequirePromises()
		})
	}
}

func warnedOfCapture(s *testkit.Stack) string {
	s.Stripe.SetAuthorisationLife(2 * time.Hour)
	authorised(s, "kill")
	return "capture_due"
}

func remindedOfDispute(s *testkit.Stack) string {
	s.Stripe.SetEvidenceTime(time.Hour)
	booked := s.BookAndPay("kill", nil)
	_, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(s.T, err)
	return "dispute_due"
}

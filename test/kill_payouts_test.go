package test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

func TestWorkerKilledWhileRecordingAPayout(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-record-payout", "after-record-payout"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: point})
			s.BookAndPay("kill", nil)
			s.AwaitQuiet()
			s.Stripe.SettleFunds()
			provenPayout(s)
			s.AwaitQuiet()
			s.RequireDeaths("worker", 1)
			require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'payout'"))
			s.RequirePromises()
		})
	}
}

// The worker dies before and after it posts a bill of Stripe's own: it is posted once, and the run continues.
func TestWorkerKilledOnTheWayToABill(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"before-record-account-fee", "after-record-account-fee"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: point})
			s.BookAndPay("kill", nil)
			s.AwaitQuiet()
			s.Stripe.Bill(250, "usd", "Radar")
			require.Equal(t, 1, reconcile(s, `{}`).Fixed)
			s.RequireDeaths("worker", 1)
			require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE type = 'account_fee'"))
			s.RequirePromises()
		})
	}
}

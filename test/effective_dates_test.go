package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// Everything that happened to a booking in two days is heard of on the third, in one go: each transaction takes effect when it
// happened at Stripe, and by effective date the clearing account is what Stripe's balance was after each step.
func TestLateWebhooksArePostedNowAndTakeEffectThen(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("late", testkit.BookingBody(nil))
	pi := booked.Payment.PaymentIntentID
	s.Stripe.HoldWebhooks()
	s.Stripe.Advance(-50 * time.Hour)
	type moment struct {
		at      time.Time
		balance int64
	}
	var moments []moment
	step := func(do func() error) {
		s.Stripe.Advance(10 * time.Hour)
		require.NoError(t, do())
		moments = append(moments, moment{s.Stripe.Clock().Now(), s.Stripe.Balance("usd")})
	}
	var dispute string
	step(func() error { require.Equal(t, http.StatusOK, s.Pay(pi, "pm_card_visa")); return nil })
	step(func() error { _, err := s.Stripe.RefundInDashboard(pi, 1000); return err })
	step(func() (err error) { dispute, err = s.Stripe.Dispute(pi, 44900, "fraudulent"); return err })
	step(func() error { return s.Stripe.MoveDispute(dispute, "lost") })
	s.Stripe.Advance(10 * time.Hour)
	heard := time.Now()
	s.Stripe.ReleaseWebhooksDisordered(1)
	s.AwaitStatus(booked.Reference, "refunded")
	s.AwaitQuiet()

	s.RequireLedger(booked.Reference, "payment", "refund", "dispute", "chargeback", "chargeback_relief", "refund_promised")
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM financial_ledger WHERE posted_at < ?", heard.UTC()), "all were posted now")
	for i, m := range moments {
		clearing := s.DB.Count(t, `SELECT COALESCE(SUM(IF(e.side = 'debit', e.amount, -e.amount)), 0) FROM ledger_entries e JOIN financial_ledger l ON l.id = e.ledger_id
			WHERE e.account = 'asset:stripe_clearing' AND l.effective_at <= ?`, m.at.UTC())
		require.EqualValues(t, m.balance, clearing, "after step %d", i)
	}
	require.Equal(t, 1, s.DB.Count(t,
		`SELECT COUNT(*) FROM financial_ledger l JOIN stripe_events e ON e.object_id = ? AND e.type = 'charge.dispute.closed'
		AND e.stripe_created_at = l.effective_at WHERE l.type = 'chargeback' AND l.effective_basis = 'stripe'`, dispute),
		"the loss took effect when the dispute was closed")
	s.RequirePromises()
	requireBothDates(s, booked.Reference)
}

// requireBothDates: the API and the evidence show each transaction's two dates as the table has them.
func requireBothDates(s *testkit.Stack, reference string) {
	s.T.Helper()
	type dates struct{ PostedAt, EffectiveAt time.Time }
	var ledger struct{ Transactions []dates }
	answer, err := s.API.Ask(http.MethodGet, "/v1/bookings/"+reference+"/ledger", "", nil)
	require.NoError(s.T, err)
	answer.Into(s.T, &ledger)
	output, err := s.StarterCommand("evidence", reference).Output()
	require.NoError(s.T, err)
	var evidence struct{ Ledger []dates }
	require.NoError(s.T, json.Unmarshal(output, &evidence))
	for name, shown := range map[string][]dates{"API": ledger.Transactions, "evidence": evidence.Ledger} {
		require.NotEmpty(s.T, shown, name)
		for _, one := range shown {
			require.NotZero(s.T, s.DB.Count(s.T, "SELECT COUNT(*) FROM financial_ledger WHERE posted_at = ? AND effective_at = ?",
				one.PostedAt, one.EffectiveAt), "%s: %+v", name, one)
		}
	}
}

// A bank debit is in Stripe's balance from its submission; that it stays is a decision days later, which moves no balance.
func TestABankDebitTakesEffectTwice(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("debit-dates", testkit.BookingBody(nil))
	s.Stripe.Advance(-96 * time.Hour)
	debit(s, booked, "pm_usBankAccount_success")
	s.Stripe.Advance(72 * time.Hour)
	require.NoError(t, s.Stripe.CompleteAction(booked.Payment.PaymentIntentID))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment_in_transit", "payment")
	require.Equal(t, 72, s.DB.Count(t,
		`SELECT TIMESTAMPDIFF(HOUR, t.effective_at, p.effective_at) FROM financial_ledger t JOIN financial_ledger p
		ON p.type = 'payment' AND p.effective_basis = 'stripe' WHERE t.type = 'payment_in_transit' AND t.effective_basis = 'balance_transaction'`))
	s.RequirePromises()
}

// `starter migrate` is killed before and after it commits a range of rows that an older release wrote, and run again: each row is dated
// once.
func TestMigrateKilledWhileItDatesTheLedger(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	fillLedger(t, s.DB, 2500, "pi_fill_", "txn_fill_")
	s.DB.Exec(t, "UPDATE financial_ledger SET effective_at = NULL, effective_basis = NULL, posted_at = posted_at - INTERVAL id SECOND")
	undated := "SELECT COUNT(*) FROM financial_ledger WHERE effective_at IS NULL"
	require.Contains(t, fmt.Sprint(s.DB.Promises(t)), "2500 rows break it", "verify counts them")

	for _, death := range []struct {
		point string
		left  int
	}{{"before-backfill-range", 2500}, {"after-backfill-range", 1500}} {
		s.KilledAt(death.point, s.MigrateCommand())
		require.Equal(t, death.left, s.DB.Count(t, undated), death.point)
	}
	s.Migrate()
	require.Zero(t, s.DB.Count(t, undated))
	require.Equal(t, 2500, s.DB.Count(t,
		"SELECT COUNT(*) FROM financial_ledger WHERE effective_at = posted_at AND effective_basis = 'posted'"))
}

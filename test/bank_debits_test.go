package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
)

// debit has a traveller pay by bank debit, and returns once the books have it on its way.
func debit(s *testkit.Stack, booked testkit.Booked, method string) {
	s.T.Helper()
	require.Equal(s.T, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, method))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "processing" }, "not processing; logs:\n%s", s.Logs)
	s.AwaitQuiet()
}

// The balance has a bank debit while it is on its way, and so has the clearing account: after the submission, and after the debit
// has arrived.
func TestBankDebitIsInTheBooksWhileItIsOnItsWay(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("debit", testkit.BookingBody(nil))
	debit(s, booked, "pm_usBankAccount_success")
	require.Equal(t, "pending_payment", s.Status(booked.Reference))
	require.EqualValues(t, 45900-367, s.Stripe.Balance("usd"))
	s.RequireLedger(booked.Reference, "payment_in_transit")
	s.RequirePromises()
	require.Empty(t, reconcile(s, `{"dryRun":true}`).Details)

	require.NoError(t, s.Stripe.CompleteAction(booked.Payment.PaymentIntentID))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment_in_transit", "payment")
	require.Equal(t, 45900, s.DB.Count(t,
		`SELECT SUM(IF(side = 'credit', amount, -amount)) FROM ledger_entries WHERE account = 'liability:unearned_revenue'`))
	require.Zero(t, s.DB.Count(t,
		`SELECT SUM(IF(side = 'credit', amount, -amount)) FROM ledger_entries WHERE account = 'liability:payments_in_transit'`))
	require.Empty(t, reconcile(s, `{"dryRun":true}`).Details)
	s.RequirePromises()
	awaitRefund(s, ask(s, booked.Reference, "refund", `{}`).ID, "succeeded")
	s.AwaitQuiet()
	s.RequirePromises()
}

// A bank debit that fails takes back what it had moved; the booking stays payable, and a card pays it then.
func TestBankDebitThatFailsIsTakenBack(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("debit-fails", testkit.BookingBody(nil))
	debit(s, booked, "pm_usBankAccount_insufficientFunds")
	s.RequirePromises()
	require.NoError(t, s.Stripe.FailAction(booked.Payment.PaymentIntentID))
	s.Eventually(func() bool { return s.PaymentStatus(booked.Reference) == "failed" }, "not failed; logs:\n%s", s.Logs)
	s.AwaitQuiet()
	require.Zero(t, s.Stripe.Balance("usd"))
	s.RequireLedger(booked.Reference, "payment_in_transit", "payment_failure")
	s.RequirePromises()
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitWorkflowEnd(booked.Reference)
	s.AwaitQuiet()
	s.RequireLedger(booked.Reference, "payment_in_transit", "payment_failure", "payment")
	require.Empty(t, reconcile(s, `{"dryRun":true}`).Details)
	s.RequirePromises()
}

// Reconciliation heals what no event told of a bank debit: that it is on its way, that it arrived, and that it failed, also when
// another attempt has paid the booking meanwhile.
func TestReconciliationHealsBankDebits(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Lag: time.Nanosecond})
	arrives, fails, replaced := s.Book("arrives", testkit.BookingBody(nil)), s.Book("fails", testkit.BookingBody(nil)),
		s.Book("replaced", testkit.BookingBody(nil))
	s.AwaitQuiet()
	unheard := func(moves func()) {
		again := s.DropWebhooks()
		moves()
		s.Stripe.Settle()
		again()
		run := reconcile(s, `{"dryRun":false}`)
		for _, item := range run.Details {
			require.Equal(t, "fixed", item.State, "%+v", item)
		}
		s.AwaitQuiet()
		s.RequirePromises()
		require.Empty(t, reconcile(s, `{"dryRun":true}`).Details)
	}
	unheard(func() {
		require.Equal(t, http.StatusOK, s.Pay(arrives.Payment.PaymentIntentID, "pm_usBankAccount_success"))
		require.Equal(t, http.StatusOK, s.Pay(fails.Payment.PaymentIntentID, "pm_usBankAccount_accountClosed"))
	})
	s.RequireLedger(arrives.Reference, "payment_in_transit")
	unheard(func() {
		require.NoError(t, s.Stripe.CompleteAction(arrives.Payment.PaymentIntentID))
		require.NoError(t, s.Stripe.FailAction(fails.Payment.PaymentIntentID))
		require.Equal(t, http.StatusOK, s.Pay(replaced.Payment.PaymentIntentID, "pm_usBankAccount_noAccount"))
		require.NoError(t, s.Stripe.FailAction(replaced.Payment.PaymentIntentID))
		require.Equal(t, http.StatusOK, s.Pay(replaced.Payment.PaymentIntentID, "pm_card_visa"))
	})
	s.RequireLedger(arrives.Reference, "payment_in_transit", "payment")
	s.RequireLedger(fails.Reference, "payment_in_transit", "payment_failure")
	s.RequireLedger(replaced.Reference, "payment_in_transit", "payment_failure", "payment")
}

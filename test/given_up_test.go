package test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/store"
	"farebook/workflows"
)

// calm is a stack with one paid booking, and nothing that works on it any more: no sweep either, which would heal what a test has planted.
func calm(t *testing.T) (*testkit.Stack, testkit.Booked) {
	t.Helper()
	s := testkit.New(t, testkit.Options{NoWorker: true, Sweep: time.Hour})
	stop := s.StartWorker()
	booked := s.BookAndPay("calm", nil)
	s.AwaitWorkflowEnd(booked.Reference)
	s.AwaitQuiet()
	stop()
	return s, booked
}

// A mail server is down for the whole retry window: the email is given up, its row says so, and nothing is tried afterwards.
func TestEmailIsGivenUpAfterItsPatience(t *testing.T) {
	t.Parallel()
	s, booked := calm(t)
	s.RefuseMails(450, 10_000)
	id, err := s.DB.Store.ResendEmail(t.Context(), uint64(s.DB.Count(t, "SELECT id FROM emails")), testdb.Tester, time.Now().UTC())
	require.NoError(t, err)
	days := s.Days()
	days.ExecuteWorkflow(workflows.SendMail, workflows.SendMailInput{EmailID: id})
	require.NoError(t, days.GetWorkflowError())
	row, err := s.DB.Store.Email(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, store.EmailFailed, row.Status)
	require.Contains(t, row.LastError, "gave up")
	require.Greater(t, row.Attempts, 10)
	require.Len(t, s.Mails(booked.Reference), 1, "the one before")

	s.Mailbox.ClearScript()
	again := s.Days()
	again.ExecuteWorkflow(workflows.SendMail, workflows.SendMailInput{EmailID: id})
	require.NoError(t, again.GetWorkflowError())
	require.Len(t, s.Mails(booked.Reference), 1, "an operator can have an abandoned email sent as a copy")
	s.RequirePromises()
}

// A payout pays out something that the ledger does not have: after the last poll, finance gets an email. Once an operator has posted it,
// reconciliation proves the payout.
func TestUnprovenPayoutIsShownToFinance(t *testing.T) {
	t.Parallel()
	s, _ := calm(t)
	adjustment := s.Stripe.Adjust(-250, "usd", "A mistake of Stripe's")
	s.Stripe.SettleFunds()
	id, err := s.Stripe.PayOut("usd")
	require.NoError(t, err)
	days := s.Days()
	days.ExecuteWorkflow(workflows.Payout, workflows.PayoutInput{PayoutID: id})
	require.NoError(t, days.GetWorkflowError())
	awaitPayout(s, id, "pending", "unproven")
	require.Equal(t, 1, s.DB.Count(t, "SELECT unmatched FROM payouts"))
	require.Equal(t, 1, s.FinanceMailCount("payout_unproven"))
	require.ErrorContains(t, s.BooksPromises(), "no automatic payout is unproven")

	s.StartWorker()
	s.AwaitQuiet() // the events of the payout have waited for a worker
	plan := reconcile(s, `{"dryRun":true}`)
	require.Equal(t, planted{"missing_in_ledger " + adjustment: 1, "state_mismatch " + id: 1}, plan.found())
	for _, item := range plan.Details {
		if item.Class == "missing_in_ledger" {
			out, err := starterWith(s, "reconcile", "resolve", fmt.Sprint(item.ID), "--note", "asked Stripe", "--post")
			require.NoError(t, err, out)
		}
	}
	run := reconcile(s, `{}`)
	require.Equal(t, planted{"state_mismatch " + id: 1}, run.found())
	require.Equal(t, 1, run.Fixed, "%+v", run.Details)
	awaitPayout(s, id, "pending", "proven")
	s.AwaitQuiet()
	s.RequirePromises()
	require.Empty(t, reconcile(s, `{}`).Details)
}

// The money of a won dispute never comes: after some days it is posted as a loss and shown to an operator.
func TestWonDisputeWithoutMoneyIsALoss(t *testing.T) {
	t.Parallel()
	s, booked := calm(t)
	s.DropWebhooks() // its days pass in a moment, in which no event can be recorded
	s.Stripe.HoldReinstatements(true)
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	require.NoError(t, s.Stripe.MoveDispute(id, "won"))
	days := s.Days()
	began := days.Now()
	days.ExecuteWorkflow(workflows.Dispute, workflows.DisputeInput{DisputeID: id})
	require.NoError(t, days.GetWorkflowError())
	require.Greater(t, days.Now().Sub(began), 24*time.Hour)
	require.Equal(t, "confirmed", s.Status(booked.Reference))
	s.RequireLedger(booked.Reference, "payment", "dispute", "chargeback")
	require.Contains(t, s.DB.Text(t, "SELECT attention FROM bookings"), "dispute "+id+" was won")
	s.RequirePromises()
}

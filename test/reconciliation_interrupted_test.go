package test

import (
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/testkit"
)

// Two runs at once, while a payment that they compare succeeds: each difference is healed once.
func TestTwoReconciliationsAtOnceHealOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	var lost []testkit.Booked
	for i := range 4 {
		lost = append(lost, s.Book(fmt.Sprintf("lost-%d", i), testkit.BookingBody(nil)))
	}
	again := s.DropWebhooks()
	for _, booked := range lost[1:] {
		require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	}
	again()
	ids := []string{}
	for range 2 {
		var started struct{ CorrelationID string }
		s.Post("/v1/reconciliations", "", nil).Into(t, &started)
		ids = append(ids, started.CorrelationID)
	}
	require.Equal(t, http.StatusOK, s.Pay(lost[0].Payment.PaymentIntentID, "pm_card_visa"))
	for _, id := range ids {
		run := awaitReconciliation(s, id)
		require.Zero(t, run.Failed, "%+v\n%s", run.Details, s.Logs)
	}
	for _, booked := range lost {
		s.AwaitStatus(booked.Reference, "confirmed")
	}
	s.AwaitQuiet()
	require.Empty(t, reconcile(s, `{}`).Details)
	for _, booked := range lost {
		s.RequireLedger(booked.Reference, "payment")
		require.Equal(t, 1, s.MailCount(booked.Reference, "booking_confirmed"))
	}
	s.RequirePromises()
}

// The worker dies in the middle of a window, or of a healing; another continues, and what was found is found and healed once.
func TestReconciliationSurvivesItsWorker(t *testing.T) {
	t.Parallel()
	for _, failpoint := range []string{
		"after-reconciliation-page", "before-record-outcome", "after-record-outcome",
		"after-reconciliation-item",
	} {
		t.Run(failpoint, func(t *testing.T) {
			t.Parallel()
			s := testkit.New(t, testkit.Options{Processes: true, WorkerFailpoint: failpoint})
			booked := s.Book("lost", testkit.BookingBody(nil))
			again := s.DropWebhooks()
			require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
			again()
			run := reconcile(s, `{}`)
			require.Equal(t, map[string]int{"missing_in_ledger": 1, "state_mismatch": 1}, run.classes(), "%+v", run.Details)
			require.Equal(t, 1, run.Fixed, "%+v", run.Details)
			s.RequireDeaths("worker", 1)
			s.AwaitStatus(booked.Reference, "confirmed")
			s.AwaitQuiet()
			s.RequireLedger(booked.Reference, "payment")
			s.RequirePromises()
		})
	}
}

func TestInvalidReconciliationRequestsAreRefused(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	for body, field := range map[string]string{
		`{"lookbackDays":0}`: "lookbackDays", `{"lookbackDays":401}`: "lookbackDays", `{"limit":-1}`: "limit", `{"limit":1e9}`: "limit",
		`{"scope":"everything"}`: "scope", `{"dryRun":"yes"}`: "dryRun", `{"fix":true}`: "fix",
	} {
		answer := s.Post("/v1/reconciliations", "", []byte(body))
		require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s: %s", body, answer.Body)
		require.Contains(t, string(answer.Body), "body."+field)
	}
	answer, err := s.API.Ask(http.MethodGet, "/v1/reconciliations/recon_none", "", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, answer.Status)
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_runs"))
}

// Ctrl-C leaves the command and not the run: it continues, may be followed again, and heals what it found.
func TestReconcileCommandIsInterrupted(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	booked := s.Book("lost", testkit.BookingBody(nil))
	again := s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	again()
	s.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodGet, Path: "/v1/balance_transactions", Kind: fakestripe.FaultHang, Count: 1000})
	command := s.StarterCommand("reconcile")
	said := &testkit.Buffer{}
	command.Stdout, command.Stderr = said, said
	require.NoError(t, command.Start())
	s.Eventually(func() bool { return s.Stripe.Faults().Hanging() > 0 }, "nothing hangs; it said %s", said)
	require.NoError(t, command.Process.Signal(os.Interrupt))
	require.Error(t, command.Wait())
	require.Equal(t, 130, command.ProcessState.ExitCode(), said.String())
	id := s.DB.Text(t, "SELECT correlation_id FROM reconciliation_runs")
	require.Contains(t, said.String(), id+" is still running. Follow it with: starter reconcile follow "+id)

	s.Stripe.Faults().Clear()
	out, err := starterWith(s, "reconcile", "follow", id, "--format", "json")
	require.NoError(t, err, out)
	var run runView
	require.NoError(t, jsonOf(out, &run))
	require.Equal(t, "completed", run.Status)
	require.Equal(t, 1, run.Fixed, "%+v", run.Details)
	s.AwaitStatus(booked.Reference, "confirmed")
	_, err = starterWith(s, "reconcile", "follow", "recon_none")
	require.ErrorContains(t, err, "no reconciliation has the id")
}

package test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testkit"
	"farebook/reconciliation"
	"farebook/starter/dispatch"
)

// A plan is about what it says: a state that has changed again since is another difference, and is left to the next run. What
// is looked at before it is healed counts among the run's calls.
func TestPlanThatChangedSinceIsSkipped(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Sweep: rareSweeps})
	booked := s.BookAndPay("disputed", nil)
	s.AwaitQuiet()
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(t, err)
	s.AwaitStatus(booked.Reference, "disputed")
	s.AwaitQuiet()
	s.AwaitRest("Dispute:" + id)
	s.DropWebhooks()
	require.NoError(t, s.Stripe.MoveDispute(id, "under_review"))
	dry := reconcile(s, `{"dryRun":true}`)
	require.Equal(t, map[string]int{"state_mismatch": 1}, dry.classes(), "%+v", dry.Details)
	require.NoError(t, s.Stripe.MoveDispute(id, "lost"))

	applied := applyPlan(s, dry.CorrelationID)
	require.Len(t, applied.Details, 1)
	require.Equal(t, "skipped", applied.Details[0].State)
	require.Contains(t, applied.Details[0].Note, "changed since: by now the dispute is needs_response here and lost at Stripe")
	require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_runs WHERE correlation_id = ? AND next_call_us > 0",
		applied.CorrelationID))
	require.Equal(t, 1, reconcile(s, `{}`).Fixed)
	again := applyPlan(s, dry.CorrelationID)
	require.Equal(t, "changed since: the two sides agree by now", again.Details[0].Note)
	s.RequirePromises()
}

// A plan that is not named is no reason to heal whatever is found, and a plan is carried out as it was made.
func TestApplyNamesItsPlan(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	for says, args := range map[string][]string{
		"--apply is empty": {"--apply", ""}, "--scope cannot be combined with --apply": {"--apply", "recon_1", "--scope", "ledger"},
		"--dry-run cannot be combined": {"--apply", "recon_1", "--dry-run"}, "no run has the id": {"--apply", "recon_1"},
	} {
		_, err := starterWith(s, append([]string{"reconcile"}, args...)...)
		require.ErrorContains(t, err, says)
	}
	require.Zero(t, s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_runs"))
}

// A plan that somebody has changed in the database is not carried out.
func TestPlanThatSomebodyChangedIsRefused(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	lost := s.Book("lost", testkit.BookingBody(nil))
	s.AwaitQuiet()
	s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(lost.Payment.PaymentIntentID, "pm_card_visa"))
	dry := reconcile(s, `{"dryRun":true}`)
	s.DB.Exec(t, "UPDATE reconciliation_items SET amount_at_stripe = amount_at_stripe + 1, class = 'amount_mismatch' WHERE class = "+
		"'missing_in_ledger'")
	_, err := starterWith(s, "reconcile", "--apply", dry.CorrelationID)
	require.ErrorContains(t, err, "does not match its digest: reconcile again")
	require.Equal(t, "pending_payment", s.Status(lost.Reference))
	s.RequireLedger(lost.Reference)
}

// Two carry out one plan at once: each difference is healed once, and both runs say how it stands.
func TestPlanIsAppliedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{})
	var lost []testkit.Booked
	for i := range 5 {
		lost = append(lost, s.Book(fmt.Sprintf("lost-%d", i), testkit.BookingBody(nil)))
	}
	s.AwaitQuiet()
	s.DropWebhooks()
	for _, booked := range lost {
		require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	}
	dry := reconcile(s, `{"dryRun":true}`)
	require.Len(t, dry.Details, 2*len(lost), "%+v", dry.Details)
	client := dispatch.NewClient(s.Temporal, s.Config.TaskQueue)
	ids := []string{dispatch.NewRunID(), dispatch.NewRunID()}
	for _, id := range ids {
		require.NoError(t, client.StartReconciliation(t.Context(), id, reconciliation.Options{LookbackDays: 7, Scope: reconciliation.ScopeAll},
			dry.CorrelationID))
	}
	for _, id := range ids {
		run := awaitReconciliation(s, id)
		require.Zero(t, run.Failed, "%+v\n%s", run.Details, s.Logs)
		require.Equal(t, len(lost), run.Fixed+run.Skipped)
	}
	for _, booked := range lost {
		s.RequireLedger(booked.Reference, "payment")
		require.Equal(t, 1, s.DB.Count(t, "SELECT COUNT(*) FROM emails WHERE kind = 'booking_confirmed' AND dedupe_key LIKE ?",
			booked.Reference+"%"))
	}
	s.RequirePromises()
}

// What may not be healed automatically waits for an operator, and an operator's plan is carried out.
func TestPersonAppliesWhatMayNotHealByItself(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{Heal: "none"})
	lost := s.Book("lost", testkit.BookingBody(nil))
	s.AwaitQuiet()
	s.DropWebhooks()
	require.Equal(t, http.StatusOK, s.Pay(lost.Payment.PaymentIntentID, "pm_card_visa"))
	found := reconcile(s, `{}`)
	require.Len(t, found.Details, 2)
	require.Zero(t, found.Fixed)
	require.Equal(t, "pending_payment", s.Status(lost.Reference))
	dry := reconcile(s, `{"dryRun":true}`)
	require.Equal(t, 1, applyPlan(s, dry.CorrelationID).Fixed)
	s.AwaitStatus(lost.Reference, "confirmed")
	require.Empty(t, reconcile(s, `{}`).Details)
}

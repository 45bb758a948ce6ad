package workflows_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/workflows"
)

// histories are those that were ever recorded, by workflow and outcome.
var histories = []string{
	"account_fee", "cancel_twins", "booking_payment_authenticated", "booking_payment_authorisation_expired_at_stripe",
	"booking_payment_authorisation_ran_out", "booking_payment_authorisation_released",
	"booking_payment_cancel_lost_to_payment", "booking_payment_cancelled", "booking_payment_captured",
	"booking_payment_captured_in_part", "booking_payment_confirmed", "booking_payment_declined_then_confirmed",
	"booking_payment_expired", "booking_payment_fee_later", "booking_payment_late_money",
	"booking_payment_late_money_refunded", "booking_payment_mismatch_reported", "booking_payment_paid_cancelled", "booking_payment_processing",
	"booking_payment_processing_failed", "booking_payment_refused", "booking_payment_slow_path", "booking_payment_started_eagerly",
	"booking_payment_stripe_away",
	"booking_payment_unknown_state",
	"booking_payment_workflow_cancelled", "charge_refunds", "dispute_inquiry_closed", "dispute_inquiry_formal", "dispute_lost",
	"dispute_won", "dispute_won_late_money", "payout_canceled", "payout_failed", "payout_large", "payout_proven", "reconciliation_applied",
	"reconciliation_continued",
	"reconciliation_clean", "reconciliation_dry_run", "reconciliation_applied_in_pieces", "reconciliation_unhealable", "refund_abandoned",
	"refund_canceled", "refund_dashboard", "refund_failed_later",
	"refund_pending", "refund_postponed", "refund_refused", "refund_succeeded", "seal_ledger", "send_mail", "unbooked",
}

// Every outcome's recorded history is replayed against today's code: a change that would block running workflows fails
// here before it ships. Histories are recorded by `go test ./test -record` on a real server, and never deleted.
func TestReplayRecordedHistories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	recorded := make([]string, len(files))
	for i, file := range files {
		recorded[i] = strings.TrimSuffix(filepath.Base(file), ".json")
	}
	require.Subset(t, recorded, histories, "a recorded history is missing: running workflows may stand where it does")
	require.Subset(t, histories, recorded, "a new history: add it to the list")
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replayer := worker.NewWorkflowReplayer()
			for kind, function := range workflows.ByType() {
				replayer.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{Name: kind})
			}
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)), file))
		})
	}
}

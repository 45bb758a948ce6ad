package workflows_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/payload"
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
	"booking_payment_workflow_cancelled", "charge_refunds", "deliver_webhooks_given_up", "deliver_webhooks_later",
	"dispute_evidence_submitted",
	"dispute_inquiry_closed", "dispute_inquiry_formal", "dispute_lost",
	"dispute_won", "dispute_won_late_money", "payout_canceled", "payout_failed", "payout_large", "payout_proven", "reconciliation_applied",
	"reconciliation_continued",
	"reconciliation_clean", "reconciliation_dry_run", "reconciliation_applied_in_pieces", "reconciliation_unhealable", "refund_abandoned",
	"refund_canceled", "refund_dashboard", "refund_failed_later",
	"refund_pending", "refund_postponed", "refund_refused", "refund_succeeded", "retention", "seal_ledger", "send_mail", "unbooked",
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
	entry, err := payload.NewKey("recorded")
	require.NoError(t, err)
	codec := payload.NewCodec(func() string { return entry })
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			quiet := sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
			for _, codec := range []*payload.Codec{payload.NewCodec(nil), codec} {
				require.NoError(t, replayerWith(t, codec).ReplayWorkflowHistory(quiet, read(t, file)))
			}
			encrypted := read(t, file)
			require.Positive(t, encrypt(t, encrypted, codec))
			require.NoError(t, replayerWith(t, codec).ReplayWorkflowHistory(quiet, encrypted))
		})
	}
}

// replayerWith has today's code and the codec of the configuration: histories are replayed as they were recorded with payload encryption
// off, on, and on from their first event.
func replayerWith(t *testing.T, codec *payload.Codec) worker.WorkflowReplayer {
	t.Helper()
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		DataConverter: codec.DataConverter(), FailureConverter: codec.FailureConverter(),
	})
	require.NoError(t, err)
	for kind, function := range workflows.ByType() {
		replayer.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{Name: kind})
	}
	return replayer
}

func read(t *testing.T, file string) *historypb.History {
	t.Helper()
	opened, err := os.Open(file)
	require.NoError(t, err)
	defer func() { _ = opened.Close() }() // only read
	history, err := client.HistoryFromJSON(opened, client.HistoryJSONOptions{})
	require.NoError(t, err)
	return history
}

// encrypt encrypts what a client and a worker with the codec would have encrypted, and returns how many payloads that are.
func encrypt(t *testing.T, history *historypb.History, codec *payload.Codec) (count int) {
	t.Helper()
	require.NoError(t, proxy.VisitPayloads(t.Context(), history, proxy.VisitPayloadsOptions{
		Visitor: func(at *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
			if _, header := at.Parent.(*commonpb.Header); header {
				return payloads, nil // the correlation id, which is written without the client's converter
			}
			count += len(payloads)
			return codec.Encode(payloads)
		},
		SkipSearchAttributes: true,
	}))
	return count
}

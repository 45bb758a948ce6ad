package workflows_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/workflows"
)

// Every outcome's recorded history is replayed against today's code: a change that would block running workflows fails
// here before it ships. Histories are recorded by `go test ./test -record` on a real server, and never deleted.
func TestReplayRecordedHistories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 10, "recorded histories are missing")
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replayer := worker.NewWorkflowReplayer()
			replayer.RegisterWorkflowWithOptions(workflows.BookingPayment, workflow.RegisterOptions{Name: workflows.TypeBookingPayment})
			replayer.RegisterWorkflowWithOptions(workflows.Refund, workflow.RegisterOptions{Name: workflows.TypeRefund})
			replayer.RegisterWorkflowWithOptions(workflows.Dispute, workflow.RegisterOptions{Name: workflows.TypeDispute})
			replayer.RegisterWorkflowWithOptions(workflows.Reconciliation, workflow.RegisterOptions{Name: workflows.TypeReconciliation})
			replayer.RegisterWorkflowWithOptions(workflows.ChargeRefunds, workflow.RegisterOptions{Name: workflows.TypeChargeRefunds})
			replayer.RegisterWorkflowWithOptions(workflows.SendMail, workflow.RegisterOptions{Name: workflows.TypeSendMail})
			replayer.RegisterWorkflowWithOptions(workflows.Payout, workflow.RegisterOptions{Name: workflows.TypePayout})
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)), file))
		})
	}
}

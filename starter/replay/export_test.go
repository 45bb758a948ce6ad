package replay

import (
	"testing"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/workflow"
)

// IsPinned is isPinned, for tests without versioned workers.
var IsPinned = isPinned

// Compare replays one history against workflows, for tests without a server.
func Compare(t *testing.T, workflows map[string]any, events []*historypb.HistoryEvent) (Difference, bool) {
	t.Helper()
	r := &Replayer{Workflows: workflows}
	return r.compare(t.Context(), workflow.Execution{ID: "one", RunID: "8a0d2c5e-5a7f-4c43-9d0c-6f1b8a2b6e11"}, events)
}

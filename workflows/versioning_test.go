package workflows_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"farebook/workflows"
)

// docs/deploying.md shows each workflow type with what its open runs do and why.
func TestDocumentsSayWhichRunsKeepTheirBuild(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/deploying.md")
	require.NoError(t, err)
	for _, one := range workflows.Versionings() {
		does := "moves"
		if one.Behavior == workflow.VersioningBehaviorPinned {
			does = "pinned"
		}
		require.Contains(t, string(page), fmt.Sprintf("| `%s` | %s | %s |\n", one.Type, does, one.Reason))
	}
}

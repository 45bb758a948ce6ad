package workflows

import (
	"cmp"
	"strings"

	"go.temporal.io/sdk/workflow"
)

// setDetails sets the Markdown that the Temporal UI shows at the top of a workflow's page. It adds nothing to the history.
func setDetails(ctx workflow.Context, lines ...string) {
	workflow.SetCurrentDetails(ctx, strings.Join(lines, "\n"))
}

// orDash returns text, or a dash for an empty one.
func orDash[S ~string](text S) string { return cmp.Or(string(text), "–") }

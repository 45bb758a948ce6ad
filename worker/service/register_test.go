package service_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/workflow"

	"farebook/worker/service"
	"farebook/workflows"
)

// registered collects what a worker registers.
type registered map[string]workflow.VersioningBehavior

func (r registered) RegisterWorkflowWithOptions(_ any, options workflow.RegisterOptions) {
	r[options.Name] = options.VersioningBehavior
}

func (registered) RegisterActivityWithOptions(any, activity.RegisterOptions) {}

// A worker with versioning refuses a workflow type of which nobody has decided whether it is pinned.
func TestEachWorkflowTypeIsPinnedOrUpgraded(t *testing.T) {
	t.Parallel()
	all := registered{}
	service.Register(all, service.Activities{})
	var decided []string
	for _, one := range workflows.Versionings() {
		decided = append(decided, one.Type)
		require.Equal(t, one.Behavior, all[one.Type], one.Type)
		require.NotEmpty(t, one.Reason, one.Type)
	}
	require.ElementsMatch(t, decided, slices.Collect(maps.Keys(all)))
	require.NotContains(t, slices.Collect(maps.Values(all)), workflow.VersioningBehaviorUnspecified)
}

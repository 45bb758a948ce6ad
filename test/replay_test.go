package test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/workflows"
)

// replayed is the part of `starter replay --format json` that tests read.
type replayed struct {
	Types []struct {
		Type                    string
		InThisBuild             bool
		Running, Closed, Failed int
	}
}

// requireReplay requires that every history of the stack fits the build, and that each type of workflow has one.
func (u *unfinished) requireReplay(t *testing.T) {
	t.Helper()
	var found replayed
	u.Eventually(func() bool { // Temporal's search lags
		said, err := starterWith(u.Stack, "replay", "--format", "json")
		require.NoError(t, err, said)
		found = replayed{}
		require.NoError(t, jsonOf(said, &found))
		for _, kind := range found.Types {
			if kind.Running+kind.Closed == 0 {
				return false
			}
		}
		return true
	}, "some type of workflow has no history: %v", &found)
	require.Len(t, found.Types, len(workflows.ByType()))
	for _, kind := range found.Types {
		require.True(t, kind.InThisBuild, kind.Type)
		require.Zero(t, kind.Failed, kind.Type)
	}
}

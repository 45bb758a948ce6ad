package deployment_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"farebook/internal/deployment"
)

// A change that Temporal is not ready for is asked for again; any other refusal counts at once.
func TestChangeIsAskedForUntilTemporalIsReady(t *testing.T) {
	t.Parallel()
	asked := 0
	got, err := deployment.Patiently(t.Context(), func(context.Context, string) (string, error) {
		if asked++; asked < 3 {
			return "", serviceerror.NewWorkflowNotReady("unexpected workflow task failure")
		}
		return "changed", nil
	}, "")
	require.NoError(t, err)
	require.Equal(t, "changed", got)
	require.Equal(t, 3, asked)

	refused := errors.New("the token is an older one")
	_, err = deployment.Patiently(t.Context(), func(context.Context, string) (string, error) {
		asked++
		return "", refused
	}, "")
	require.ErrorIs(t, err, refused)
	require.Equal(t, 4, asked)
}

// A deployment whose workflow continues as new is not found for a moment; one that does not exist is not found every time.
func TestDeploymentIsLookedForAgain(t *testing.T) {
	t.Parallel()
	asked, found := 0, 3
	describe := func(context.Context, string) (string, error) {
		if asked++; asked < found {
			return "", serviceerror.NewNotFound("Worker Deployment not found")
		}
		return "described", nil
	}
	got, err := deployment.Patiently(t.Context(), describe, "")
	require.NoError(t, err)
	require.Equal(t, "described", got)

	asked, found = 0, 100
	_, err = deployment.Patiently(t.Context(), describe, "")
	require.ErrorContains(t, err, "not found")
	require.Equal(t, 4, asked)
}

package workflows

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"farebook/activities"
	"farebook/booking"
)

// The money of a dispute that is won is waited for some days; the last look says that it is the last, and the workflow ends.
func TestDisputeIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	looksTaken, last := 0, false
	env.RegisterActivityWithOptions(func(_ context.Context, in activities.RecordDisputeInput) (activities.DisputeOutcome, error) {
		looksTaken, last = looksTaken+1, in.LastLook
		return activities.DisputeOutcome{Status: booking.DisputeWon, Unreinstated: !in.LastLook}, nil
	}, activity.RegisterOptions{Name: "RecordDispute"})
	env.ExecuteWorkflow(Dispute, DisputeInput{DisputeID: "dp_1"})
	require.NoError(t, env.GetWorkflowError())
	require.True(t, last)
	require.Equal(t, 1+len(reinstatementLooks), looksTaken)
}

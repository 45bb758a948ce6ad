package ticketing_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"farebook/examples/ticketing"
	"farebook/internal/dev/testkit"
)

// A cancellation that arrives during the capture comes too late: the ticket is issued, and the money for it is taken.
func TestACancellationDuringTheCaptureComesTooLate(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: testkit.Patience}) // a busy machine stops for more than the usual second
	var calls []string
	step := func(name string, run any) {
		env.RegisterActivityWithOptions(run, activity.RegisterOptions{Name: name})
	}
	authorized := ticketing.Booking{Reference: "FB-7K2M9QXA", Status: "pending_payment"}
	authorized.Payment.Status = "authorized"
	step("Book", func(context.Context, string) (ticketing.Booking, error) { return authorized, nil })
	step("ReadBooking", func(context.Context, string) (ticketing.Booking, error) { return authorized, nil })
	step("IssueTicket", func(context.Context, string) (string, error) { return "176-1", nil })
	step("Capture", func(context.Context, string, string) error {
		calls = append(calls, "capture")
		env.CancelWorkflow()
		return nil
	})
	step("VoidOrder", func(context.Context, string) error { calls = append(calls, "void"); return nil })
	step("Cancel", func(context.Context, string, string) error { calls = append(calls, "cancel"); return nil })
	env.ExecuteWorkflow(ticketing.Sell, "order", limits)
	require.NoError(t, env.GetWorkflowError())
	var r ticketing.Result
	require.NoError(t, env.GetWorkflowResult(&r))
	require.Equal(t, ticketing.Result{Result: ticketing.Sold, Reference: "FB-7K2M9QXA", Ticket: "176-1"}, r)
	require.Equal(t, []string{"capture"}, calls)
}

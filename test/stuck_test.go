package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/testkit"
	"farebook/workflows"
)

// A worker is deployed whose workflow does not fit the histories: paid bookings neither end nor fail. verify names them with the
// reason, a request about one is answered with what is wrong, and the right worker finishes them.
func TestIncompatibleDeployIsSeen(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	stop := s.StartWorker()
	booked := s.Book("stuck", testkit.BookingBody(nil))
	stop()
	incompatible := worker.New(s.Temporal, s.Config.TaskQueue, worker.Options{})
	incompatible.RegisterWorkflowWithOptions(func(ctx workflow.Context, _ workflows.BookingPaymentInput) error {
		return workflow.Sleep(ctx, time.Hour)
	}, workflow.RegisterOptions{Name: workflows.TypeBookingPayment})
	require.NoError(t, incompatible.Start())
	require.Equal(t, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	asked := workflows.NewClient(s.Temporal, s.Config.TaskQueue)
	s.Eventually(func() bool {
		_, stuck, err := asked.StuckAt(t.Context(), s.WorkflowID(booked.Reference))
		return err == nil && stuck
	}, "the workflow is not stuck; logs:\n%s", s.Logs)

	// Temporal's search shows the workflow later than the workflow itself does.
	s.Eventually(func() bool {
		stuck, err := asked.AllStuck(t.Context())
		return err == nil && len(stuck) == 1
	}, "not among all that are stuck")
	out, err := starterWith(s, "verify")
	require.Error(t, err)
	require.Regexp(t, `(?s)NO\s+no workflow's task fails again and again.*BookingPayment:`+booked.Reference+`.*NonDeterministicError`, out)
	answer := s.Post("/v1/bookings/"+booked.Reference+"/cancel", "", nil)
	require.Equal(t, http.StatusServiceUnavailable, answer.Status, "%s", answer.Body)
	require.Contains(t, string(answer.Body), "urn:farebook:problem:workflow-stuck")
	require.Contains(t, string(answer.Body), "cannot proceed")

	incompatible.Stop()
	s.StartWorker()
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitQuiet()
	_, stuck, err := asked.StuckAt(t.Context(), s.WorkflowID(booked.Reference))
	require.NoError(t, err)
	require.False(t, stuck)
	s.RequirePromises()
}

package test

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/dev/testkit"
	"farebook/starter/dispatch"
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
	asked := dispatch.NewClient(s.Temporal, s.Config.TaskQueue)
	s.Eventually(func() bool {
		_, stuck, err := asked.StuckAt(t.Context(), s.WorkflowID(booked.Reference))
		return err == nil && stuck
	}, "the workflow is not stuck; logs:\n%s", s.Logs)

	// Temporal's search shows the workflow later than the workflow itself does, and counts its attempts anew with each event.
	named := regexp.MustCompile(`(?s)NO\s+no workflow is stuck on a failing task.*BookingPayment:` + booked.Reference +
		`.*NonDeterministicError`)
	s.Eventually(func() bool {
		out, err := starterWith(s, "verify")
		return err != nil && named.MatchString(out)
	}, "verify does not name the workflow that is stuck")
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

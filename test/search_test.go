package test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"farebook/internal/dev/testkit"
)

// The query in docs/operations.md for confirmed bookings finds them and nothing else: neither bookings that ended in another state
// nor other completed workflows.
func TestTheQueryForConfirmedBookings(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	written := regexp.MustCompile("(?s)`(WorkflowType =[^`]*)`").FindSubmatch(text)
	require.NotNil(t, written)
	query := strings.Join(strings.Fields(string(written[1])), " ")

	s := testkit.New(t, testkit.Options{})
	confirmed := s.BookAndPay("confirmed", nil)
	refunded := s.BookAndPay("refunded", nil)
	require.Equal(t, http.StatusCreated, s.Post("/v1/bookings/"+refunded.Reference+"/refunds", "all", nil).Status)
	s.AwaitStatus(refunded.Reference, "refunded")
	cancelled := s.Book("cancelled", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Post("/v1/bookings/"+cancelled.Reference+"/cancel", "", nil).Status)
	s.AwaitQuiet()
	found := func(query string) map[string]bool {
		answer, err := s.Temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("TaskQueue = '%s' AND %s", s.Config.TaskQueue, query),
		})
		require.NoError(t, err)
		ids := map[string]bool{}
		for _, run := range answer.GetExecutions() {
			ids[run.GetExecution().GetWorkflowId()] = true
		}
		return ids
	}
	s.Eventually(func() bool { return len(found("ExecutionStatus = 'Completed'")) == 4 }, "three bookings and a refund are not completed yet")
	require.Equal(t, map[string]bool{s.WorkflowID(confirmed.Reference): true, s.WorkflowID(refunded.Reference): true}, found(query))
}

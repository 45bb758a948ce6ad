package test

import (
	"net/http"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/testkit"
)

// waitingRequest is a POST that waits for its workflow while no worker runs.
type waitingRequest struct {
	path, key string
	body      []byte
	audited   bool
	status    int // of the answer to its repetition, when the database answers again and a worker runs
}

// The database stalls while requests wait for their workflows. Each is answered with 503 for it: a wait that ends because no worker runs is
// a problem of another type. Each repetition then gets the answer of the work that was done once.
func TestRequestsThatWaitForTheirWorkflowAreAnsweredWhenTheDatabaseStalls(t *testing.T) {
	t.Parallel()
	server, err := devstack.StartMariaDB(t.Context(), filepath.Join(t.TempDir(), "mariadb"), devstack.ForTests())
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Kill() }) // its data is not kept
	s := testkit.New(t, testkit.Options{DatabaseServer: server.AdminDSN(), NoWorker: true})
	stopWorker := s.StartWorker()
	cancelled, withoutKey := s.Book("stall-1", testkit.BookingBody(nil)), s.Book("stall-2", testkit.BookingBody(nil))
	captured := authorised(s, "stall-3")
	s.AwaitQuiet()
	stopWorker()

	requests := []waitingRequest{
		{"/v1/bookings", "stalled-booking", testkit.BookingBody(nil), false, http.StatusCreated},
		{"/v1/bookings/" + cancelled.Reference + "/cancel", "stalled-cancel", nil, true, http.StatusOK},
		{"/v1/bookings/" + withoutKey.Reference + "/cancel", "", nil, true, http.StatusOK},
		{"/v1/bookings/" + captured.Reference + "/capture", "stalled-capture", nil, true, http.StatusOK},
	}
	stallWhile(s, server, requests)

	s.StartWorker()
	for _, r := range requests {
		answer := s.Post(r.path, r.key, r.body)
		require.Equal(t, r.status, answer.Status, "%s: %s", r.path, answer.Body)
	}
	require.Equal(t, 4, s.CreatedPaymentIntents(), "one for each booking")
	require.Equal(t, "cancelled", s.Status(cancelled.Reference))
	require.Equal(t, "cancelled", s.Status(withoutKey.Reference))
	s.AwaitStatus(captured.Reference, "confirmed")
	s.AwaitQuiet()
	s.RequirePromises()
}

// stallWhile stops the database server while the requests wait, and lets it continue when each is answered.
func stallWhile(s *testkit.Stack, server *devstack.MariaDB, requests []waitingRequest) {
	s.T.Helper()
	keys, audited := 0, s.DB.Count(s.T, "SELECT COUNT(*) FROM audit_log")
	for _, r := range requests {
		if r.key != "" {
			keys++
		}
		if r.audited {
			audited++
		}
	}
	answers := make([]testkit.Answer, len(requests))
	errs := make([]error, len(requests))
	var all sync.WaitGroup
	for i, r := range requests {
		all.Go(func() { answers[i], errs[i] = s.API.Do(http.MethodPost, r.path, r.key, r.body) })
	}
	s.Eventually(func() bool {
		return s.DB.Count(s.T, "SELECT COUNT(*) FROM audit_log") == audited &&
			s.DB.Count(s.T, "SELECT COUNT(*) FROM idempotency_keys WHERE answer_body IS NULL AND leased_until IS NOT NULL") == keys
	}, "a request has not begun to wait")
	resume := testkit.Freeze(s.T, server.Pid())
	all.Wait()
	resume()
	for i, answer := range answers {
		require.NoError(s.T, errs[i])
		require.Equal(s.T, http.StatusServiceUnavailable, answer.Status, "%s: %s", requests[i].path, answer.Body)
		require.Equal(s.T, "5", answer.Header.Get("Retry-After"))
		require.Contains(s.T, string(answer.Body), "The database is unavailable", requests[i].path)
	}
}

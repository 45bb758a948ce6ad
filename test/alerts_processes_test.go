package test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/dev/devstack"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/link"
	"farebook/internal/dev/testkit"
	"farebook/workflows"
)

// processesScrape is above the four seconds for which the API waits for the books of a frozen database.
const processesScrape = 6 * time.Second

// faultsOfProcesses are those of processes and servers.
var faultsOfProcesses = []alertFault{
	{alerts: []string{"FarebookAPIDown"}, play: killTheAPI},
	{alerts: []string{"FarebookBooksUnread", "FarebookAPIFailing", "FarebookDatabasePoolFull"}, play: freezeTheDatabase},
	{alerts: []string{"FarebookStripeFailing"}, play: failAtStripe},
	{alerts: []string{"FarebookClientSecretSlow"}, play: loseAnswersOfStripe},
	{alerts: []string{"FarebookTasksWait"}, play: cutTheWorkerOff},
	{alerts: []string{"FarebookWorkflowTasksFail"}, play: rollBackABuild},
}

// processes is a watched stack of processes with a separate database server. The worker reaches Temporal by a link.
func processes(t *testing.T) *watched {
	t.Helper()
	server, err := devstack.StartMariaDB(t.Context(), filepath.Join(t.TempDir(), "mariadb"), devstack.ForTests())
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Kill() }) // its data is not kept
	s := testkit.New(t, testkit.Options{DatabaseServer: server.AdminDSN(), Admin: true, Processes: true, NoWorker: true})
	w := scrape(s, processesScrape)
	temporal, err := s.Config.TemporalOptions()
	require.NoError(t, err)
	w.database, w.link = server, s.NewLink(temporal.HostPort, 0)
	w.StartWorkerWith("TEMPORAL_ADDRESS=" + w.link.Addr())
	s.Eventually(s.API.Ready, "the API did not become ready; logs:\n%s", s.Logs)
	w.BookAndPay("alerts", nil)
	w.AwaitQuiet()
	return w
}

func killTheAPI(w *watched) func() {
	w.FirstAPI().End()
	return func() {
		w.StartProcess("starter", "", "serve")
		w.Eventually(w.API.Ready, "the API did not become ready; logs:\n%s", w.lastLogs())
	}
}

// freezeTheDatabase stops the server's process, as on a machine that is out of memory, while more clients read than the pool has
// connections.
func freezeTheDatabase(w *watched) func() {
	resume := testkit.Freeze(w.T, w.database.Pid())
	stop := w.clients(64, func(context.Context, string) {
		_, _ = w.API.Do(http.MethodGet, "/v1/bookings/FB-00000000", "", nil) // 503 is what the alert is about
	})
	return func() {
		stop()
		resume()
	}
}

// book asks for a booking, whatever the answer is.
func (w *watched) book(_ context.Context, number string) {
	_, _ = w.API.Do(http.MethodPost, "/v1/bookings", fmt.Sprintf("alerts-%d-%s", time.Now().UnixNano(), number), testkit.BookingBody(nil))
}

func failAtStripe(w *watched) func() {
	w.Stripe.Faults().Add(fakestripe.Fault{Path: "/v1/*", Kind: fakestripe.Fault500Before, Count: 1_000_000})
	stop := w.clients(1, w.book)
	return func() {
		w.Stripe.Faults().Clear()
		stop()
		w.book(w.T.Context(), "well")
	}
}

// loseAnswersOfStripe makes Stripe answer each booking at the second attempt only.
func loseAnswersOfStripe(w *watched) func() {
	stop := w.clients(1, func(ctx context.Context, number string) {
		w.Stripe.Faults().Add(fakestripe.Fault{Method: http.MethodPost, Path: "/v1/payment_intents", Kind: fakestripe.FaultHang})
		w.book(ctx, number)
	})
	return func() {
		stop()
		w.Stripe.Faults().Clear()
		w.book(w.T.Context(), "fast")
	}
}

// cutTheWorkerOff makes workflow tasks wait for 15 seconds, because no worker reaches Temporal.
func cutTheWorkerOff(w *watched) func() {
	var booked []testkit.Booked
	for i := range 3 {
		booked = append(booked, w.Book(fmt.Sprintf("alerts-cut-%d", i), testkit.BookingBody(nil)))
	}
	w.link.Become(link.Reset)
	for _, b := range booked {
		w.Pay(b.Payment.PaymentIntentID, "pm_card_visa")
	}
	id := w.WorkflowID(booked[0].Reference)
	w.Eventually(func() bool {
		described, err := w.Temporal.DescribeWorkflowExecution(w.T.Context(), id, "")
		task := described.GetPendingWorkflowTask()
		return err == nil && task.GetState() == enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED &&
			time.Since(task.GetScheduledTime().AsTime()) > 15*time.Second
	}, "no workflow task waits; logs:\n%s", w.lastLogs())
	w.link.Become(link.None)
	return func() {
		for _, b := range booked {
			w.AwaitStatus(b.Reference, "confirmed")
		}
	}
}

// rollBackABuild has a booking begin on a build whose workflow is another one, which is then replaced by the build before it.
func rollBackABuild(w *watched) func() {
	w.FirstWorker().End()
	later := worker.New(w.Temporal, w.Config.TaskQueue, worker.Options{})
	later.RegisterWorkflowWithOptions(func(ctx workflow.Context, _ workflows.BookingPaymentInput) error {
		for { // each timer is a workflow task, at which the other build replays the history
			err := workflow.Sleep(ctx, time.Second)
			if err != nil {
				return err
			}
		}
	}, workflow.RegisterOptions{Name: workflows.TypeBookingPayment})
	require.NoError(w.T, later.Start())
	known := w.DB.Count(w.T, "SELECT COUNT(*) FROM bookings")
	var asking sync.WaitGroup
	asking.Go(func() { w.book(w.T.Context(), "later") }) // answered with 503, when its time is over
	w.T.Cleanup(asking.Wait)
	w.Eventually(func() bool { return w.DB.Count(w.T, "SELECT COUNT(*) FROM bookings") == known+1 }, "no booking; logs:\n%s", w.lastLogs())
	id := w.WorkflowID(w.DB.Text(w.T, "SELECT reference FROM bookings ORDER BY id DESC LIMIT 1"))
	w.Eventually(func() bool {
		for _, event := range w.RunHistory(id, "").GetEvents() {
			if event.GetEventType() == enumspb.EVENT_TYPE_TIMER_STARTED {
				return true
			}
		}
		return false
	}, "the other build does not take the booking")
	later.Stop()
	w.StartWorkerWith("TEMPORAL_ADDRESS=" + w.link.Addr())
	return func() {
		asking.Wait()
		require.NoError(w.T, w.Temporal.TerminateWorkflow(w.T.Context(), id, "", "it began on a build that was rolled back"))
	}
}

// faultsOfBuilds are those of Worker Versioning.
var faultsOfBuilds = []alertFault{{alerts: []string{"FarebookBuildUnattended"}, play: promoteAnAbsentBuild}}

// builds is a watched stack whose only worker is one of the current build: Temporal gives the work of an unknown build to workers without
// versioning, if there are any.
func builds(t *testing.T) *watched {
	t.Helper()
	s := testkit.New(t, testkit.Options{Admin: true, Processes: true, NoWorker: true})
	s.StartBuild(running)
	s.Eventually(func() bool {
		_, err := deploy(s, "promote", running)
		return err == nil
	}, "the build is not promoted; logs:\n%s", s.Logs)
	return scrape(s, processesScrape)
}

// promoteAnAbsentBuild makes a build current that no worker runs, as a release whose workers do not start.
func promoteAnAbsentBuild(w *watched) func() {
	makeAbsentCurrent(w.Stack)
	return func() { requireDeploy(w.Stack, "promote", running) }
}

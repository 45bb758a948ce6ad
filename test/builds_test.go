package test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/deployment"
	"farebook/internal/dev/testkit"
	"farebook/internal/exitcode"
	"farebook/internal/logging"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/worker/service"
	"farebook/workflows"
)

// The builds of the tests: running is the worker program, next is the same with a BookingPayment that cannot replay its histories.
const (
	running = "running"
	next    = "next"
)

// changedBooking is BookingPayment with one command more at its beginning.
func changedBooking(ctx workflow.Context, in workflows.BookingPaymentInput) (workflows.BookingPaymentResult, error) {
	workflow.NewTimer(ctx, 24*time.Hour)
	return workflows.BookingPayment(ctx, in)
}

// nextBuild registers what a worker registers, with the changed workflow.
type nextBuild struct{ worker.Worker }

func (n nextBuild) RegisterWorkflowWithOptions(run any, options workflow.RegisterOptions) {
	if options.Name == workflows.TypeBookingPayment {
		run = changedBooking
	}
	n.Worker.RegisterWorkflowWithOptions(run, options)
}

// startNextBuild runs a worker of the next build inside the test until the test ends.
func startNextBuild(s *testkit.Stack) {
	t := s.T
	t.Helper()
	log := logging.New(s.Logs, "next", s.Config.LogLevel)
	books, err := store.Open(t.Context(), s.Config.DatabaseDSN, s.DB.Clock, log,
		store.PoolOf(s.Config.Pool.Size, s.Config.Pool.Idle, s.Config.Pool.Lifetime), store.LoginFrom(s.Config.DatabaseLogin))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, books.Close()) })
	activities, err := service.NewActivities(s.Config, books, service.Measures{}, log)
	require.NoError(t, err)
	options, err := s.Config.TemporalOptions()
	require.NoError(t, err)
	options.Identity = "worker of the next build" // Temporal tells pollers apart by it
	temporal, err := dispatch.Dial(options, nil, log)
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	build := deployment.Build{Deployment: s.Deployment(), ID: next}
	bookings := s.Config.TaskQueue
	for _, queue := range []string{bookings, dispatch.ReconciliationQueue(bookings), dispatch.WebhooksQueue(bookings)} {
		polls := worker.New(temporal, queue, worker.Options{DeploymentOptions: build.WorkerOptions()})
		service.Register(nextBuild{polls}, activities)
		require.NoError(t, polls.Start())
		t.Cleanup(polls.Stop)
	}
}

// statusRow matches the row of deploy status that shows a build in a state.
func statusRow(build, state string) *regexp.Regexp {
	return regexp.MustCompile(`(?m)^` + build + ` +` + state + ` `)
}

// stoppable matches the row of deploy status that shows that the workers of the next build may be stopped. It counts by Temporal's search,
// which lags.
var stoppable = regexp.MustCompile(`(?m)^next .* 0 +yes$`)

func deploy(s *testkit.Stack, args ...string) (string, error) {
	s.T.Helper()
	return starterWith(s, append(append([]string{"deploy"}, args...), "--deployment", s.Deployment())...)
}

func requireDeploy(s *testkit.Stack, args ...string) string {
	s.T.Helper()
	out, err := deploy(s, args...)
	require.NoError(s.T, err, out)
	return out
}

// requireBuild requires that one build completed all workflow tasks of a workflow's latest run.
func requireBuild(s *testkit.Stack, workflowID, build string) {
	s.T.Helper()
	awaitBegun(s, workflowID, "")
	require.Equal(s.T, []string{build}, slices.Compact(s.BuildsOn(workflowID, "")), workflowID)
}

// awaitBegun waits until a workflow's first task is complete: what its steps wrote is seen before.
func awaitBegun(s *testkit.Stack, workflowID, runID string) {
	s.T.Helper()
	s.Eventually(func() bool { return len(s.BuildsOn(workflowID, runID)) > 0 }, "%s does not begin; logs:\n%s", workflowID, s.Logs)
}

// awaitLastBuild waits until a build has completed the last workflow task of a workflow's latest run.
func awaitLastBuild(s *testkit.Stack, workflowID, build string) {
	s.T.Helper()
	s.Eventually(func() bool {
		builds := s.BuildsOn(workflowID, "")
		return len(builds) > 0 && builds[len(builds)-1] == build
	}, "%s does not continue on build %s; logs:\n%s", workflowID, build, s.Logs)
}

// payOn pays bookings and requires that the run of each ends on a build. A late event may start another run, on the current build.
func payOn(s *testkit.Stack, build string, all ...testkit.Booked) {
	s.T.Helper()
	runs := map[string]string{}
	for _, booked := range all {
		runs[booked.Reference] = s.LatestRun(s.WorkflowID(booked.Reference))
		require.Equal(s.T, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	}
	for _, booked := range all {
		s.AwaitStatus(booked.Reference, "confirmed")
		s.AwaitWorkflowEnd(booked.Reference)
		require.Equal(s.T, []string{build}, slices.Compact(s.BuildsOn(s.WorkflowID(booked.Reference), runs[booked.Reference])),
			booked.Reference)
	}
}

func bookAll(s *testkit.Stack, key string, count int) (all []testkit.Booked) {
	s.T.Helper()
	for n := range count {
		all = append(all, s.Book(key+strconv.Itoa(n), testkit.BookingBody(nil)))
	}
	return all
}

// Two builds of the worker run beside one another, the next with a workflow that cannot replay what the running one began: each booking
// ends on its build, what lasts longer moves to the current one, and a rollback brings new bookings back.
func TestTwoBuildsRunBesideOneAnother(t *testing.T) {
	t.Parallel()
	// A signal that the sweeper repeats may start another run, on the current build: so late it does not repeat one that was heard.
	s := testkit.New(t, testkit.Options{Processes: true, NoWorker: true, Sweep: 5 * time.Second, Admin: true})
	requireAwaitsPromotion(s)
	requireUnattendedIsSeen(t, s)
	open := bookAll(s, "open", 3)
	lost := s.Book("lost", testkit.BookingBody(nil))
	withChild := s.Book("with-child", testkit.BookingBody(nil))
	refund := pendingRefund(s)
	requireIncompatible(s, open[0].Reference)

	_, err := deploy(s, "promote", next)
	require.ErrorContains(t, err, "no worker of build next polls")
	startNextBuild(s)
	requireDeploy(s, "promote", next, "--wait", "1m")
	fresh := bookAll(s, "fresh", 3)
	payOn(s, running, open[:2]...)
	payOn(s, next, fresh[:2]...)

	s.Stripe.DelayBalanceTransactions(true)
	swept := sweepUp(s, lost)
	cancelled := cancelPaidOn(s, running, withChild)
	s.Stripe.DelayBalanceTransactions(false)
	s.Stripe.ReleaseBalanceTransactions()
	requireEndsOn(s, next, lost, swept)
	requireEndsOn(s, running, withChild, cancelled)
	settleRefund(s, refund)
	disputeOn(s, next, fresh[0])
	reconcileBySchedule(s, next)

	requireDeploy(s, "rollback")
	payOn(s, running, bookAll(s, "back", 2)...)
	payOn(s, running, open[2])
	payOn(s, next, fresh[2])
	requireStoppable(s)

	s.AwaitQuiet()
	out, err := starterWith(s, "verify")
	require.NoError(t, err, out)
	require.Zero(t, s.DB.Count(t, `SELECT COUNT(*) FROM bookings b WHERE
		NOT EXISTS (SELECT 1 FROM financial_ledger l WHERE l.booking_id = b.id AND l.type = 'payment')
		OR (SELECT COUNT(*) FROM emails e WHERE e.booking_id = b.id AND e.kind = 'booking_confirmed' AND e.status = 'sent') <> 1`))
	require.Equal(t, 12, s.DB.Count(t, "SELECT COUNT(*) FROM bookings"))
	s.RequirePromises()
}

// requireAwaitsPromotion: a worker of a build that is not current gets nothing, which readiness and status say; promotion ends that.
func requireAwaitsPromotion(s *testkit.Stack) {
	s.StartBuild(running)
	s.Eventually(func() bool {
		out, err := deploy(s, "status")
		return err != nil && statusRow(running, "inactive").MatchString(out)
	}, "status does not show the build; logs:\n%s", s.Logs)
	require.False(s.T, s.API.Ready(), "no worker would take a booking")
	requireDeploy(s, "promote", running, "--wait", "1m")
	s.Eventually(s.API.Ready, "a current build with a worker takes bookings; logs:\n%s", s.Logs)
	require.Regexp(s.T, statusRow(running, "current"), requireDeploy(s, "status"))
}

// makeAbsentCurrent makes a build current that no worker runs, as Temporal's own command can.
func makeAbsentCurrent(s *testkit.Stack) {
	s.T.Helper()
	_, err := s.Temporal.WorkerDeploymentClient().GetHandle(s.Deployment()).SetCurrentVersion(s.T.Context(),
		client.WorkerDeploymentSetCurrentVersionOptions{BuildID: "absent", AllowNoPollers: true, IgnoreMissingTaskQueues: true})
	require.NoError(s.T, err)
}

// awaitUnattended waits until the metric of all queues says how many builds get new workflows and have no worker.
func awaitUnattended(s *testkit.Stack, builds int) {
	s.T.Helper()
	s.Eventually(func() bool {
		_, text := getText(s.T, "http://"+s.AdminOfAPI+"/metrics")
		return strings.Contains(text, fmt.Sprintf("farebook_builds_without_worker{queue=\"bookings\"} %d\n", builds)) &&
			strings.Contains(text, fmt.Sprintf("farebook_builds_without_worker{queue=\"reconciliations\"} %d\n", builds)) &&
			strings.Contains(text, fmt.Sprintf("farebook_builds_without_worker{queue=\"webhooks\"} %d\n", builds))
	}, "the metric does not show %d builds without a worker; logs:\n%s", builds, s.Logs)
}

// requireUnattendedIsSeen: somebody makes a build current that no worker runs. Readiness, metric and status say so, and promoting another
// ends it.
func requireUnattendedIsSeen(t *testing.T, s *testkit.Stack) {
	t.Helper()
	awaitUnattended(s, 0)
	makeAbsentCurrent(s)
	awaitUnattended(s, 1)
	s.Eventually(func() bool { return !s.API.Ready() }, "the API is ready although every booking would wait; logs:\n%s", s.Logs)
	code, said := ended(t, s.StarterCommand("deploy", "status", "--deployment", s.Deployment()))
	require.Equal(t, exitcode.Findings, code, said)
	require.Contains(t, said, "No worker of build absent polls, which gets 100 % of the new workflows")
	requireDeploy(s, "promote", running)
	s.Eventually(s.API.Ready, "the build that has workers is current again; logs:\n%s", s.Logs)
	awaitUnattended(s, 0)
}

// requireIncompatible proves that the builds differ as the test says: one replays a history of the running build, the other cannot.
func requireIncompatible(s *testkit.Stack, reference string) {
	replay := func(run any) error {
		replayer := worker.NewWorkflowReplayer()
		replayer.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: workflows.TypeBookingPayment})
		return replayer.ReplayWorkflowHistory(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)), s.History(reference))
	}
	require.NoError(s.T, replay(workflows.BookingPayment))
	require.ErrorContains(s.T, replay(changedBooking), "TMPRL1100")
}

func pendingRefund(s *testkit.Stack) refundView {
	booked := s.Book("pending-refund", testkit.BookingBody(nil))
	require.Equal(s.T, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_pendingRefund"))
	s.AwaitStatus(booked.Reference, "confirmed")
	refund := ask(s, booked.Reference, "pending", usd(100))
	awaitRefund(s, refund.ID, "pending")
	requireBuild(s, "Refund:"+refund.ID, running)
	return refund
}

// settleRefund: a refund that the running build began ends on the current one.
func settleRefund(s *testkit.Stack, refund refundView) {
	for _, one := range s.Stripe.Refunds() {
		if one.Status == "pending" {
			require.NoError(s.T, s.Stripe.SettleRefund(one.ID))
		}
	}
	awaitRefund(s, refund.ID, "succeeded")
	s.AwaitRunEnd("Refund:" + refund.ID)
	awaitLastBuild(s, "Refund:"+refund.ID, next)
}

// sweepUp: a booking waits for Stripe's fee on the running build when its run is lost. The sweeper starts it again, on the current build,
// as the run that it returns.
func sweepUp(s *testkit.Stack, lost testkit.Booked) (run string) {
	require.Equal(s.T, http.StatusOK, s.Pay(lost.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(lost.Reference, "confirmed")
	id := s.WorkflowID(lost.Reference)
	requireBuild(s, id, running)
	require.NoError(s.T, s.Temporal.TerminateWorkflow(s.T.Context(), id, "", "the test loses it"))
	awaitLastBuild(s, id, next)
	return s.LatestRun(id)
}

// cancelPaidOn: a paid booking on a build that is current no longer starts a refund as its child. The child begins on the build of its
// parent and, as it is not pinned, ends wherever it belongs then. It returns the run of the booking.
func cancelPaidOn(s *testkit.Stack, build string, booked testkit.Booked) (run string) {
	run = s.LatestRun(s.WorkflowID(booked.Reference))
	require.Equal(s.T, http.StatusOK, s.Pay(booked.Payment.PaymentIntentID, "pm_card_visa"))
	s.AwaitStatus(booked.Reference, "confirmed")
	answer := s.Post("/v1/bookings/"+booked.Reference+"/cancel", "cancel-paid", nil)
	require.Equal(s.T, http.StatusOK, answer.Status, "%s", answer.Body)
	id, child := onlyChild(s, s.WorkflowID(booked.Reference), run)
	awaitBegun(s, id, child)
	require.Equal(s.T, build, s.BuildsOn(id, child)[0])
	return run
}

// onlyChild returns the workflow and the run that a run of a workflow has started. An event may start another run of that workflow.
func onlyChild(s *testkit.Stack, parent, run string) (workflowID, runID string) {
	var children []*commonpb.WorkflowExecution
	s.Eventually(func() bool {
		children = nil
		for _, event := range s.RunHistory(parent, run).GetEvents() {
			if started := event.GetChildWorkflowExecutionStartedEventAttributes(); started != nil {
				children = append(children, started.GetWorkflowExecution())
			}
		}
		return len(children) > 0
	}, "%s starts no child; logs:\n%s", parent, s.Logs)
	require.Len(s.T, children, 1, parent)
	return children[0].GetWorkflowId(), children[0].GetRunId()
}

// requireEndsOn requires that a run of a booking's workflow ends on a build. A late event may start another run, on the current build.
func requireEndsOn(s *testkit.Stack, build string, booked testkit.Booked, run string) {
	s.T.Helper()
	s.AwaitWorkflowEnd(booked.Reference) // of that run or of a later one
	require.Equal(s.T, []string{build}, slices.Compact(s.BuildsOn(s.WorkflowID(booked.Reference), run)), booked.Reference)
}

// disputeOn: signal-with-start begins a workflow on the current build.
func disputeOn(s *testkit.Stack, build string, booked testkit.Booked) {
	id, err := s.Stripe.Dispute(booked.Payment.PaymentIntentID, 0, "fraudulent")
	require.NoError(s.T, err)
	s.AwaitStatus(booked.Reference, "disputed")
	requireBuild(s, "Dispute:"+id, build)
	require.NoError(s.T, s.Stripe.MoveDispute(id, "won"))
	s.AwaitStatus(booked.Reference, "confirmed")
	s.AwaitRunEnd("Dispute:" + id)
}

// reconcileBySchedule: the schedule's run begins on the current build, and so do the workflows that heal for it.
func reconcileBySchedule(s *testkit.Stack, build string) {
	t := s.T
	again := s.DropWebhooks()
	unheard := s.Book("unheard", testkit.BookingBody(nil))
	require.Equal(t, http.StatusOK, s.Pay(unheard.Payment.PaymentIntentID, "pm_card_visa"))
	s.Stripe.Settle()
	t.Cleanup(func() {
		require.NoError(t, dispatch.NewClient(s.Temporal, s.Config.TaskQueue).DeleteSchedule(context.WithoutCancel(t.Context())))
	})
	for _, args := range [][]string{{"apply", "--every", "6h", "--lookback-days", "3"}, {"trigger"}} {
		out, err := starterWith(s, append([]string{"schedule"}, args...)...)
		require.NoError(t, err, out)
	}
	s.AwaitStatus(unheard.Reference, "confirmed")
	s.Eventually(func() bool {
		return s.DB.Count(t, "SELECT COUNT(*) FROM reconciliation_runs WHERE status = 'completed' AND lookback_days = 3") == 1
	}, "the schedule's run did not complete; logs:\n%s", s.Logs)
	again()
	requireBuild(s, workflows.ReconciliationWorkflowID(s.DB.Text(t, "SELECT correlation_id FROM reconciliation_runs")), build)
	requireBuild(s, s.WorkflowID(unheard.Reference), build)
}

// requireStoppable: once nothing is pinned to the build that is not current, its workers may be stopped.
func requireStoppable(s *testkit.Stack) {
	s.Eventually(func() bool {
		out, err := deploy(s, "status")
		return err == nil && statusRow(next, "drained").MatchString(out) && stoppable.MatchString(out)
	}, "the build is never drained")
	require.Regexp(s.T, `(?m)^running .* no: gets new workflows$`, requireDeploy(s, "status"))
}

package workflows_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/activities"
	"farebook/booking"
	"farebook/money"
	"farebook/workflows"
)

// The groups of activities, by method reference: a scenario answers for their methods.
var (
	payments        *activities.Payments
	refunds         *activities.Refunds
	disputes        *activities.Disputes
	payouts         *activities.Payouts
	emails          *activities.Emails
	inbox           *activities.Inbox
	reconciliations *activities.Reconciliations
)

const (
	reference = booking.Reference("FB-7K2M9QXA")
	intent    = "pi_1"
)

// began is when every scenario starts: a Monday.
var began = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// scenario runs one workflow in Temporal's test environment. Its clock jumps to the next timer whenever the workflow waits, so
// weeks pass in milliseconds. trace lists what the workflow asked for, in order, each with the time since began.
type scenario struct {
	t     *testing.T
	env   *testsuite.TestWorkflowEnvironment
	trace []string
}

func newScenario(t *testing.T) *scenario {
	t.Helper()
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s := &scenario{t: t, env: suite.NewTestWorkflowEnvironment()}
	s.env.SetStartTime(began)
	// A machine with much else to do may not run a workflow for a second, which is how long the SDK waits before it calls it deadlocked.
	s.env.SetTestTimeout(time.Minute)
	s.env.SetWorkerOptions(worker.Options{
		DeadlockDetectionTimeout: time.Minute, Interceptors: []interceptor.WorkerInterceptor{&tracer{scenario: s}},
	})
	for _, group := range []any{
		&activities.Payments{}, &activities.Refunds{}, &activities.Disputes{}, &activities.Payouts{}, &activities.Emails{},
		&activities.Inbox{}, &activities.Reconciliations{},
	} {
		s.env.RegisterActivity(group)
	}
	for kind, function := range workflows.ByType() {
		s.env.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{Name: kind})
	}
	return s
}

// run executes the workflow to its end. Emails are sent unless the scenario says otherwise.
func (s *scenario) run(function, input any) {
	s.t.Helper()
	answer(s, emails.SendEmail, activities.EmailResult{Status: "sent"})
	s.env.ExecuteWorkflow(function, input)
	require.True(s.t, s.env.IsWorkflowCompleted(), "the workflow still waits; so far:\n%s", s.traced())
}

// beganBefore has the run be older than a change of the workflow, by the name of its version.
func (s *scenario) beganBefore(change string) {
	s.env.OnGetVersion(change, workflow.DefaultVersion, workflow.Version(1)).Return(workflow.DefaultVersion)
}

// after does something so long after the start. Zero comes together with the start.
func (s *scenario) after(wait time.Duration, do func()) { s.env.RegisterDelayedCallback(do, wait) }

// event delivers an event of Stripe's about the scenario's payment.
func (s *scenario) event(wait time.Duration, id string) {
	s.after(wait, func() {
		s.env.SignalWorkflow(workflows.SignalStripeEvent, workflows.StripeEvent{EventID: id, PaymentIntentID: intent})
	})
}

// update sends an update; its outcome may be read once the scenario has run.
func (s *scenario) update(wait time.Duration, name string, args ...any) *updateOutcome {
	outcome := &updateOutcome{}
	s.after(wait, func() { s.sendUpdate(outcome, name, args...) })
	return outcome
}

func (s *scenario) sendUpdate(outcome *updateOutcome, name string, args ...any) {
	s.env.UpdateWorkflow(name, name+"-"+s.since(), &testsuite.TestUpdateCallback{
		OnAccept:   func() {},
		OnReject:   func(err error) { outcome.rejected = err },
		OnComplete: func(result any, err error) { outcome.result, outcome.err = result, err },
	}, args...)
}

type updateOutcome struct {
	result        any
	rejected, err error
}

func (s *scenario) since() string { return elapsed(s.env.Now().Sub(began)) }

// childRuns lets child workflows of a type start and end.
func (s *scenario) childRuns(kind string) {
	s.env.OnWorkflow(kind, mock.Anything, mock.Anything).Return(nil, nil)
}

// slowEmails has each email take so long.
func (s *scenario) slowEmails(long time.Duration) {
	s.env.OnActivity(emails.SendEmail, mock.Anything, mock.Anything).After(long).Return(activities.EmailResult{Status: "sent"}, nil)
}

// traced is the whole trace as one text.
func (s *scenario) traced() string { return strings.Join(s.trace, "\n") }

// requireTrace compares everything that the workflow asked for: activities, child workflows and signals, with their times.
func (s *scenario) requireTrace(lines ...string) {
	s.t.Helper()
	require.Equal(s.t, strings.Join(lines, "\n"), s.traced())
}

// requireResult compares the workflow's result, after it ended without an error.
func requireResult[R any](s *scenario, want R) {
	s.t.Helper()
	require.NoError(s.t, s.env.GetWorkflowError())
	var got R
	require.NoError(s.t, s.env.GetWorkflowResult(&got))
	require.Equal(s.t, want, got)
}

func eur(minor int64) money.Money { return money.Money{Value: minor, Currency: "EUR"} }

// answer replaces an activity by a double that gives one answer after the other; the last one repeats.
func answer[In, Out any](s *scenario, activity func(context.Context, In) (Out, error), outs ...Out) {
	double(s, activity, func(In) (Out, error) {
		out := outs[0]
		if len(outs) > 1 {
			outs = outs[1:]
		}
		return out, nil
	})
}

// double replaces an activity. Its answers run one at a time, as a local activity that has timed out may still run beside the next attempt.
func double[In, Out any](s *scenario, activity func(context.Context, In) (Out, error), act func(In) (Out, error)) {
	var mu sync.Mutex
	s.env.OnActivity(activity, mock.Anything, mock.Anything).Return(func(_ context.Context, in In) (Out, error) {
		mu.Lock()
		defer mu.Unlock()
		return act(in)
	})
}

// accept replaces an activity that has no result.
func accept[In any](s *scenario, activity func(context.Context, In) error) {
	s.env.OnActivity(activity, mock.Anything, mock.Anything).Return(func(context.Context, In) error { return nil })
}

// elapsed writes a duration as days, hours, minutes and seconds, without those that are zero.
func elapsed(d time.Duration) string {
	var parts []string
	for _, unit := range []struct {
		length time.Duration
		sign   string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if count := d / unit.length; count > 0 {
			parts = append(parts, fmt.Sprintf("%d%s", count, unit.sign))
			d -= count * unit.length
		}
	}
	if len(parts) == 0 {
		return "start"
	}
	return strings.Join(parts, "")
}

package testkit

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
)

// APIProcess is an API process with a client that calls it directly.
type APIProcess struct {
	*Process

	Client *APIClient
}

// FirstAPI returns the API process that New started.
func (s *Stack) FirstAPI() APIProcess {
	s.T.Helper()
	return APIProcess{s.firstOf("starter"), s.API}
}

// FirstWorker returns the worker process that New started.
func (s *Stack) FirstWorker() *Process {
	s.T.Helper()
	return s.firstOf("worker")
}

func (s *Stack) firstOf(program string) *Process {
	s.T.Helper()
	for _, p := range s.processes {
		if p.Program() == program {
			return p
		}
	}
	require.Fail(s.T, "the stack runs no such process: set Options.Processes", program)
	return nil
}

// StartAPI runs one more API process on another port, and returns when it is ready. env changes its configuration: NAME=value.
func (s *Stack) StartAPI(env ...string) APIProcess {
	s.T.Helper()
	address := freeAddress(s.T)
	p := s.newProcess("starter", "serve")
	p.env = append(append(p.env, env...), "HTTP_ADDR="+address)
	s.run(p)
	client := &APIClient{t: s.T, base: "http://" + address, Token: s.API.Token}
	s.Eventually(client.Ready, "another API did not become ready; logs:\n%s", s.Logs)
	return APIProcess{p, client}
}

// StartWorkerWith runs a worker process with a changed configuration: NAME=value.
func (s *Stack) StartWorkerWith(env ...string) *Process {
	s.T.Helper()
	p := s.newProcess("worker")
	p.env = append(p.env, env...)
	s.run(p)
	return p
}

// Balanced returns a client of a load balancer that passes requests to the APIs in turn.
func (s *Stack) Balanced(apis ...APIProcess) *APIClient {
	s.T.Helper()
	targets := make([]*url.URL, 0, len(apis))
	for _, api := range apis {
		target, err := url.Parse(api.Client.base)
		require.NoError(s.T, err)
		targets = append(targets, target)
	}
	var taken atomic.Uint64
	balancer := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(targets[taken.Add(1)%uint64(len(targets))])
	}})
	s.T.Cleanup(balancer.Close)
	return &APIClient{t: s.T, base: balancer.URL, Token: s.API.Token}
}

// AwaitPolling waits until Temporal knows that many workers that poll the queue of bookings.
func (s *Stack) AwaitPolling(workers int) {
	s.T.Helper()
	s.Eventually(func() bool { return len(s.polling()) >= workers }, "not %d workers poll; logs:\n%s", workers, s.Logs)
}

// polling returns the identities of the workers that poll the queue of bookings.
func (s *Stack) polling() map[string]bool {
	identities := map[string]bool{}
	answer, err := s.Temporal.DescribeTaskQueue(context.WithoutCancel(s.T.Context()), s.Config.TaskQueue,
		enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return identities // Eventually asks again
	}
	for _, poller := range answer.GetPollers() {
		identities[poller.GetIdentity()] = true
	}
	return identities
}

// Hands are the processes, by pid, that took part in one run of a workflow, in the order of its history.
type Hands struct {
	Started   int   // the process that started the run
	Signalled []int // the processes that sent its signals
	Worked    []int // the workers that completed its workflow tasks
}

// HandsOn reads from a booking's history who worked on it.
func (s *Stack) HandsOn(reference string) Hands {
	s.T.Helper()
	var hands Hands
	for _, event := range s.History(reference).GetEvents() {
		switch event.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
			hands.Started = s.pidOf(event.GetWorkflowExecutionStartedEventAttributes().GetIdentity())
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
			hands.Signalled = append(hands.Signalled, s.pidOf(event.GetWorkflowExecutionSignaledEventAttributes().GetIdentity()))
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			hands.Worked = append(hands.Worked, s.pidOf(event.GetWorkflowTaskCompletedEventAttributes().GetIdentity()))
		}
	}
	return hands
}

// pidOf reads the pid from an identity, such as "worker 4711 on host".
func (s *Stack) pidOf(identity string) (pid int) {
	s.T.Helper()
	var program string
	_, err := fmt.Sscan(identity, &program, &pid)
	require.NoError(s.T, err, "identity %q", identity)
	return pid
}

// Deployment is the name of the stack's Worker Deployment, to which StartBuild adds workers.
func (s *Stack) Deployment() string { return s.DB.Name }

// StartBuild runs a worker process with Worker Versioning, as one build of the stack's Worker Deployment. Its admin address is a free one:
// other builds run beside it.
func (s *Stack) StartBuild(id string) *Process {
	s.T.Helper()
	return s.StartWorkerWith("TEMPORAL_DEPLOYMENT_NAME="+s.Deployment(), "TEMPORAL_WORKER_BUILD_ID="+id, "ADMIN_ADDR=127.0.0.1:0")
}

// BuildsOn returns the builds that completed the workflow tasks of one run, in the order of its history; an empty runID is the latest.
func (s *Stack) BuildsOn(workflowID, runID string) (ids []string) {
	s.T.Helper()
	for _, event := range s.RunHistory(workflowID, runID).GetEvents() {
		completed := event.GetWorkflowTaskCompletedEventAttributes()
		if completed != nil {
			ids = append(ids, completed.GetDeploymentVersion().GetBuildId())
		}
	}
	return ids
}

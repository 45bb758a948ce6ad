package deployment_test

import (
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/deployment"
)

// system is one deployment on a Temporal server, with workers of several builds.
type system struct {
	t     *testing.T
	queue deployment.Queue
	name  string
}

func newSystem(t *testing.T) *system {
	s := &system{t: t, name: "farebook-" + strconv.FormatInt(time.Now().UnixNano(), 36)}
	s.queue = deployment.Queue{Temporal: s.dial(t.Name()), Namespace: client.DefaultNamespace, Name: s.name}
	return s
}

// dial returns a client under an identity: Temporal tells pollers apart by it. It asks the server with its first call, and not within the
// SDK's five seconds for an eager one.
func (s *system) dial(identity string) client.Client {
	dialled, err := client.NewLazyClient(client.Options{
		HostPort: address(s.t), Identity: identity, Logger: quiet(),
	})
	require.NoError(s.t, err)
	s.t.Cleanup(dialled.Close)
	return dialled
}

func (s *system) build(id string) deployment.Build {
	return deployment.Build{Deployment: s.name, ID: id}
}

// start runs a worker of a build until stop is called, and returns once Temporal knows it.
func (s *system) start(build deployment.Build) (stop func()) {
	s.t.Helper()
	w := worker.New(s.dial("worker of "+build.String()), s.queue.Name, worker.Options{DeploymentOptions: build.WorkerOptions()})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error { return workflow.Sleep(ctx, time.Hour) },
		workflow.RegisterOptions{Name: "Waits", VersioningBehavior: workflow.VersioningBehaviorPinned})
	require.NoError(s.t, w.Start())
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			w.Stop()
		}
	}
	s.t.Cleanup(stop)
	s.await(func() bool {
		state, err := s.queue.Read(s.t.Context(), enumspb.TASK_QUEUE_TYPE_WORKFLOW)
		return err == nil && state.Workers()[build] > 0
	})
	return stop
}

func (s *system) await(holds func() bool) {
	s.t.Helper()
	require.Eventually(s.t, holds, patience, pace)
}

func (s *system) setCurrent(id string) {
	s.t.Helper()
	handle := s.queue.Temporal.WorkerDeploymentClient().GetHandle(s.name)
	s.await(func() bool {
		_, err := handle.SetCurrentVersion(s.t.Context(), client.WorkerDeploymentSetCurrentVersionOptions{BuildID: id})
		return err == nil
	})
}

func (s *system) ramp(id string, percentage float32) {
	s.t.Helper()
	handle := s.queue.Temporal.WorkerDeploymentClient().GetHandle(s.name)
	s.await(func() bool {
		_, err := handle.SetRampingVersion(s.t.Context(),
			client.WorkerDeploymentSetRampingVersionOptions{BuildID: id, Percentage: percentage})
		return err == nil
	})
}

func (s *system) watch(build deployment.Build) *deployment.Watch {
	return deployment.NewWatch(s.queue, build, slog.New(slog.DiscardHandler))
}

func (s *system) awaitCurrent(watch *deployment.Watch, is bool) {
	s.t.Helper()
	s.await(func() bool { return watch.Look(s.t.Context()) == nil && watch.Current() == is })
}

// Which build may start workflows eagerly: the one that gets all of them, and no other.
func TestABuildIsCurrentOnlyWhileItGetsEveryNewWorkflow(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	none, first, second := s.watch(deployment.Build{}), s.watch(s.build("first")), s.watch(s.build("second"))
	require.False(t, none.Current(), "before the first answer nothing is known")
	for _, build := range []deployment.Build{{}, s.build("first"), s.build("second")} {
		s.start(build)
	}
	s.awaitCurrent(none, true)
	s.awaitCurrent(first, false)

	s.setCurrent("first")
	s.awaitCurrent(first, true)
	s.awaitCurrent(none, false)
	s.awaitCurrent(second, false)

	s.ramp("second", 10)
	s.awaitCurrent(first, false)
	s.awaitCurrent(second, false)

	s.setCurrent("second")
	s.awaitCurrent(second, true)
	s.awaitCurrent(first, false)

	s.setCurrent("")
	s.awaitCurrent(none, true)
	s.awaitCurrent(second, false)
}

// A promotion elsewhere is noticed while the process runs, and after Run has ended the build counts as current no longer.
func TestAPromotionIsNoticed(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start(s.build("first"))
	watch := s.watch(s.build("first"))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { watch.Run(ctx); close(ended) }()
	s.setCurrent("first")
	s.await(watch.Current)
	s.start(s.build("second"))
	s.setCurrent("second")
	s.await(func() bool { return !watch.Current() })
	s.setCurrent("first")
	s.await(watch.Current)
	stop()
	<-ended
	require.False(t, watch.Current())
}

// While Temporal does not answer, the last answer is trusted for some seconds only.
func TestAnOldAnswerIsNotTrusted(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	temporal := s.dial("asks once")
	queue := deployment.Queue{Temporal: temporal, Namespace: client.DefaultNamespace, Name: s.name}
	watch := deployment.NewWatch(queue, deployment.Build{}, slog.New(slog.DiscardHandler))
	now := time.Now()
	watch.SetNow(func() time.Time { return now })
	s.awaitCurrent(watch, true)
	temporal.Close()
	require.Error(t, watch.Look(t.Context()))
	now = now.Add(deployment.TrustFor - time.Nanosecond)
	require.True(t, watch.Current(), "one question that fails changes nothing")
	now = now.Add(time.Nanosecond)
	require.False(t, watch.Current())
}

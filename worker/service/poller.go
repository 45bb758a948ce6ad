package service

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"farebook/internal/deployment"
	"farebook/internal/wait"
	"farebook/starter/dispatch"
	"farebook/store"
)

// poller runs workflows and activities for Temporal's task queues.
type poller struct {
	temporal   client.Client
	dispatch   *dispatch.Client
	store      *store.Store
	activities Activities
	taskQueue  string
	build      deployment.Build
	// reconciles: it polls the queues of reconciliations and of deliveries as well.
	reconciles bool
	log        *slog.Logger
	// polls is true while this process polls Temporal's task queues.
	polls atomic.Bool
}

const (
	// stickyWait is how long the next task of a run waits for the process that has the run in its cache. When that process has died, any
	// other gets the task after this time: the SDK's default would hold payments of its bookings back for 5 s. A process that is too busy
	// to take its task within a second loses it to another, which reads the history again: 13 events in one page.
	stickyWait = time.Second
	// cachedRuns bounds the runs that a process keeps in memory. A booking on hold takes 56 KiB, so that these take 220 MiB, and the process
	// some 280 of the 512 MiB that the Helm chart allows. A run beyond them is read from its history at its next task.
	cachedRuns = 4_000
)

// LocalActivitySlots is how many fast steps of workflows run at once in one process.
const LocalActivitySlots = 64

func workerOptions(build deployment.Build, interceptors ...interceptor.WorkerInterceptor) worker.Options {
	poller := worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{
		// The SDK's default of two pollers starves under load; these limits follow the backlog.
		InitialNumberOfPollers: 4, MinimumNumberOfPollers: 2, MaximumNumberOfPollers: 16,
	})
	return worker.Options{
		WorkflowTaskPollerBehavior: poller,
		ActivityTaskPollerBehavior: poller,
		// Each activity makes at most a Stripe call, a transaction or an email at a time; the database pool and Stripe's rate
		// limit bound them as well.
		MaxConcurrentActivityExecutionSize:      64,
		MaxConcurrentLocalActivityExecutionSize: LocalActivitySlots,
		// Activities may finish within this time when the worker stops; the others are repeated by another worker.
		WorkerStopTimeout: 10 * time.Second,
		// The default of 1 s mistakes a machine that is short of CPU for a deadlock in workflow code.
		DeadlockDetectionTimeout:     5 * time.Second,
		StickyScheduleToStartTimeout: stickyWait,
		DeploymentOptions:            build.WorkerOptions(),
		Interceptors:                 interceptors,
	}
}

// reconcileOptions suit few, long activities: the windows of one run, and of another beside it.
func reconcileOptions(build deployment.Build, interceptors ...interceptor.WorkerInterceptor) worker.Options {
	options := workerOptions(build, interceptors...)
	options.MaxConcurrentActivityExecutionSize = 32
	// Heartbeats report progress to operators; each is a billable action.
	options.MaxHeartbeatThrottleInterval = 10 * time.Second
	return options
}

// webhookSlots is how many endpoints one process delivers to at once. A slot waits for a receiver, for 30 s at most, and does little else:
// an endpoint whose receiver is away takes one for 10 s at each of its few attempts.
const webhookSlots = 256

func webhookOptions(build deployment.Build, interceptors ...interceptor.WorkerInterceptor) worker.Options {
	options := workerOptions(build, interceptors...)
	options.MaxConcurrentActivityExecutionSize = webhookSlots
	poller := worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{
		InitialNumberOfPollers: 1, MinimumNumberOfPollers: 1, MaximumNumberOfPollers: 8,
	})
	options.WorkflowTaskPollerBehavior, options.ActivityTaskPollerBehavior = poller, poller
	return options
}

// run polls until ctx ends, and waits for Temporal whenever it is unreachable. It returns an error only if Temporal refuses this worker.
func (p *poller) run(ctx context.Context) error {
	for ctx.Err() == nil {
		err := p.awaitTemporal(ctx)
		if err == nil {
			err = p.poll(ctx)
		}
		if refused(err) {
			return err
		}
		if err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "polling has ended; waiting for Temporal to begin again", "error", err)
		}
	}
	return nil
}

const (
	// firstWait and longestWait bound the pause between two attempts to reach Temporal.
	firstWait   = time.Second
	longestWait = 15 * time.Second
	// lookLimit bounds one attempt.
	lookLimit = 10 * time.Second
)

// awaitTemporal returns once a workflow could be started: the server answers, and the namespace has its search attributes.
func (p *poller) awaitTemporal(ctx context.Context) error {
	for pause := firstWait; ; pause = min(2*pause, longestWait) {
		look, cancel := context.WithTimeout(ctx, lookLimit)
		err := p.dispatch.CheckNamespace(look)
		cancel()
		if err == nil || refused(err) {
			return err
		}
		p.log.WarnContext(ctx, "waiting for Temporal: it does not answer, or `starter setup` has not been run", "error", err,
			"nextCheckIn", pause.String())
		if err := wait.For(ctx, pause); err != nil {
			return err
		}
	}
}

// refused reports whether Temporal answers and rejects this worker: its key or certificate is wrong.
func refused(err error) bool {
	var denied *serviceerror.PermissionDenied
	return errors.As(err, &denied)
}

// poll runs until ctx ends, or until the SDK gives up on Temporal.
func (p *poller) poll(ctx context.Context) error {
	waits := &waitForRebuild{Store: p.store}
	interrupt := make(chan any)
	stop := context.AfterFunc(ctx, func() { close(interrupt) })
	defer stop()
	worker.SetStickyWorkflowCacheSize(cachedRuns) // of the process, before its first worker
	if p.reconciles {
		// Reconciliations have their own worker and queue, so that a scan never takes a slot of a booking.
		stopScans, err := p.begin(dispatch.ReconciliationQueue(p.taskQueue), reconcileOptions(p.build, waits))
		if err != nil {
			return err
		}
		defer stopScans()
		// Deliveries have theirs, so that slow receivers delay nothing else.
		stopDeliveries, err := p.begin(dispatch.WebhooksQueue(p.taskQueue), webhookOptions(p.build, waits))
		if err != nil {
			return err
		}
		defer stopDeliveries()
	}
	bookings := worker.New(p.temporal, p.taskQueue, workerOptions(p.build, waits))
	Register(bookings, p.activities)
	p.polls.Store(true)
	defer p.polls.Store(false)
	p.log.InfoContext(ctx, "worker polls", "taskQueue", p.taskQueue, "deployment", p.build.Deployment, "build", p.build.String())
	return bookings.Run(interrupt)
}

// begin polls a queue beside that of bookings, until it is stopped.
func (p *poller) begin(queue string, options worker.Options) (stop func(), err error) {
	beside := worker.New(p.temporal, queue, options)
	Register(beside, p.activities)
	return beside.Stop, beside.Start()
}

// Package service is the worker process: it builds what activities need, registers workflows and activities, and polls
// Temporal. It imports activities, workflows, fence, store and internal/, and of starter only dispatch, the Temporal client.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"farebook/internal/admin"
	"farebook/internal/clock"
	"farebook/internal/config"
	"farebook/internal/deployment"
	"farebook/internal/failpoint"
	"farebook/internal/metrics"
	"farebook/internal/wait"
	"farebook/starter/dispatch"
	"farebook/store"
)

// Service is one worker process.
type Service struct {
	temporal   client.Client
	store      *store.Store
	dispatch   *dispatch.Client
	activities Activities
	taskQueue  string
	build      deployment.Build
	admin      config.Admin
	measures   *metrics.Registry
	log        *slog.Logger
	// polls is true while this process polls Temporal's task queues.
	polls atomic.Bool
}

// New connects to MySQL and prepares everything. It does not contact Temporal; Run does.
func New(ctx context.Context, cfg config.Config, c clock.Clock, log *slog.Logger) (*Service, error) {
	if err := failpoint.Arm(cfg.Failpoint); err != nil {
		return nil, err
	}
	books, err := store.Open(ctx, cfg.DatabaseDSN, c, log, store.PoolOf(cfg.Pool.Size, cfg.Pool.Idle, cfg.Pool.Lifetime),
		store.LoginFrom(cfg.DatabaseLogin))
	if err != nil {
		return nil, err
	}
	books.LimitEmails(cfg.MailsPerAddress)
	s := &Service{store: books, taskQueue: cfg.TaskQueue, build: cfg.Build, admin: cfg.Admin, measures: metrics.NewRegistry(), log: log}
	if err := s.prepare(cfg); err != nil {
		return nil, errors.Join(err, books.Close())
	}
	return s, nil
}

func (s *Service) prepare(cfg config.Config) (err error) {
	s.store.Observe(s.measures.Bookings())
	s.measures.Pools(s.store.Figures)
	if s.activities, err = NewActivities(cfg, s.store, Measures{Stripe: s.measures.Stripe(), Emails: s.measures.Emails()}, s.log); err != nil {
		return err
	}
	s.activities.Restores.AwaitLook = true
	options, err := cfg.TemporalOptions()
	if err != nil {
		return err
	}
	measures, err := s.measures.Temporal()
	if err != nil {
		return err
	}
	if s.temporal, err = dispatch.Dial(options, measures, s.log); err != nil {
		return err
	}
	s.dispatch = dispatch.NewClient(s.temporal, s.taskQueue).In(options.Namespace)
	return nil
}

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
		MaxConcurrentLocalActivityExecutionSize: 64,
		// Activities may finish within this time when the worker stops; the others are repeated by another worker.
		WorkerStopTimeout: 10 * time.Second,
		// The default of 1 s mistakes a machine that is short of CPU for a deadlock in workflow code.
		DeadlockDetectionTimeout: 5 * time.Second,
		DeploymentOptions:        build.WorkerOptions(),
		Interceptors:             interceptors,
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

// Run waits for Temporal, polls until ctx ends, and then stops gracefully. It waits while Temporal is unreachable or the
// namespace is missing. It returns an error only if Temporal refuses this worker.
func (s *Service) Run(ctx context.Context) error {
	defer s.temporal.Close()
	administration, err := admin.Start(ctx, s.admin, admin.Routes{Metrics: s.measures.Handler(), Health: s.health()}, s.log)
	if err != nil {
		return errors.Join(err, s.store.Close())
	}
	defer administration.Stop()
	looking, stopLooking := context.WithCancel(ctx)
	var looks sync.WaitGroup
	looks.Go(func() { s.activities.Restores.Run(looking) })
	defer looks.Wait()
	defer stopLooking()
	for ctx.Err() == nil {
		err := s.awaitTemporal(ctx)
		if err == nil {
			err = s.poll(ctx)
		}
		if refused(err) {
			return errors.Join(fmt.Errorf("connect to Temporal: %w", err), s.store.Close())
		}
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "polling has ended; waiting for Temporal to begin again", "error", err)
		}
	}
	return s.store.Close()
}

const (
	// firstWait and longestWait bound the pause between two attempts to reach Temporal.
	firstWait   = time.Second
	longestWait = 15 * time.Second
	// lookLimit bounds one attempt.
	lookLimit = 10 * time.Second
)

// awaitTemporal returns once a workflow could be started: the server answers, and the namespace has its search attributes.
func (s *Service) awaitTemporal(ctx context.Context) error {
	for pause := firstWait; ; pause = min(2*pause, longestWait) {
		look, cancel := context.WithTimeout(ctx, lookLimit)
		err := s.dispatch.CheckNamespace(look)
		cancel()
		if err == nil || refused(err) {
			return err
		}
		s.log.WarnContext(ctx, "waiting for Temporal: it does not answer, or `starter setup` has not been run", "error", err,
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
func (s *Service) poll(ctx context.Context) error {
	waits := &waitForRebuild{Store: s.store}
	// Reconciliations have their own worker and queue, so that a scan never takes a slot of a booking.
	bookings := worker.New(s.temporal, s.taskQueue, workerOptions(s.build, waits))
	reconcile := worker.New(s.temporal, dispatch.ReconciliationQueue(s.taskQueue), reconcileOptions(s.build, waits))
	for _, registry := range []Registry{bookings, reconcile} {
		Register(registry, s.activities)
	}
	interrupt := make(chan any)
	stop := context.AfterFunc(ctx, func() { close(interrupt) })
	defer stop()
	if err := reconcile.Start(); err != nil {
		return err
	}
	defer reconcile.Stop()
	s.polls.Store(true)
	defer s.polls.Store(false)
	s.log.InfoContext(ctx, "worker polls", "taskQueue", s.taskQueue, "deployment", s.build.Deployment, "build", s.build.String())
	return bookings.Run(interrupt)
}

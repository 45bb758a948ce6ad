// Package service is the worker: it builds what activities need, registers workflows and activities under their names,
// and polls.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/clock"
	"farebook/internal/config"
	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/internal/logging"
	"farebook/internal/wait"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/workflows"
)

// Service is a worker process's inside.
type Service struct {
	temporal   client.Client
	store      *store.Store
	dispatch   *dispatch.Client
	activities Activities
	taskQueue  string
	log        *slog.Logger
}

// New connects to MySQL and prepares everything; Temporal is waited for, and nothing is polled, before Run.
func New(ctx context.Context, cfg config.Config, c clock.Clock, log *slog.Logger) (*Service, error) {
	if err := failpoint.Arm(cfg.Failpoint); err != nil {
		return nil, err
	}
	books, err := store.Open(ctx, cfg.DatabaseDSN, c, log)
	if err != nil {
		return nil, err
	}
	books.LimitMails(cfg.MailsPerAddress)
	s := &Service{store: books, taskQueue: cfg.TaskQueue, log: log}
	if err := s.prepare(cfg); err != nil {
		return nil, errors.Join(err, books.Close())
	}
	return s, nil
}

func (s *Service) prepare(cfg config.Config) (err error) {
	if s.activities, err = NewActivities(cfg, s.store, s.log); err != nil {
		return err
	}
	s.activities.Restores.AwaitLook = true
	options, err := cfg.TemporalOptions()
	if err != nil {
		return err
	}
	options.Logger = logging.Temporal(s.log, workflows.RunOf)
	options.ContextPropagators = []workflow.ContextPropagator{correlation.Propagator()}
	if s.temporal, err = client.NewLazyClient(options); err != nil {
		return fmt.Errorf("configuration of Temporal: %w", err)
	}
	s.dispatch = dispatch.NewClient(s.temporal, s.taskQueue).In(options.Namespace)
	return nil
}

func workerOptions(interceptors ...interceptor.WorkerInterceptor) worker.Options {
	poller := worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{
		// The SDK's fixed default of two pollers starves under load; these bounds follow the backlog.
		InitialNumberOfPollers: 4, MinimumNumberOfPollers: 2, MaximumNumberOfPollers: 16,
	})
	return worker.Options{
		WorkflowTaskPollerBehavior: poller,
		ActivityTaskPollerBehavior: poller,
		// Each runs at most a Stripe call, a transaction or a mail; the database pool and Stripe's bucket bound them too.
		MaxConcurrentActivityExecutionSize:      64,
		MaxConcurrentLocalActivityExecutionSize: 64,
		// Finishes what runs when asked to stop; what doesn't finish is repeated by another worker.
		WorkerStopTimeout: 10 * time.Second,
		// The default of 1 s mistakes a machine that is short of CPU for a deadlock in workflow code.
		DeadlockDetectionTimeout: 5 * time.Second,
		Interceptors:             interceptors,
	}
}

// reconcileOptions are for few, long activities: the windows of one run, and those of another beside it.
func reconcileOptions(interceptors ...interceptor.WorkerInterceptor) worker.Options {
	options := workerOptions(interceptors...)
	options.MaxConcurrentActivityExecutionSize = 32
	// Heartbeats carry the progress that people watch; each is a billable action.
	options.MaxHeartbeatThrottleInterval = 10 * time.Second
	return options
}

// Run waits for Temporal and polls until ctx ends, then stops in good order. A Temporal that is away, or whose namespace is missing, is
// waited for: the process stays, and works once it is there. Only a Temporal that refuses this worker ends it.
func (s *Service) Run(ctx context.Context) error {
	defer s.temporal.Close()
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
	// firstWait and longestWait are between two looks for a Temporal that is away.
	firstWait   = time.Second
	longestWait = 15 * time.Second
	// lookLimit bounds one look.
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
		s.log.WarnContext(ctx, "waiting for Temporal: it does not answer, or `starter setup` has not been run", "error", err, "nextCheckIn", pause.String())
		if err := wait.For(ctx, pause); err != nil {
			return err
		}
	}
}

// refused tells whether Temporal answers and does not want this worker: its key or certificate is wrong.
func refused(err error) bool {
	var denied *serviceerror.PermissionDenied
	return errors.As(err, &denied)
}

// poll works until ctx ends, or until the SDK gives up on Temporal.
func (s *Service) poll(ctx context.Context) error {
	waits := &waitForRebuild{Store: s.store}
	// The queue of reconciliations has a worker for itself, so that a scan never holds a slot of a booking's.
	bookings := worker.New(s.temporal, s.taskQueue, workerOptions(waits))
	reconcile := worker.New(s.temporal, dispatch.ReconciliationQueue(s.taskQueue), reconcileOptions(waits))
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
	s.log.InfoContext(ctx, "worker polls", "taskQueue", s.taskQueue)
	return bookings.Run(interrupt)
}

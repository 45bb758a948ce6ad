// Package service is the worker: it builds what activities need, registers workflows and activities under their names,
// and polls.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"farebook/internal/config"
	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/internal/logging"
	"farebook/store"
	"farebook/workflows"
)

// Service is a worker process's inside.
type Service struct {
	temporal client.Client
	store    *store.Store
	worker   worker.Worker
	// reconcile polls the queue of reconciliations, so that a scan never holds a slot of a booking's.
	reconcile worker.Worker
}

// New connects to MySQL and Temporal and registers everything; nothing is polled before Run.
func New(ctx context.Context, cfg config.Config, log *slog.Logger) (*Service, error) {
	if err := failpoint.Arm(cfg.Failpoint); err != nil {
		return nil, err
	}
	books, err := store.Open(ctx, cfg.DatabaseDSN, log)
	if err != nil {
		return nil, err
	}
	books.LimitMails(cfg.MailsPerAddress)
	s := &Service{store: books}
	if err := s.connect(ctx, cfg, log); err != nil {
		return nil, errors.Join(err, books.Close())
	}
	return s, nil
}

func (s *Service) connect(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	all, err := NewActivities(cfg, s.store, log)
	if err != nil {
		return err
	}
	options, err := cfg.TemporalOptions()
	if err != nil {
		return err
	}
	options.Logger = logging.Temporal(log, workflows.RunOf)
	options.ContextPropagators = []workflow.ContextPropagator{correlation.Propagator()}
	s.temporal, err = client.DialContext(ctx, options)
	if err != nil {
		return fmt.Errorf("connect to Temporal at %s: %w", options.HostPort, err)
	}
	s.worker = worker.New(s.temporal, cfg.TaskQueue, workerOptions())
	s.reconcile = worker.New(s.temporal, workflows.ReconciliationQueue(cfg.TaskQueue), reconcileOptions())
	for _, registry := range []Registry{s.worker, s.reconcile} {
		Register(registry, all)
	}
	return nil
}

func workerOptions() worker.Options {
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
	}
}

// reconcileOptions are for few, long activities: the windows of one run, and those of another beside it.
func reconcileOptions() worker.Options {
	options := workerOptions()
	options.MaxConcurrentActivityExecutionSize = 32
	// Heartbeats carry the progress that people watch; each is a billable action.
	options.MaxHeartbeatThrottleInterval = 10 * time.Second
	return options
}

// Run polls until ctx ends, then stops in good order.
func (s *Service) Run(ctx context.Context) error {
	interrupt := make(chan any)
	stop := context.AfterFunc(ctx, func() { close(interrupt) })
	defer stop()
	if err := s.reconcile.Start(); err != nil {
		return errors.Join(err, s.store.Close())
	}
	err := s.worker.Run(interrupt)
	s.reconcile.Stop()
	s.temporal.Close()
	return errors.Join(err, s.store.Close())
}

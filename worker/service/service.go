// Package service is the worker, as a process and inside the API's process: it builds what activities need, registers workflows and
// activities, and polls Temporal. It imports activities, workflows, fence, store and internal/, and of starter only dispatch, the Temporal
// client.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"farebook/internal/admin"
	"farebook/internal/clock"
	"farebook/internal/config"
	"farebook/internal/failpoint"
	"farebook/internal/metrics"
	"farebook/starter/dispatch"
	"farebook/store"
)

// Service is one worker process.
type Service struct {
	poller

	admin    config.Admin
	measures *metrics.Registry
	// announcer has what this process records delivered.
	announcer *dispatch.WebhookAnnouncer
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
	cfg.LogRotations(log)
	s := &Service{
		poller: poller{store: books, taskQueue: cfg.TaskQueue, build: cfg.Build, reconciles: true, log: log},
		admin:  cfg.Admin, measures: metrics.NewRegistry(),
	}
	if err := s.prepare(cfg); err != nil {
		return nil, errors.Join(err, books.Close())
	}
	return s, nil
}

func (s *Service) prepare(cfg config.Config) (err error) {
	s.store.Observe(s.measures.Bookings())
	s.measures.Pools(s.store.Figures)
	counted := Measures{
		Stripe: s.measures.Stripe(), Emails: s.measures.Emails(), Retention: s.measures.Retention(), Webhooks: s.measures.Webhooks(),
	}
	if s.activities, err = NewActivities(cfg, s.store, counted, s.log); err != nil {
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
	s.dispatch = dispatch.NewClient(s.temporal, s.taskQueue).In(options.Namespace).Decoding(cfg.Payloads())
	s.announcer = dispatch.NewWebhookAnnouncer(s.store, s.dispatch, s.log)
	return nil
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
	var restores sync.WaitGroup
	restores.Go(func() { s.activities.Restores.Run(looking) })
	restores.Go(func() { s.announcer.Run(looking) })
	defer restores.Wait()
	defer stopLooking()
	if err := s.run(ctx); err != nil {
		return errors.Join(fmt.Errorf("connect to Temporal: %w", err), s.store.Close())
	}
	return s.store.Close()
}

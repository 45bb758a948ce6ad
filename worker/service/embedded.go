package service

import (
	"context"
	"log/slog"

	"go.temporal.io/sdk/client"

	"farebook/fence"
	"farebook/internal/config"
	"farebook/internal/handover"
	"farebook/starter/dispatch"
	"farebook/store"
)

// Host is the process that runs an Embedded worker: what it shares with the worker.
type Host struct {
	// Temporal is the client that starts workflows: the server hands a first task only to a worker of the same client.
	Temporal client.Client
	Dispatch *dispatch.Client
	Store    *store.Store
	// Restores has the process's Stripe client and its guard.
	Restores *fence.Watch
	// Measures are those of emails and retention; Restores has that of Stripe.
	Measures Measures
	// Handover passes the outcome of first steps to the requests of the process.
	Handover *handover.Desk
	Log      *slog.Logger
}

// Embedded is a worker for the queue of bookings inside another process. It has no queue of reconciliations, whose scans would compete
// with requests.
type Embedded struct{ poller }

// NewEmbedded prepares a worker on the connections of its host. It does not contact Temporal; Run does.
func NewEmbedded(cfg config.Config, host Host) (*Embedded, error) {
	host.Store.LimitEmails(cfg.MailsPerAddress)
	all, err := activitiesWith(cfg, host.Store, host.Restores, host.Measures, host.Log)
	if err != nil {
		return nil, err
	}
	all.Payments.Handover = host.Handover
	return &Embedded{poller{
		temporal: host.Temporal, dispatch: host.Dispatch, store: host.Store, activities: all,
		taskQueue: cfg.TaskQueue, build: cfg.Build, log: host.Log,
	}}, nil
}

// Run polls until ctx ends, and then stops gracefully. If Temporal refuses the worker it logs that and returns: the host serves what does
// not need a worker of its process.
func (e *Embedded) Run(ctx context.Context) {
	if err := e.run(ctx); err != nil {
		e.log.ErrorContext(ctx, "Temporal refuses the worker of this process; other workers carry out its bookings", "error", err)
	}
}

// Polls reports whether the worker takes tasks now.
func (e *Embedded) Polls() bool { return e.polls.Load() }

package command

import (
	"context"
	"log/slog"

	"farebook/internal/config"
	"farebook/internal/deployment"
	"farebook/internal/handover"
	"farebook/internal/logging"
	"farebook/internal/metrics"
	"farebook/starter/api"
	"farebook/worker/service"
)

// firstStepPlaces is how many requests may wait for first steps of their process at once. It leaves half of the slots for local activities
// to the other steps of bookings. Further requests ask the workflow, whose first step may then run in another process.
const firstStepPlaces = service.LocalActivitySlots / 2

// startWorker runs a worker in the API's process until stop is called, unless API_WORKER says otherwise. Stop it after the last request is
// answered, so that no request loses the first step that it waits for.
func startWorker(ctx context.Context, cfg config.Config, host service.Host, measures *metrics.Registry,
) (first *api.FirstSteps, stop func(), err error) {
	if !cfg.APIWorker {
		return nil, func() {}, nil
	}
	host.Measures = service.Measures{Emails: measures.Emails(), Retention: measures.Retention()}
	host.Handover = handover.NewDesk(firstStepPlaces)
	worker, err := service.NewEmbedded(cfg, host)
	if err != nil {
		return nil, func() {}, err
	}
	watch := deployment.NewWatch(host.Dispatch.BookingsQueue(), cfg.Build, host.Log)
	// Temporal gives an eager start to any build, so it is asked for only while this build is the one that gets new bookings.
	here := func() bool { return worker.Polls() && watch.Current() }
	return &api.FirstSteps{Desk: host.Handover, Here: here}, background(ctx, worker.Run, watch.Run), nil
}

// temporalLog is the log of the client for Temporal. With a worker in the process, nearly all of its lines are about what the worker does.
func temporalLog(cfg config.Config, log *slog.Logger) *slog.Logger {
	if cfg.APIWorker {
		return logging.For(log, logging.Worker)
	}
	return log
}

package command

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"farebook/activities"
	"farebook/fence"
	"farebook/internal/admin"
	"farebook/internal/clock"
	"farebook/internal/config"
	"farebook/internal/logging"
	"farebook/internal/metrics"
	"farebook/internal/outbound"
	"farebook/internal/stripeapi"
	"farebook/internal/telemetry"
	"farebook/starter/api"
	"farebook/starter/dispatch"
	"farebook/starter/inbox"
	"farebook/starter/sweeper"
	"farebook/store"
	"farebook/store/gauges"
	"farebook/worker/service"
)

const (
	// headerTimeout ends a connection whose header arrives too slowly.
	headerTimeout = 5 * time.Second
	// readTimeout limits header and body. The API's own limit for the body is below it.
	readTimeout = 15 * time.Second
	// writeTimeout is above the API's AnswerTimeout of 30 s.
	writeTimeout = 45 * time.Second
	// idleTimeout is above the keep-alive of common load balancers (60 s), so that they close connections first.
	idleTimeout = 90 * time.Second
	// maxHeaderBytes is several times the size of an API key, an idempotency key and a signature.
	maxHeaderBytes = 16 << 10
	// drainTimeout is how long requests in progress may take once the process is asked to stop.
	drainTimeout = 35 * time.Second
)

func serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Serve the HTTP API",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := load(os.Stdout, "api")
			if err != nil {
				return err
			}
			stopTelemetry, err := telemetry.Start(cmd.Context(), "farebook-api", cfg.Telemetry, log)
			if err != nil {
				return err
			}
			defer stopTelemetry()
			handler, closeAPI, err := NewAPI(cmd.Context(), cfg, cfg.Clock, log)
			if err != nil {
				return err
			}
			defer closeAPI()
			listener, err := listen(cmd.Context(), cfg, log)
			if err != nil {
				return err
			}
			return Serve(cmd.Context(), listener, handler, log)
		},
	}
}

// NewAPI connects the API with its dependencies. The database has to answer. Temporal may become available later; until then, bookings
// get 503. Once ctx ends, the API no longer waits for request bodies.
func NewAPI(ctx context.Context, cfg config.Config, c clock.Clock, log *slog.Logger) (http.Handler, func(), error) {
	measures := metrics.NewRegistry()
	ofTemporal, err := measures.Temporal()
	if err != nil {
		return nil, nil, err
	}
	temporal, err := dialMeasured(cfg, ofTemporal, temporalLog(cfg, log))
	if err != nil {
		return nil, nil, err
	}
	books, err := openStore(ctx, cfg, c, log)
	if err != nil {
		temporal.Close()
		return nil, nil, err
	}
	measure(measures, books, log)
	cfg.LogRotations(log)
	dispatcher := dispatchOf(temporal, cfg)
	measures.Builds(dispatcher.Unattended, log)
	restores := watchRestores(cfg, books, measures, log)
	events := inbox.New(books, dispatcher, restores.Stripe, cfg.Sweep, log)
	events.Unbooked = &activities.Unbooked{Stripe: restores.Stripe, Store: books, Others: cfg.Reconcile.Others, Log: log}
	stopSweeping := sweep(ctx, cfg, books, dispatcher, events, restores, log)
	stopWorker := func() {}
	closeAll := func() {
		stopSweeping()
		events.Wait()
		stopWorker()
		temporal.Close()
		if err := books.Close(); err != nil {
			log.Warn("database not closed", "error", err)
		}
	}
	var firstSteps *api.FirstSteps
	firstSteps, stopWorker, err = startWorker(ctx, cfg, service.Host{
		Temporal: temporal, Dispatch: dispatcher, Store: books, Restores: restores, Log: logging.For(log, logging.Worker),
	}, measures)
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	handler, err := api.New(api.Deps{
		Store:          books,
		Dispatch:       dispatcher,
		FirstSteps:     firstSteps,
		Inbox:          events,
		Policy:         cfg.RefundPolicy,
		Stripe:         restores.Stripe,
		Temporal:       temporal,
		Warning:        restores.Warning,
		WebhookSecrets: cfg.WebhookSecrets,
		Live:           cfg.Stripe.Live(),
		HoldMinute:     cfg.HoldMinute, Holds: cfg.Holds, Revenue: cfg.Revenue,
		JournalLimits: cfg.JournalLimits, RefundLimits: cfg.RefundLimits, CorrectionLimits: cfg.CorrectionLimits,
		SealKey: cfg.SealKey, PayLinks: cfg.PayLinks(),
		Webhooks: api.Webhooks{Keys: cfg.WebhookKeys, Guard: outbound.NewGuard(cfg.WebhookLoopback)},
		Limits:   limitsOf(cfg.HTTP),
		Stopping: ctx,
		Metrics:  measures,
		Log:      log,
	})
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	public, stopAdmin, err := expose(ctx, cfg, books, restores.Stripe, handler, measures, log)
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	return public, func() { stopAdmin(); closeAll() }, nil
}

// expose adds the console and the payment page to the API, and opens the admin address. The API answers for its health on both addresses.
func expose(ctx context.Context, cfg config.Config, books *store.Store, stripe *stripeapi.Client, handler http.Handler,
	measures *metrics.Registry, log *slog.Logger,
) (public http.Handler, stop func(), err error) {
	public, err = withConsole(ctx, cfg, books, handler, log)
	if err == nil {
		public, err = withPayPage(cfg, books, stripe, public, log)
	}
	if err != nil {
		return nil, nil, err
	}
	administration, err := admin.Start(ctx, cfg.Admin, admin.Routes{Metrics: measures.Handler(), Health: handler}, log)
	if err != nil {
		return nil, nil, err
	}
	return public, administration.Stop, nil
}

// watchRestores returns the watch for a restored database, with the Stripe client of the process, which it guards.
func watchRestores(cfg config.Config, books *store.Store, measures *metrics.Registry, log *slog.Logger) *fence.Watch {
	restores := &fence.Watch{Store: books, Every: cfg.FenceLook, Reason: cfg.Fence, AwaitLook: true, EventTypes: inbox.Types(), Log: log}
	calls := cfg.StripeAPI(log)
	calls.Guard, calls.Observer = restores.Guard, measures.Stripe()
	restores.Stripe = stripeapi.New(calls)
	return restores
}

// measure counts what the books record, and exposes their state.
func measure(measures *metrics.Registry, books *store.Store, log *slog.Logger) {
	books.Observe(measures.Bookings())
	measures.Books(gauges.New(books).Read, books.Now, log)
	measures.Pools(books.Figures)
}

// sweep runs what searches for orphaned work until stop is called.
func sweep(ctx context.Context, cfg config.Config, books *store.Store, dispatcher *dispatch.Client, events *inbox.Inbox,
	restores *fence.Watch, log *slog.Logger,
) (stop func()) {
	overdue := sweeper.OverdueCheck{Store: books, Dispatch: dispatcher, After: cfg.Reconcile.Overdue, Log: log}
	sealing := sweeper.SealingCheck{Store: books, Dispatch: dispatcher, Log: log}
	stuck := &sweeper.Sweeper{Store: books, Dispatch: dispatcher, Every: cfg.Sweep, ListLag: cfg.Stripe.ListLag, Log: log}
	announcer := dispatch.NewWebhookAnnouncer(books, dispatcher, log)
	return background(ctx, events.Run, overdue.Run, sealing.Run, stuck.Run, restores.Run, announcer.Run)
}

// background runs functions until stop is called, also after ctx has ended. stop returns once all of them have.
func background(ctx context.Context, all ...func(context.Context)) (stop func()) {
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	for _, run := range all {
		group.Go(func() { run(running) })
	}
	return func() {
		cancel()
		group.Wait()
	}
}

// Serve answers requests on listener until ctx ends. Then it accepts no more and lets requests in progress end.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	listener = api.AnswerRefusals(server, listener, log)
	go func() { ended <- server.Serve(listener) }()
	log.Info("API is listening", "address", listener.Addr().String())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping after requests in progress", "timeout", drainTimeout)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := server.Shutdown(drain)
	if serveErr := <-ended; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	log.Info("stopped")
	return err
}

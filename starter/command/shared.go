package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"farebook/booking"
	"farebook/internal/clock"
	"farebook/internal/config"
	"farebook/internal/correlation"
	"farebook/internal/failpoint"
	"farebook/internal/logging"
	"farebook/internal/stripeapi"
	"farebook/starter/dispatch"
	"farebook/starter/view"
	"farebook/store"
)

// This file has what several commands share: configuration, connections, and the objects that arguments name.

// group is a command that only has subcommands. It fails without one; cobra alone would print help and succeed for a mistyped name.
func group(use, short, hint string, commands ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: func(*cobra.Command, []string) error {
		return misused("%s needs a subcommand: %s", use, hint)
	}}
	g.AddCommand(commands...)
	return g
}

// load reads the parts of the configuration that a command needs, and logs the defaults that development falls back to. Commands log
// to standard error and write their results to standard output.
func load(out io.Writer, service string, parts ...config.Part) (config.Config, *slog.Logger, error) {
	cfg, warnings, err := config.Load(parts...)
	if err != nil {
		return config.Config{}, nil, err
	}
	if err := failpoint.Arm(cfg.Failpoint); err != nil {
		return config.Config{}, nil, err
	}
	log := logging.New(out, service, cfg.LogLevel)
	for _, warning := range warnings {
		log.Warn(warning)
	}
	return cfg, log, nil
}

// correlated adds a correlation id to a command's context, which its log lines, its audit entry and what it starts carry.
func correlated(ctx context.Context) context.Context {
	if correlation.From(ctx) != "" {
		return ctx
	}
	return correlation.With(ctx, correlation.New())
}

// booksCommand runs work that needs only the database.
func booksCommand(cmd *cobra.Command, service string, work func(*store.Store) error) error {
	cfg, log, err := load(cmd.ErrOrStderr(), service, config.Database)
	if err != nil {
		return err
	}
	return withStore(cmd.Context(), cfg, log, work)
}

// workflowsCommand runs work that needs the database and Temporal.
func workflowsCommand(cmd *cobra.Command, service string, work func(*store.Store, *dispatch.Client) error) error {
	cfg, log, err := load(cmd.ErrOrStderr(), service, config.Database, config.Temporal)
	if err != nil {
		return err
	}
	return withWorkflows(cmd.Context(), cfg, log, work)
}

// withStore opens the database for the time of work.
func withStore(ctx context.Context, cfg config.Config, log *slog.Logger, work func(*store.Store) error) error {
	books, err := openStore(ctx, cfg, cfg.Clock, log)
	if err != nil {
		return err
	}
	return errors.Join(work(books), books.Close())
}

// openStore opens the database with cfg's pool.
func openStore(ctx context.Context, cfg config.Config, c clock.Clock, log *slog.Logger) (*store.Store, error) {
	return store.Open(ctx, cfg.DatabaseDSN, c, log, store.PoolOf(cfg.Pool.Size, cfg.Pool.Idle, cfg.Pool.Lifetime),
		store.LoginFrom(cfg.DatabaseLogin))
}

// withWorkflows opens the database and a Temporal client for the time of work.
func withWorkflows(ctx context.Context, cfg config.Config, log *slog.Logger, work func(*store.Store, *dispatch.Client) error) error {
	temporal, err := dialTemporal(cfg, log)
	if err != nil {
		return err
	}
	defer temporal.Close()
	return withStore(ctx, cfg, log, func(books *store.Store) error { return work(books, dispatchOf(temporal, cfg)) })
}

// dialTemporal does not wait for an answer of the server.
func dialTemporal(cfg config.Config, log *slog.Logger) (client.Client, error) {
	return dialMeasured(cfg, nil, log)
}

// dialMeasured is dialTemporal for a process that exposes metrics: the SDK reports its own to measures. nil drops them.
func dialMeasured(cfg config.Config, measures client.MetricsHandler, log *slog.Logger) (client.Client, error) {
	options, err := cfg.TemporalOptions()
	if err != nil {
		return nil, err
	}
	return dispatch.Dial(options, measures, log)
}

// dispatchOf starts and messages workflows in cfg's namespace and task queue.
func dispatchOf(temporal client.Client, cfg config.Config) *dispatch.Client {
	return dispatch.NewClient(temporal, cfg.TaskQueue).In(namespaceOf(cfg)).Decoding(cfg.Payloads())
}

// namespaceOf is the namespace of cfg. dialTemporal reports a configuration that is invalid.
func namespaceOf(cfg config.Config) string {
	options, err := cfg.TemporalOptions()
	if err != nil || options.Namespace == "" {
		return client.DefaultNamespace
	}
	return options.Namespace
}

// stripeClient calls Stripe with cfg's key.
func stripeClient(cfg config.Config, log *slog.Logger) *stripeapi.Client {
	return stripeapi.New(cfg.StripeAPI(log))
}

// say writes a line about progress, which may fail without ending the command.
func say(cmd *cobra.Command, format string, args ...any) {
	_, _ = fmt.Fprintf(cmd.ErrOrStderr(), format, args...)
}

// findBooking finds a booking of any client: commands are for operators.
func findBooking(ctx context.Context, books *store.Store, text string) (store.Booking, error) {
	reference, err := booking.ParseReference(text)
	if err != nil {
		return store.Booking{}, misused("%w", err)
	}
	known, err := books.Booking(ctx, reference)
	return known, orMissing(err, "no booking has the reference %s", reference)
}

// findClient finds a client by its name or its id.
func findClient(ctx context.Context, books *store.Store, nameOrID string) (store.Client, error) {
	if nameOrID == "" {
		return store.Client{}, misused("--client is missing: name a client, as client list shows them")
	}
	found, err := books.Client(ctx, nameOrID)
	return found, orMissing(err, "no client is named %q: see client list, or create one with client create", nameOrID)
}

// orMissing says which object the store did not find. Other errors stay, and so does nil.
func orMissing(err error, format string, args ...any) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf(format, args...)
	}
	return err
}

// checkNote checks the --note of a decision.
func checkNote(note string) error {
	if err := view.CheckNote(note); err != nil {
		return misused("invalid --note: %w", err)
	}
	return nil
}

// Command worker runs Farebook's workflows and activities. It takes no arguments and reads its configuration from the
// environment (docs/configuration.md).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/internal/exitcode"
	"farebook/internal/logging"
	"farebook/internal/telemetry"
	"farebook/internal/version"
	"farebook/worker/service"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := workerCommand().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
	}
	os.Exit(exitcode.Of(err))
}

func workerCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "worker",
		Short: "Run Farebook's workflows and activities",
		Long: "Polls Temporal's task queues and runs Farebook's workflows and activities until\n" +
			"SIGTERM or SIGINT, then finishes the tasks in progress. Any number of workers may\n" +
			"run at once. The environment is the configuration: see docs/configuration.md.\n\n" +
			"Waits while Temporal is unavailable. Exits with 0 after a stop signal, 2 for\n" +
			"invalid arguments or configuration, 3 when the database is unavailable.",
		Version:       version.String(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(c *cobra.Command, args []string) error {
			return exitcode.With(exitcode.Misuse, cobra.NoArgs(c, args))
		},
		RunE: func(c *cobra.Command, _ []string) error { return run(c.Context()) },
	}
	command.SetVersionTemplate("{{.Version}}\n")
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exitcode.With(exitcode.Misuse, err) })
	return command
}

func run(ctx context.Context) error {
	cfg, warnings, err := config.Load()
	if err != nil {
		return err
	}
	log := logging.New(os.Stdout, "worker", cfg.LogLevel)
	for _, warning := range warnings {
		log.Warn(warning)
	}
	stopTelemetry, err := telemetry.Start(ctx, "farebook-worker", cfg.Telemetry, log)
	if err != nil {
		return err
	}
	defer stopTelemetry()
	s, err := service.New(ctx, cfg, cfg.Clock, log)
	if err != nil {
		return err
	}
	log.Info("worker started", "taskQueue", cfg.TaskQueue)
	return s.Run(ctx)
}

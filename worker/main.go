// Command worker runs Farebook's workflows and activities. It takes no arguments; its configuration is the environment
// (see the README's table).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"farebook/internal/clock"
	"farebook/internal/config"
	"farebook/internal/exitcode"
	"farebook/internal/logging"
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
			"SIGTERM or SIGINT, then lets what is under way end. Any number of workers may\n" +
			"run at once. Configuration is the environment: see docs/configuration.md.\n\n" +
			"Waits for Temporal while that is away. Exits with 0 when it was asked to stop,\n" +
			"2 for wrong arguments or configuration, 3 when the database is away.",
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
	s, err := service.New(ctx, cfg, clock.System{}, log)
	if err != nil {
		return err
	}
	log.Info("worker started", "taskQueue", cfg.TaskQueue)
	return s.Run(ctx)
}

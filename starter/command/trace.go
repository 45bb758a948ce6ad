package command

import (
	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/internal/logging"
	"farebook/internal/telemetry"
	"farebook/internal/tracing"
)

// trace records each run of a command as a trace, named by the command, with what it asks of workflows. serve records its requests instead.
func trace(cmd *cobra.Command) {
	run := cmd.RunE
	if run != nil && !cmd.HasSubCommands() && cmd.Name() != "serve" {
		cmd.RunE = func(c *cobra.Command, args []string) error {
			stop := startTelemetry(c)
			defer stop()
			ctx, end := tracing.Root(c.Context(), c.CommandPath())
			c.SetContext(ctx)
			err := run(c, args)
			end(err)
			return err
		}
	}
	for _, below := range cmd.Commands() {
		trace(below)
	}
}

// startTelemetry begins to send what a command does. A configuration that is refused sends nothing: the command says why.
func startTelemetry(cmd *cobra.Command) (stop func()) {
	nothing := func() {}
	cfg, _, err := config.Load(config.Telemetry)
	if err != nil {
		return nothing
	}
	stop, err = telemetry.Start(cmd.Context(), "farebook-command", cfg.Telemetry, logging.New(cmd.ErrOrStderr(), "telemetry", cfg.LogLevel))
	if err != nil {
		return nothing
	}
	return stop
}

// Package command is the starter's commands: serving the HTTP API, preparing database and Temporal, API keys, events, mails
// and evidence, checking the books, and reconciliation with its schedule. Secrets come from the environment or standard input, never from arguments.
package command

import (
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/internal/failpoint"
	"farebook/internal/logging"
)

// Root is the command line of the starter.
func Root() *cobra.Command {
	root := &cobra.Command{
		Use:           "starter",
		Short:         "Farebook's HTTP API and the commands around it",
		Long:          "Farebook's HTTP API and the commands around it. Configuration is the environment: see the README's table.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(serveCommand(), migrateCommand(), setupCommand(), clientCommand(), apiKeyCommand(), auditCommand(), eventsCommand(), emailsCommand(), evidenceCommand(),
		reconcileCommand(), scheduleCommand(), verifyCommand(), versionCommand())
	return root
}

// load reads the parts of the configuration that a command needs and logs what development fell back to. Commands log
// to standard error: their result is what stands on standard output.
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

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version and what it was built from",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			version, revision, goVersion := "unknown", "unknown", "unknown"
			if info, ok := debug.ReadBuildInfo(); ok {
				version, goVersion = info.Main.Version, info.GoVersion
				for _, setting := range info.Settings {
					if setting.Key == "vcs.revision" {
						revision = setting.Value
					}
				}
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "farebook %s, revision %s, %s\n", version, revision, goVersion)
			return err
		},
	}
}

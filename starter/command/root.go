// Package command is the starter's commands: serving the HTTP API, preparing database and Temporal, API keys, events, mails
// and evidence, checking the books, and reconciliation with its schedule. Secrets come from the environment or standard input, never from arguments.
package command

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/internal/failpoint"
	"farebook/internal/logging"
	"farebook/internal/version"
)

// Root is the command line of the starter.
func Root() *cobra.Command {
	root := &cobra.Command{
		Use:   "starter",
		Short: "Farebook's HTTP API and the commands around it",
		Long: "Farebook's HTTP API and the commands around it. Configuration is the environment: see docs/configuration.md.\n\n" +
			"Exit codes:\n" +
			"    0  done\n" +
			"    1  a promise is broken, differences are left, a reconciliation failed\n" +
			"    2  wrong arguments or configuration\n" +
			"    3  the database, Temporal or Stripe is away\n" +
			"    4  anything else, such as a booking that does not exist\n" +
			"  130  interrupted",
		Version:       version.String(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          knownCommand,
		// As cobra itself sets it before it suggests a command.
		SuggestionsMinimumDistance: 2,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.AddCommand(serveCommand(), migrateCommand(), setupCommand(), clientCommand(), apiKeyCommand(), auditCommand(), eventsCommand(), emailsCommand(), evidenceCommand(), refundCommand(),
		reconcileCommand(), scheduleCommand(), importCommand(), attentionCommand(), openingCommand(), fenceCommand(), rebuildCommand(), ledgerCommand(), verifyCommand(),
		versionCommand())
	codeMisuse(root)
	fitHelp(root)
	return root
}

// load reads the parts of the configuration that a command needs and logs what development fell back to. Commands log
// to standard error: their result is what they write to standard output.
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
		Short: "Print the version and what it was built from, as --version does",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), version.String())
			return err
		},
	}
}

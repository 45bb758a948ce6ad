// Package command is the starter's commands: serving the HTTP API, preparing database and Temporal, API keys, events, mails
// and evidence, checking the books, and reconciliation with its schedule. Secrets come from the environment or standard input, never from arguments.
package command

import (
	"fmt"

	"github.com/spf13/cobra"

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

// Package command has the starter's commands: they serve the HTTP API, prepare database and Temporal, manage clients, API keys,
// events and emails, check the books, run reconciliation, and say which build of the worker is current. Secrets come from the
// environment, never from arguments. It may import everything except worker; only main, tests and the test kit import it.
package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"farebook/internal/version"
	"farebook/workflows"
)

// Root returns the starter's command line.
func Root() *cobra.Command {
	root := &cobra.Command{
		Use:   "starter",
		Short: "Farebook's HTTP API and the commands around it",
		Long: "Farebook's HTTP API and the commands around it. Configuration is the environment: see docs/configuration.md.\n\n" +
			"Exit codes:\n" +
			"    0  done\n" +
			"    1  findings: a broken promise, differences left, a failed reconciliation,\n" +
			"       a history that does not fit\n" +
			"    2  wrong arguments or configuration\n" +
			"    3  the database, Temporal or Stripe is unavailable\n" +
			"    4  anything else, such as a booking that does not exist\n" +
			"  130  interrupted",
		Version:       version.String(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          knownCommand,
		// The distance that cobra uses for its own suggestions.
		SuggestionsMinimumDistance: 2,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.AddCommand(serveCommand(), migrateCommand(), setupCommand(), clientCommand(), apiKeyCommand(), auditCommand(), eventsCommand(),
		emailsCommand(), bookingsCommand(), refundsCommand(), disputesCommand(), evidenceCommand(), refundCommand(), proposalsCommand(),
		reconcileCommand(), scheduleCommand(), importCommand(), attentionCommand(), webhookEndpointsCommand(), openingCommand(),
		fenceCommand(), rebuildCommand(),
		ledgerCommand(), payoutsCommand(), verifyCommand(), replayCommand(workflows.ByType()), payloadsCommand(),
		privacyCommand(), backupCommand(), deployCommand(),
		openAPICommand(), stripeCommand(),
		versionCommand())
	codeMisuse(root)
	fitHelp(root)
	trace(root)
	return root
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version and the commit it was built from, like --version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), version.String())
			return err
		},
	}
}

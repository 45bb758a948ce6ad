package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"farebook/starter/reports"
)

func reportCommand() *cobra.Command {
	var flags intervalFlags
	var itemised bool
	command := &cobra.Command{
		Use:   "report NAME [--itemised] [--month 2026-11 | --from TIME --to TIME]",
		Short: "Print a report in the shape of Stripe's, or one of income, fees, refunds and chargebacks",
		Long: "Prints a report of an interval:\n\n" + reportNames() + "\n\n" +
			"The columns of --itemised have Stripe's names, followed by the ledger's. By --basis effective a balance transaction counts when " +
			"Stripe created it, by --basis posted when the ledger got it: it then shows what the interval has posted of it." + proves,
		Args:      cobra.ExactArgs(1),
		ValidArgs: reports.Names(),
		RunE:      func(cmd *cobra.Command, args []string) error { return flags.named(cmd, args[0], itemised) },
	}
	flags.add(command)
	command.Flags().BoolVar(&itemised, "itemised", false, "print what the report sums, one by one")
	return command
}

func reportNames() string {
	lines := make([]string, len(reports.All))
	for i, one := range reports.All {
		lines[i] = fmt.Sprintf("  %s\n      %s", one.Name, one.Short)
	}
	return strings.Join(lines, "\n")
}

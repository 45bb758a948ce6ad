package command

import (
	"github.com/spf13/cobra"

	"farebook/finance"
	"farebook/store/report"
)

func payoutsCommand() *cobra.Command {
	return group("payouts", "Show what a payout pays out", "payouts statement PAYOUT", payoutStatementCommand())
}

func payoutStatementCommand() *cobra.Command {
	var flags intervalFlags
	command := &cobra.Command{
		Use:   "statement PAYOUT",
		Short: "Print a payout's balance transactions, their sums, and what remains",
		Long: "Prints a payout with its arrival and Stripe's trace id, by which the bank statement names it; each balance transaction that it " +
			"pays out, also one that the ledger does not have, with the reason; their sums by reporting category; and what remains of the " +
			"payout after every line, with its reason." + proves,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := flags.table(cmd, func(r *report.Reports, _ finance.Interval, sink finance.Sink) (finance.Checks, error) {
				return r.PayoutStatement(cmd.Context(), args[0], sink)
			})
			return orMissing(err, "no payout has the id %s", args[0])
		},
	}
	flags.addFormat(command, "table", reportFormats)
	return command
}

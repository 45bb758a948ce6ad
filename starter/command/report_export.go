package command

import (
	"github.com/spf13/cobra"

	"farebook/finance"
	"farebook/starter/reports"
	"farebook/store/report"
)

func exportCommand() *cobra.Command {
	var flags intervalFlags
	command := &cobra.Command{
		Use:   "export --output csv|json|hledger|beancount [--month 2026-11 | --from TIME --to TIME]",
		Short: "Export the ledger for another program",
		Long: "Writes the transactions of an interval with the opening balances before them. For hledger and beancount it declares every " +
			"account and currency and asserts the closing balances: `hledger check --strict` and `bean-check` accept it." + proves,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.bookReport(cmd, reports.ExportFormats, func(r *report.Reports, i finance.Interval) (finance.Checks, error) {
				return export(cmd, r, i, flags.format)
			})
		},
	}
	flags.addInterval(command)
	flags.addBasis(command, "csv", reports.ExportFormats)
	return command
}

func export(cmd *cobra.Command, r *report.Reports, i finance.Interval, format string) (finance.Checks, error) {
	journal, end := reports.NewJournal(cmd.OutOrStdout(), format)
	checks, err := r.Export(cmd.Context(), i, journal)
	if err != nil {
		return nil, err
	}
	return checks, end(checks)
}

package command

import (
	"bufio"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"farebook/finance"
	"farebook/starter/reports"
	"farebook/store/report"
)

// exportFormats are what the ledger can be exported as.
var exportFormats = []string{"csv", "json", "hledger", "beancount"}

func exportCommand() *cobra.Command {
	var flags intervalFlags
	command := &cobra.Command{
		Use:   "export --format csv|json|hledger|beancount [--month 2026-11 | --from TIME --to TIME]",
		Short: "Export the ledger for another program",
		Long: "Writes the transactions of an interval with the opening balances before them. For hledger and beancount it declares every " +
			"account and currency and asserts the closing balances: `hledger check --strict` and `bean-check` accept it." + proves,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return flags.bookReport(cmd, exportFormats, func(r *report.Reports, i finance.Interval) (finance.Checks, error) {
				return export(cmd, r, i, flags.format)
			})
		},
	}
	flags.addInterval(command)
	flags.addBasis(command, "csv", exportFormats)
	return command
}

func export(cmd *cobra.Command, r *report.Reports, i finance.Interval, format string) (finance.Checks, error) {
	out := bufio.NewWriter(cmd.OutOrStdout())
	journal, end := journalOf(out, format)
	checks, err := r.Export(cmd.Context(), i, journal)
	if err != nil {
		return nil, err
	}
	return checks, errors.Join(end(checks), out.Flush())
}

// journalOf writes the ledger in a format; end writes what follows it.
func journalOf(out io.Writer, format string) (journal finance.Journal, end func(finance.Checks) error) {
	none := func(finance.Checks) error { return nil }
	switch format {
	case "hledger":
		return finance.NewHledger(out), none
	case "beancount":
		return finance.NewBeancount(out), none
	}
	writer := reports.NewWriter(out, format)
	return finance.NewEntries(writer), writer.End
}

package command

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"farebook/finance"
	"farebook/ledger"
	"farebook/store"
	"farebook/store/monthend"
	"farebook/store/report"
)

func compareCommand() *cobra.Command {
	var flags intervalFlags
	var name string
	var payouts bool
	command := &cobra.Command{
		Use:   "compare --stripe-csv FILE [--month 2026-11 | --from TIME --to TIME | --payouts]",
		Short: "Hold one of Stripe's itemised reports against the ledger",
		Long: "Reads an itemised report of Stripe's as CSV, such as `balance_change_from_activity.itemized.3` or " +
			"`payout_reconciliation.itemized.5`, and prints each balance transaction that is missing in the ledger, that the file does not " +
			"have, or that differs, with the column. The columns may be in any order, and others are ignored. Compared are " +
			strings.Join(finance.ComparedColumns(), ", ") + "; a column of the second half is not compared where one of the two has nothing " +
			"in it. A file of an interval is compared with --month, or --from and --to, as it was exported; without, with the time from its " +
			"first to its last balance transaction. A close asks for a comparison with --month, which is kept in the " +
			"audit log. --payouts compares what the payouts pay out that the file names." + proves,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if name == "" {
				return misused("--stripe-csv: name the file")
			}
			file, err := os.Open(name) //nolint:gosec // the operator names the file
			if err != nil {
				return misused("--stripe-csv: %s", err)
			}
			defer func() { err = errors.Join(err, file.Close()) }()
			lines, err := finance.NewStripeFile(file)
			if err != nil {
				return misused("--stripe-csv: %s: %w", name, err)
			}
			return flags.compare(cmd, name, report.Comparing{File: lines, Payouts: payouts})
		},
	}
	command.Flags().StringVar(&name, "stripe-csv", "", "the file that Stripe has exported")
	command.Flags().BoolVar(&payouts, "payouts", false, "the file is a payout reconciliation")
	flags.addInterval(command)
	flags.addFormat(command, "table", reportFormats)
	return command
}

func (f *intervalFlags) compare(cmd *cobra.Command, name string, what report.Comparing) error {
	asked := f.asked.Month != "" || f.asked.From != "" || f.asked.To != ""
	if asked && what.Payouts {
		return misused("--payouts is beside an interval: name one of them")
	}
	f.asked.Basis = string(finance.ByEffective) // Stripe's files have what was created in a month, however late the ledger got it
	return f.onBooks(cmd, reportFormats, func(books *store.Store, r *report.Reports, i finance.Interval) (finance.Checks, error) {
		if asked {
			what.Interval = &i
		}
		out := newReportWriter(cmd.OutOrStdout(), f.format)
		checks, err := r.Compare(cmd.Context(), what, out)
		var problem *finance.StripeFileError
		if errors.As(err, &problem) {
			return nil, misused("--stripe-csv: %w", fmt.Errorf("%s: %w", name, err))
		}
		if err == nil && f.asked.Month != "" {
			compared := monthend.ComparisonOf(ledger.Period(f.asked.Month), checks)
			err = monthend.New(books).RecordComparison(cmd.Context(), compared, actor(correlated(cmd.Context())))
		}
		if err != nil {
			return nil, err
		}
		if f.asked.Month != "" {
			say(cmd, "Recorded for the close of %s\n", f.asked.Month)
		}
		return checks, out.End(checks)
	})
}

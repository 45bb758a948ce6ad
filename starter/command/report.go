package command

import (
	"errors"

	"github.com/spf13/cobra"

	"farebook/finance"
	"farebook/internal/config"
	"farebook/ledger"
	"farebook/money"
	"farebook/starter/reports"
	"farebook/store"
	"farebook/store/report"
)

// intervalFlags are the flags of a command that reports an interval.
type intervalFlags struct {
	asked    finance.Asked
	format   string
	currency string
}

func (f *intervalFlags) add(cmd *cobra.Command) {
	f.addInterval(cmd)
	f.addCurrency(cmd)
	f.addBasis(cmd, "table", reportFormats)
}

func (f *intervalFlags) addCurrency(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.currency, "currency", "", "only rows in this currency, such as USD; the checks cover every currency")
}

func (f *intervalFlags) addInterval(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.addMonth(cmd, "a month of the books, 2026-11: its transactions, with those that count late in it")
	flags.StringVar(&f.asked.From, "from", "", "the beginning, included: 2026-11-01, or a time with its zone; the first transaction otherwise")
	flags.StringVar(&f.asked.To, "to", "", "the end, excluded: 2026-12-01, or a time with its zone; now otherwise")
}

func (f *intervalFlags) addMonth(cmd *cobra.Command, usage string) {
	cmd.Flags().StringVar(&f.asked.Month, "month", "", usage)
}

// addAsOf adds the flags of a report at one time.
func (f *intervalFlags) addAsOf(cmd *cobra.Command) {
	f.addMonth(cmd, "the end of a month of the books, 2026-11, without what counts late in a later one")
	cmd.Flags().StringVar(&f.asked.AsOf, "as-of", "",
		"the time before which transactions count: 2026-12-01, or a time with its zone; now otherwise")
	f.addCurrency(cmd)
	f.addBasis(cmd, "table", reportFormats)
}

func (f *intervalFlags) addBasis(cmd *cobra.Command, format string, formats []string) {
	cmd.Flags().StringVar(&f.asked.Basis, "basis", "", "the date that counts: "+oneOf(finance.Bases)+
		"; period for a month, which does not change once it is closed, and effective otherwise")
	completeFlag(cmd, "basis", finance.Bases...)
	f.addFormat(cmd, format, formats)
}

func (f *intervalFlags) addFormat(cmd *cobra.Command, format string, formats []string) {
	outputFlag(cmd, &f.format, format, formats)
}

// bookReport runs a report on connections for large reads, and prints what proves it on standard error. It returns ErrBroken for a report
// that does not equal what it must.
func (f *intervalFlags) bookReport(
	cmd *cobra.Command, formats []string, write func(r *report.Reports, i finance.Interval) (finance.Checks, error),
) error {
	return f.onBooks(cmd, formats, func(_ *store.Store, r *report.Reports, i finance.Interval) (finance.Checks, error) {
		return write(r, i)
	})
}

// onBooks is bookReport for a report that does more than read.
func (f *intervalFlags) onBooks(
	cmd *cobra.Command, formats []string, write func(books *store.Store, r *report.Reports, i finance.Interval) (finance.Checks, error),
) error {
	if err := checkFormat(f.format, formats); err != nil {
		return err
	}
	cfg, log, err := load(cmd.ErrOrStderr(), "ledger", config.Database)
	if err != nil {
		return err
	}
	books, err := store.Open(cmd.Context(), cfg.DatabaseDSN, cfg.Clock, log, store.ForProofs(), store.LoginFrom(cfg.DatabaseLogin))
	if err != nil {
		return err
	}
	checks, err := f.written(cmd, books, write)
	if err == nil {
		err = printChecks(cmd.ErrOrStderr(), checks)
	}
	return errors.Join(err, books.Close())
}

func (f *intervalFlags) written(
	cmd *cobra.Command, books *store.Store, write func(books *store.Store, r *report.Reports, i finance.Interval) (finance.Checks, error),
) (finance.Checks, error) {
	r := report.New(books)
	zone, err := r.Zone(cmd.Context())
	if err != nil {
		return nil, err
	}
	i, err := f.asked.Interval(zone, books.Now())
	if err != nil {
		return nil, misused("%w", err)
	}
	return write(books, r, i)
}

// table writes a report on standard output in the format that was asked for.
func (f *intervalFlags) table(
	cmd *cobra.Command, write func(r *report.Reports, i finance.Interval, sink finance.Sink) (finance.Checks, error),
) error {
	return f.bookReport(cmd, reportFormats, func(r *report.Reports, i finance.Interval) (finance.Checks, error) {
		out := newReportWriter(cmd.OutOrStdout(), f.format)
		checks, err := write(r, i, finance.InCurrency(out, money.Currency(f.currency)))
		if err != nil {
			return nil, err
		}
		return checks, out.End(checks)
	})
}

// named writes one of the reports that take an interval alone.
func (f *intervalFlags) named(cmd *cobra.Command, name string, itemised bool) error {
	one, err := reports.Find(name)
	if err != nil {
		return misused("%w", err)
	}
	writeReport := one.Write
	if itemised {
		writeReport = one.Itemised
	}
	if writeReport == nil {
		return misused("--itemised: %s sums nothing that could be itemised", name)
	}
	return f.table(cmd, func(r *report.Reports, i finance.Interval, sink finance.Sink) (finance.Checks, error) {
		return writeReport(r, cmd.Context(), i, sink)
	})
}

// proves is what the help of each report says of its proof.
const proves = " What the report must equal is printed on standard error; the command exits with 1 if it does not."

func balancesCommand() *cobra.Command {
	var flags intervalFlags
	command := &cobra.Command{
		Use:   "balances [--month 2026-11 | --as-of TIME]",
		Short: "Print the balance of each account at a time",
		Long: "Prints debits less credits of each account and currency, of all transactions before a time. By --basis effective the clearing " +
			"account is Stripe's balance at that time, however late its events came; by --basis posted a past time never changes, and neither " +
			"does the end of a closed month." + proves,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.named(cmd, "balances", false) },
	}
	flags.addAsOf(command)
	return command
}

func trialBalanceCommand() *cobra.Command {
	var flags intervalFlags
	command := &cobra.Command{
		Use:   "trial-balance [--month 2026-11 | --from TIME --to TIME]",
		Short: "Print opening, debits, credits and closing of each account",
		Long: "Prints the trial balance of an interval. The opening and the closing are read from the seals and what follows them, the debits " +
			"and credits from the entries, so that each proves the other." + proves,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.named(cmd, "trial-balance", false) },
	}
	flags.add(command)
	return command
}

func statementCommand() *cobra.Command {
	var flags intervalFlags
	command := &cobra.Command{
		Use:   "statement ACCOUNT [--month 2026-11 | --from TIME --to TIME]",
		Short: "Print an account's entries with the balance after each",
		Long:  "Prints the opening balance of an account, each of its entries with the balance after it, and its closing balance." + proves,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			account, err := ledger.ParseAccount(args[0])
			if err != nil {
				return misused("%w", err)
			}
			return flags.table(cmd, func(r *report.Reports, i finance.Interval, sink finance.Sink) (finance.Checks, error) {
				return r.Statement(cmd.Context(), account, i, sink)
			})
		},
	}
	flags.add(command)
	return command
}

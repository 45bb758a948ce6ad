package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/time/rate"

	"farebook/internal/config"
	"farebook/internal/exitcode"
	"farebook/internal/stripeapi"
	"farebook/starter/imports"
	"farebook/store"
)

func importCommand() *cobra.Command {
	return group("import", "Import bookings from the system that Farebook replaces", "import bookings FILE, or import find REFERENCE",
		importBookingsCommand(), findImportedCommand())
}

func findImportedCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "find REFERENCE",
		Short: "Print the reference of an imported booking, by its earlier reference",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return booksCommand(cmd, "import", func(books *store.Store) error {
				found, err := books.BookingImportedFrom(cmd.Context(), args[0])
				if err != nil {
					return orMissing(err, "no booking was imported with the reference %q", args[0])
				}
				return printText(cmd.OutOrStdout(), "%s\n", string(found.Reference))
			})
		},
	}
}

type importFlags struct {
	apply   bool
	confirm bool
	format  string
}

var importFormats = []string{"table", "csv"}

func importBookingsCommand() *cobra.Command {
	flags := &importFlags{}
	bookings := &cobra.Command{
		Use:   "bookings FILE",
		Short: "Compare exported bookings with Stripe, and import them with --apply",
		Long: "Reads bookings from FILE (.csv or .json; docs/migrating.md lists the columns), reads the PaymentIntent of each at Stripe and " +
			"reports what would be imported. With --apply it writes booking, payment, refunds, disputes and ledger, and starts the workflow of " +
			"an unpaid booking. It charges and refunds nothing and changes nothing at Stripe. An invalid row is refused with the reason, and " +
			"the other rows are imported. Repeat the command until no row is refused: a row is imported only once. Paid bookings get no " +
			"confirmation, except with --confirm those whose confirmed_at is empty. Exits with 1 when rows are refused.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(flags.format, importFormats); err != nil {
				return err
			}
			return importFile(cmd, args[0], flags)
		},
	}
	bookings.Flags().BoolVar(&flags.apply, "apply", false, "import the valid rows; without it, nothing is written")
	bookings.Flags().BoolVar(&flags.confirm, "confirm", false, "send a confirmation for paid bookings whose confirmed_at is empty")
	formatFlag(bookings, &flags.format, importFormats...)
	return bookings
}

func importFile(cmd *cobra.Command, path string, flags *importFlags) error {
	file, err := os.Open(path)
	if err != nil {
		return misused("%w", err)
	}
	defer func() { _ = file.Close() }() // opened for reading
	source, err := sourceOf(path, file)
	if err != nil {
		return wrongFile(err)
	}
	parts := []config.Part{config.Database, config.Payments}
	if flags.apply {
		parts = append(parts, config.Temporal)
	}
	cfg, log, err := load(cmd.ErrOrStderr(), "import", parts...)
	if err != nil {
		return err
	}
	ctx := correlated(cmd.Context())
	return withStore(ctx, cfg, log, func(books *store.Store) error {
		opening, err := books.Opening(ctx)
		if err != nil {
			return err
		}
		importer := &imports.Importer{
			Store: books, Stripe: pacedStripe(cfg, log), Live: cfg.Stripe.Live(), Confirm: flags.confirm, By: actor(ctx), Opening: opening,
			Revenue: cfg.Revenue, Log: log,
		}
		if !flags.apply {
			return runImport(ctx, cmd.OutOrStdout(), importer, source, flags)
		}
		temporal, err := dialTemporal(cfg, log)
		if err != nil {
			return err
		}
		defer temporal.Close()
		importer.Dispatch = dispatchOf(temporal, cfg)
		return runImport(ctx, cmd.OutOrStdout(), importer, source, flags)
	})
}

// pacedStripe limits the rate of Stripe calls like reconciliation, to leave Stripe's limit to live bookings.
func pacedStripe(cfg config.Config, log *slog.Logger) *stripeapi.Client {
	stripe := stripeClient(cfg, log)
	return stripe.Paced(rate.NewLimiter(rate.Limit(cfg.Reconcile.CallsPerSecond), 1))
}

func sourceOf(path string, in io.Reader) (imports.Source, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		return imports.CSV(in)
	case ".json":
		return imports.JSON(in)
	}
	return nil, misused("invalid file name %q: must end in .csv or .json, by its content", filepath.Base(path))
}

// wrongFile gives an invalid file the exit code of wrong arguments.
func wrongFile(err error) error {
	var wrong *imports.FileError
	if errors.As(err, &wrong) {
		return misused("%w", err)
	}
	return err
}

func runImport(ctx context.Context, out io.Writer, importer *imports.Importer, source imports.Source, flags *importFlags) error {
	printer := &importPrinter{out: out, csv: flags.format == "csv"}
	err := importer.Run(ctx, source, printer.print)
	if err != nil && ctx.Err() != nil {
		return &InterruptedError{What: fmt.Sprintf("interrupted after %d rows: repeat the command; imported rows are not imported again",
			printer.sum.rows)}
	}
	if err != nil {
		return errors.Join(wrongFile(err), printer.sum.stopped())
	}
	if err := printer.finish(flags.apply, importer.Opening); err != nil {
		return err
	}
	if refused := printer.sum.verdicts[imports.Refused]; refused > 0 {
		return exitcode.With(exitcode.Findings, fmt.Errorf("%d of %d rows were refused", refused, printer.sum.rows))
	}
	return nil
}

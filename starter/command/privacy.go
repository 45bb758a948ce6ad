package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"farebook/access"
	"farebook/booking"
	"farebook/store"
	"farebook/store/privacy"
)

func privacyCommand() *cobra.Command {
	return group("privacy", "Export and erase what the books hold about a traveller",
		"privacy export --reference REFERENCE, or privacy erase --email ADDRESS", exportPrivacyCommand(), erasePrivacyCommand())
}

// traveller names the bookings of one traveller: by their address, or one by its reference.
type traveller struct{ email, reference string }

func (t *traveller) add(command *cobra.Command) {
	command.Flags().StringVar(&t.email, "email", "", "every booking that was made with this email address")
	command.Flags().StringVar(&t.reference, "reference", "", "the booking with this reference")
}

func (t *traveller) check() error {
	switch {
	case (t.email == "") == (t.reference == ""):
		return misused("name the traveller by either --email or --reference")
	case t.email != "" && !strings.Contains(t.email, "@"):
		return misused("invalid --email: must be an email address")
	}
	return nil
}

// each calls do for each booking, oldest first. It returns how many there were.
func (t *traveller) each(ctx context.Context, books *store.Store, do func(booking.Reference) error) (count int, err error) {
	if t.reference != "" {
		known, err := findBooking(ctx, books, t.reference)
		if err != nil {
			return 0, err
		}
		return t.eachPart(ctx, books, known, do)
	}
	var last privacy.Travelled
	for more := true; more; {
		var page []privacy.Travelled
		if page, more, err = privacy.New(books).BookingsOfAddress(ctx, t.email, last); err != nil {
			return count, err
		}
		for _, one := range page {
			if err := do(one.Reference); err != nil {
				return count, err
			}
			count, last = count+1, one
		}
	}
	return count, nil
}

// eachPart calls do for a booking and for its further payments, which name the same traveller.
func (*traveller) eachPart(ctx context.Context, books *store.Store, known store.Booking, do func(booking.Reference) error,
) (count int, err error) {
	further, err := books.SupplementsOf(ctx, known)
	if err != nil {
		return 0, err
	}
	for _, one := range append([]store.Booking{known}, further...) {
		if err := do(one.Reference); err != nil {
			return count, err
		}
		count++
	}
	return count, nil
}

func exportPrivacyCommand() *cobra.Command {
	var of traveller
	command := &cobra.Command{
		Use:   "export {--email ADDRESS | --reference REFERENCE}",
		Short: "Print everything that the books hold about a traveller as JSON",
		Long: "Prints a document with each booking and all rows about it: payments, refunds, disputes, emails, answers, events, notes, the " +
			"ledger and the audit log. What travellers typed at Stripe is there: the document names the objects. The export is written to the " +
			"audit log of each booking.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := of.check(); err != nil {
				return err
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "privacy", func(books *store.Store) error {
				return exportTraveller(ctx, cmd.OutOrStdout(), books, of)
			})
		},
	}
	of.add(command)
	return command
}

func exportTraveller(ctx context.Context, out io.Writer, books *store.Store, of traveller) error {
	bookings := []privacy.Export{}
	_, err := of.each(ctx, books, func(reference booking.Reference) error {
		known, err := books.Booking(ctx, reference)
		if err != nil {
			return err
		}
		err = books.Audit(ctx, store.AuditEntry{
			Actor: actor(ctx), Action: store.ActionPersonalExport, Subject: string(reference), BookingID: &known.ID,
		})
		if err != nil {
			return err
		}
		exported, err := privacy.New(books).ExportBooking(ctx, reference)
		bookings = append(bookings, exported)
		return err
	})
	if err != nil {
		return err
	}
	return printJSON(out, map[string]any{"bookings": bookings})
}

func erasePrivacyCommand() *cobra.Command {
	var of traveller
	var dryRun bool
	command := &cobra.Command{
		Use:   "erase {--email ADDRESS | --reference REFERENCE} [--dry-run]",
		Short: "Put tombstones in place of a traveller's name, address, passengers, notes and emails",
		Long: "Amounts, states, keys, digests, the ledger and the audit log stay, so that the books still balance and a repeated request " +
			"still makes nothing twice. Nothing is erased while one of the bookings is open: the reasons are named. It can be interrupted and " +
			"repeated. It prints the objects at Stripe, where you erase what the traveller typed there.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := of.check(); err != nil {
				return err
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "privacy", func(books *store.Store) error {
				err := checkErasable(ctx, books, of)
				if err != nil || dryRun {
					return err
				}
				return eraseTraveller(ctx, cmd, books, of, actor(ctx))
			})
		},
	}
	of.add(command)
	command.Flags().BoolVar(&dryRun, "dry-run", false, "say what is open, and change nothing")
	return command
}

// checkErasable collects what is open of all bookings, before any is erased.
func checkErasable(ctx context.Context, books *store.Store, of traveller) error {
	var refused []error
	count, err := of.each(ctx, books, func(reference booking.Reference) error {
		err := privacy.New(books).CheckErasable(ctx, reference)
		var open *privacy.OpenError
		if errors.As(err, &open) {
			refused = append(refused, err)
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case count == 0:
		return errors.New("no booking has this email address: check its spelling, or name a booking by --reference")
	case len(refused) > 0:
		return fmt.Errorf("nothing was erased: %w", errors.Join(refused...))
	}
	return nil
}

func eraseTraveller(ctx context.Context, cmd *cobra.Command, books *store.Store, of traveller, by access.Actor) error {
	var erased []privacy.Erased
	_, err := of.each(ctx, books, func(reference booking.Reference) error {
		done, err := privacy.New(books).Erase(ctx, reference, by)
		if err == nil {
			erased = append(erased, done)
			say(cmd, "Erased %s\n", reference)
		}
		return err
	})
	return errors.Join(err, printErased(cmd.OutOrStdout(), erased))
}

// printErased prints what was erased, also before an error: a repetition does not find these ids by the traveller's address any more.
func printErased(out io.Writer, erased []privacy.Erased) error {
	if len(erased) == 0 {
		return nil
	}
	table := newTable(out, "BOOKING", "ROWS", "PAYMENT INTENTS", "CHARGES", "REFUNDS", "DISPUTES")
	for _, one := range erased {
		var rows int64
		for _, count := range one.Rows {
			rows += count
		}
		at := one.Stripe
		table.row(one.Reference, rows, strings.Join(at.PaymentIntents, " "), strings.Join(at.Charges, " "), strings.Join(at.Refunds, " "),
			strings.Join(at.Disputes, " "))
	}
	if err := table.flush(); err != nil {
		return err
	}
	return printText(out, "\nErase at Stripe what the travellers typed there (name, address, receipt_email of these objects): "+
		"see docs/privacy.md.\n")
}

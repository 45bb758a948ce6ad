package command

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"farebook/ledger"
	"farebook/ledger/closing"
	"farebook/starter/view"
	"farebook/store"
	"farebook/store/monthend"
)

func closeMonthCommand() *cobra.Command {
	var accepted []string
	var dryRun, approve bool
	command := &cobra.Command{
		Use:   "close MONTH [--accept ITEM=NOTE] [--dry-run | --approve]",
		Short: "Close a month of the books: check it, propose the close, approve it",
		Long: "Checks what a month end needs, line by line, and prints the trial balance. When nothing blocks the close, it is proposed; " +
			"another operator then approves it with --approve, and the month is closed. --accept says why a finding does not block it, such as " +
			"--accept attention/12='waits for the bank'. --dry-run only checks. Exits with 1 while something blocks the close. What is posted " +
			"for a closed month counts in the next one. The first close fixes the time zone of the books.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			period, err := monthArgument(args[0])
			if err != nil {
				return err
			}
			if approve && (dryRun || len(accepted) > 0) {
				return misused("--approve goes with neither --dry-run nor --accept: the proposal has the notes")
			}
			return booksCommand(cmd, "ledger", func(books *store.Store) error {
				months := monthend.New(books)
				if approve {
					return approveClose(cmd, months, period)
				}
				notes, err := acceptedNotes(cmd, accepted)
				if err != nil {
					return err
				}
				return proposeClose(cmd, months, period, notes, dryRun)
			})
		},
	}
	command.Flags().StringArrayVar(&accepted, "accept", nil, "ITEM=NOTE: why a finding does not block the close; may be repeated")
	command.Flags().BoolVar(&dryRun, "dry-run", false, "check, and propose nothing")
	command.Flags().BoolVar(&approve, "approve", false, "approve the close that another operator has proposed")
	return command
}

func monthArgument(text string) (ledger.Period, error) {
	period, err := ledger.ParsePeriod(text)
	if err != nil {
		return "", misused("%w", err)
	}
	return period, nil
}

// acceptedNotes reads --accept. The operator who gives a note answers for it.
func acceptedNotes(cmd *cobra.Command, accepted []string) ([]closing.Note, error) {
	by := actor(cmd.Context()).Name
	notes := make([]closing.Note, len(accepted))
	for i, text := range accepted {
		item, note, found := strings.Cut(text, "=")
		if !found {
			return nil, misused("invalid --accept %q: must be ITEM=NOTE, as attention/12='waits for the bank'", text)
		}
		if err := view.CheckNote(note); err != nil {
			return nil, misused("invalid --accept: the note about %s %w", item, err)
		}
		notes[i] = closing.Note{Item: item, Text: note, By: by}
	}
	return notes, nil
}

func proposeClose(cmd *cobra.Command, months *monthend.Months, period ledger.Period, notes []closing.Note, dryRun bool) error {
	ctx := correlated(cmd.Context())
	if dryRun {
		review, err := months.Review(ctx, period, notes)
		if err != nil {
			return refusedMonth(err)
		}
		err = printReview(cmd.OutOrStdout(), review)
		if err != nil || review.Holds() {
			return err
		}
		return ErrBroken
	}
	proposal, review, err := months.ProposeClose(ctx, period, notes, actor(ctx))
	var blocked *monthend.BlockedError
	if err != nil && !errors.As(err, &blocked) {
		return refusedMonth(err)
	}
	if err := printReview(cmd.OutOrStdout(), review); err != nil {
		return err
	}
	if blocked != nil {
		return ErrBroken
	}
	return printText(cmd.OutOrStdout(), "\n%s proposed the close of %s, digest %s.\n"+
		"Another operator approves it: starter ledger close %s --approve\n",
		proposal.By.Name, string(period), proposal.Digest.String(), string(period))
}

func approveClose(cmd *cobra.Command, months *monthend.Months, period ledger.Period) error {
	ctx := correlated(cmd.Context())
	made, err := months.ApproveClose(ctx, period, actor(ctx))
	var blocked *monthend.BlockedError
	if errors.As(err, &blocked) {
		return errors.Join(printMonthChecks(cmd.OutOrStdout(), blocked.Checks), ErrBroken)
	}
	if err != nil {
		return refusedMonth(err)
	}
	return printText(cmd.OutOrStdout(), "%s is closed: closing %s, digest %s\n", string(period), number(made.Number), made.Digest.String())
}

// refusedMonth gives what the books refuse the exit code of wrong arguments: the same call fails again.
func refusedMonth(err error) error {
	var refused *monthend.RefusedError
	if errors.As(err, &refused) {
		return misused("%w", refused)
	}
	return err
}

func reopenMonthCommand() *cobra.Command {
	var note string
	var approve bool
	command := &cobra.Command{
		Use:   "reopen MONTH (--note TEXT | --approve)",
		Short: "Reopen the last closed month",
		Long: "Proposes to reopen the last closed month, with the reason as --note. Another operator approves it with --approve. " +
			"Its close stays in the books, and the month is closed again with what is posted meanwhile.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			period, err := monthArgument(args[0])
			if err != nil {
				return err
			}
			if approve == (note != "") {
				return misused("name either --note, to propose it, or --approve")
			}
			return booksCommand(cmd, "ledger", func(books *store.Store) error { return reopenMonth(cmd, books, period, note, approve) })
		},
	}
	command.Flags().StringVar(&note, "note", "", "why it is reopened")
	command.Flags().BoolVar(&approve, "approve", false, "approve what another operator has proposed")
	return command
}

func reopenMonth(cmd *cobra.Command, books *store.Store, period ledger.Period, note string, approve bool) error {
	ctx := correlated(cmd.Context())
	months := monthend.New(books)
	if approve {
		if _, err := months.ApproveReopen(ctx, period, actor(ctx)); err != nil {
			return refusedMonth(err)
		}
		return printText(cmd.OutOrStdout(), "%s is open again\n", string(period))
	}
	if err := checkNote(note); err != nil {
		return err
	}
	if _, err := months.ProposeReopen(ctx, period, note, actor(ctx)); err != nil {
		return refusedMonth(err)
	}
	return printText(cmd.OutOrStdout(), "Another operator approves it: starter ledger reopen %s --approve\n", string(period))
}

func periodsCommand() *cobra.Command {
	var flags listFlags
	command := &cobra.Command{
		Use:   "periods",
		Short: "Show what waits for another operator, and closes and reopenings of months, the newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			return booksCommand(cmd, "ledger", func(books *store.Store) error {
				return listPeriods(cmd, books, monthend.New(books), flags)
			})
		},
	}
	flags.addNumbered(command)
	return command
}

// maxProposals bounds the proposals of a list: there are some a month.
const maxProposals = 50

func listPeriods(cmd *cobra.Command, books *store.Store, months *monthend.Months, flags listFlags) error {
	calendar, err := months.Calendar(cmd.Context())
	if err != nil {
		return err
	}
	open, err := months.Open(cmd.Context(), maxProposals)
	if err != nil {
		return err
	}
	made, err := readPage(cmd, books, closings, flags, func(before uint64, limit int) ([]closing.Closing, error) {
		return months.Closings(cmd.Context(), before, limit)
	})
	if err != nil {
		return err
	}
	if flags.format == "table" {
		if err := printWaiting(cmd.OutOrStdout(), calendar, open); err != nil {
			return err
		}
	}
	proposals := make([]view.Proposal, len(open))
	for i, one := range open {
		proposals[i] = view.ProposalOf(one)
	}
	return closings.printPage(cmd, flags, made, map[string]any{
		"firstOpen": string(calendar.FirstOpen), "timeZone": calendar.ZoneName(), "proposals": proposals,
	})
}

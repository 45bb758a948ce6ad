package command

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"farebook/internal/failpoint"
	"farebook/ledger"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/store"
)

// carryOverPage is how many bookings are looked for at once; each is a transaction.
const carryOverPage = 500

func carryOverCommand() *cobra.Command {
	var dryRun bool
	command := &cobra.Command{
		Use:   "carry-over [--dry-run]",
		Short: "Carry the balances of an earlier release over to the accounts of this one",
		Long: "Releases without an account for refunds payable have posted refunds that failed, and what cancellations kept, as unearned " +
			"revenue; exchanges between currencies in suspense; lost disputes beside unearned revenue; and payouts under way at the bank. " +
			"This posts a correcting transaction for each such booking and payout, and changes no entry. It can be interrupted and " +
			"repeated at any time, while API and workers run. Run it after every process has the new release. A booking that was " +
			"not carried over yet is before its next posting. One to which a process of the earlier release has posted since is carried " +
			"over once more: run starter migrate before.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return booksCommand(cmd, "ledger", func(books *store.Store) error {
				return carryOver(correlated(cmd.Context()), cmd.OutOrStdout(), books, dryRun)
			})
		},
	}
	command.Flags().BoolVar(&dryRun, "dry-run", false, "print what would be posted, and post nothing")
	return command
}

// carriedOver is what a run has carried over.
type carriedOver struct {
	visited, transactions int
	sums                  seal.Sums
}

func (c *carriedOver) add(transactions []ledger.Transaction) {
	c.visited++
	for _, t := range transactions {
		c.transactions++
		c.sums.AddEntries(t.Entries)
	}
}

// carryOver goes through the bookings and then the payouts, and prints the sums of what it has posted.
func carryOver(ctx context.Context, out io.Writer, books *store.Store, dryRun bool) error {
	total := carriedOver{sums: seal.Sums{}}
	how := func() store.CarryingOver { return store.CarryingOver{DryRun: dryRun, Now: books.Now()} }
	err := carryOverAll(ctx, &total, books.EarlierBookings, func(one store.EarlierBooking) (uint64, []ledger.Transaction, error) {
		failpoint.Hit("before-carry-over-booking")
		posted, err := books.CarryOverBooking(ctx, one.Reference, how())
		if err == nil {
			failpoint.Hit("after-carry-over-booking")
		}
		return one.ID, posted, err
	})
	if err == nil {
		err = carryOverAll(ctx, &total, books.PayoutsUnderWay, func(one store.PayoutUnderWay) (uint64, []ledger.Transaction, error) {
			failpoint.Hit("before-carry-over-payout")
			posted, err := books.CarryOverPayout(ctx, one.StripePayoutID, how())
			if err == nil {
				failpoint.Hit("after-carry-over-payout")
			}
			return one.ID, posted, err
		})
	}
	if err != nil {
		return fmt.Errorf("carry over, after %d bookings and payouts; repeat the command to continue: %w", total.visited, err)
	}
	return printCarriedOver(out, total, dryRun)
}

// carryOverAll carries over each row of a kind, page by page; one returns the row's id and what it has posted.
func carryOverAll[Row any](ctx context.Context, total *carriedOver,
	rows func(ctx context.Context, after uint64, limit int) ([]Row, error), one func(Row) (uint64, []ledger.Transaction, error),
) error {
	for after := uint64(0); ; {
		page, err := rows(ctx, after, carryOverPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, row := range page {
			id, posted, err := one(row)
			if err != nil {
				return err
			}
			after = id
			total.add(posted)
		}
	}
}

func printCarriedOver(out io.Writer, total carriedOver, dryRun bool) error {
	done := "Posted"
	if dryRun {
		done = "Would post"
	}
	if _, err := fmt.Fprintf(out, "%s %d transactions for %d bookings and payouts\n", done, total.transactions, total.visited); err != nil {
		return err
	}
	for _, account := range slices.Sorted(maps.Keys(total.sums)) {
		for _, currency := range slices.Sorted(maps.Keys(total.sums[account])) {
			side, amount := "debit", total.sums[account][currency]
			switch {
			case amount == 0:
				continue
			case amount < 0:
				side, amount = "credit", -amount
			}
			if _, err := fmt.Fprintf(out, "  %-6s %-28s %s\n", side, account, money.Text(amount, currency)); err != nil {
				return err
			}
		}
	}
	return nil
}

package command

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/internal/logging"
	"farebook/ledger"
	"farebook/money"
	"farebook/reconciliation"
	"farebook/starter/recon"
	"farebook/starter/view"
	"farebook/store"
	runs "farebook/store/recon"
)

func resolveItemCommand() *cobra.Command {
	var note, account, effectiveAt string
	var post bool
	resolve := &cobra.Command{
		Use:   "resolve ITEM --note TEXT [--post [--account ACCOUNT] [--effective-at TIME]]",
		Short: "Record a decision about an item; reconcile show shows its number",
		Long: "Records a decision. Later runs that find exactly the same difference apply it. With --post it also posts a correction, even " +
			"for an item that was already resolved by a note: the ledger then agrees with Stripe's balance transaction, with the other side on " +
			"--account. Nothing " +
			"is changed or removed. The correction takes effect at the date of Stripe's balance transaction. For one that Stripe does not have, " +
			"--effective-at sets the date; the default is now.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := itemNumber(args[0])
			if err != nil {
				return err
			}
			if err := checkNote(note); err != nil {
				return err
			}
			if cmd.Flags().Changed("account") && !post {
				return misused("--account requires --post")
			}
			if post && !slices.Contains(ledger.CorrectionAccounts, ledger.Account(account)) {
				return misused("invalid --account %q: must be one of %s", account, view.CorrectionAccounts())
			}
			if cmd.Flags().Changed("effective-at") && !post {
				return misused("--effective-at requires --post")
			}
			at, err := effectiveTime(effectiveAt)
			if err != nil {
				return err
			}
			if post {
				return correctItem(cmd, runs.Correction{ItemID: id, Against: ledger.Account(account), EffectiveAt: at, Note: note})
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, logging.Reconciliation, func(books *store.Store) error {
				if err := noSuchItem(id, runs.New(books).ResolveItem(ctx, id, note, actor(ctx))); err != nil {
					return err
				}
				if err := printResolved(cmd, id); err != nil {
					return err
				}
				item, err := runs.New(books).Item(ctx, id)
				if err != nil {
					return err
				}
				return printUnposted(cmd.OutOrStdout(), item)
			})
		},
	}
	resolve.Flags().StringVar(&note, "note", "", "what was done or decided")
	resolve.Flags().BoolVar(&post, "post", false, "post a correction to the ledger")
	resolve.Flags().StringVar(&account, "account", string(ledger.EquitySuspense),
		"account of the other side of the correction: "+view.CorrectionAccounts())
	resolve.Flags().StringVar(&effectiveAt, "effective-at", "", "when the correction takes effect, such as 2027-05-01T14:20:00Z")
	return resolve
}

// effectiveTime reads --effective-at. It is zero when the flag is left out.
func effectiveTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, misused("invalid --effective-at %q: must be a time such as 2027-05-01T14:20:00Z", text)
	}
	return at.UTC(), nil
}

// printUnposted says what a note does not settle in the books.
func printUnposted(out io.Writer, item runs.Item) error {
	if item.BalanceTransactionID == "" || item.Class == reconciliation.Timing {
		return nil
	}
	if item.Unposted() == 0 {
		_, err := fmt.Fprintf(out, "Nothing was posted: the clearing account already has what Stripe settled for %s\n", item.BalanceTransactionID)
		return err
	}
	_, err := fmt.Fprintf(out, "Nothing was posted: for %s the clearing account has %s and Stripe settled %s net. This difference stays, "+
		"and verify and later runs "+
		"accept it. To post a correction: starter reconcile resolve %d --note TEXT --post\n",
		item.BalanceTransactionID, money.Text(item.Posted, item.Currency), money.Text(item.Net, item.Currency), item.ID)
	return err
}

func reopenItemCommand() *cobra.Command {
	var note string
	reopen := &cobra.Command{
		Use:   "reopen ITEM --note TEXT",
		Short: "Undo a note on an item, so that its difference counts again",
		Long: "Returns an item that was resolved by a note to its earlier state, together with the items of other runs for the same " +
			"difference. Later runs find the difference again, and verify reports it. A correction in the ledger is not undone.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := itemNumber(args[0])
			if err != nil {
				return err
			}
			if err := checkNote(note); err != nil {
				return err
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, logging.Reconciliation, func(books *store.Store) error {
				if err := noSuchItem(id, runs.New(books).ReopenItem(ctx, id, note, actor(ctx))); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "Reopened item %d\n", id)
				return err
			})
		},
	}
	reopen.Flags().StringVar(&note, "note", "", "why it is reopened")
	return reopen
}

func itemNumber(text string) (uint64, error) {
	id, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, misused("invalid item %q: must be a number shown by reconcile show RUN", text)
	}
	return id, nil
}

func noSuchItem(id uint64, err error) error {
	return orMissing(err, "no item has the number %d: see reconcile show RUN", id)
}

// correctItem reads the balance transaction at Stripe and posts its difference from the books.
func correctItem(cmd *cobra.Command, correction runs.Correction) error {
	ctx := correlated(cmd.Context())
	correction.By = actor(ctx)
	cfg, log, err := load(cmd.ErrOrStderr(), logging.Reconciliation, config.Database, config.Payments)
	if err != nil {
		return err
	}
	return withStore(ctx, cfg, log, func(books *store.Store) error {
		if err := noSuchItem(correction.ItemID, recon.Correct(ctx, books, stripeClient(cfg, log), correction)); err != nil {
			return err
		}
		return printResolved(cmd, correction.ItemID)
	})
}

func printResolved(cmd *cobra.Command, id uint64) error {
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "Resolved item %d\n", id)
	return err
}

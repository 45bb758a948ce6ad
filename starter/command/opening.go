package command

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/ledger"
	"farebook/money"
	"farebook/starter/opening"
	"farebook/store"
)

// openingFlags are the flags of the opening.
type openingFlags struct {
	at     string
	dryRun bool
	format string
}

func openingCommand() *cobra.Command {
	var flags openingFlags
	open := &cobra.Command{
		Use:   "opening [--at TIME [--dry-run]]",
		Short: "Open the books with Stripe's balance at a time, for an account older than Farebook",
		Long: "Posts Stripe's balance at a time, pending and available together, by currency, against equity:opening_balance. Reconciliation " +
			"compares each balance transaction created from then on; earlier ones are in the opening balance. Run it once, before bookings are " +
			"created or imported, and with --dry-run first. Repeating it with the same time changes nothing; another time is refused. Without " +
			"--at it prints the opening balance.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(flags.format, shownFormats); err != nil {
				return err
			}
			if flags.at == "" {
				if flags.dryRun {
					return misused("--dry-run requires --at")
				}
				return booksCommand(cmd, "opening", func(books *store.Store) error { return showOpening(cmd, books, flags) })
			}
			at, err := openingTime(flags.at)
			if err != nil {
				return err
			}
			return openBooks(cmd, at, flags)
		},
	}
	open.Flags().StringVar(&flags.at, "at", "", "the time of the balance, such as 2026-11-01T00:00:00Z")
	open.Flags().BoolVar(&flags.dryRun, "dry-run", false, "print what would be posted, and change nothing")
	formatFlag(open, &flags.format, shownFormats...)
	return open
}

// openingTime reads --at. Stripe counts in seconds.
func openingTime(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	switch {
	case err != nil:
		return at, misused("invalid --at %q: must be a time such as 2026-11-01T00:00:00Z", text)
	case at.Nanosecond() != 0:
		return at, misused("invalid --at %q: must be in whole seconds, as Stripe's times are", text)
	case at.Unix() <= 0:
		return at, misused("invalid --at %q: must be after 1970", text)
	}
	return at.UTC(), nil
}

func openBooks(cmd *cobra.Command, at time.Time, flags openingFlags) error {
	ctx := correlated(cmd.Context())
	cfg, log, err := load(cmd.ErrOrStderr(), "opening", config.Database, config.Payments)
	if err != nil {
		return err
	}
	return withStore(ctx, cfg, log, func(books *store.Store) error {
		if !at.Before(books.Now()) {
			return misused("invalid --at %q: must be in the past", flags.at)
		}
		known, err := books.OpeningBalance(ctx)
		if err != nil {
			return err
		}
		if !known.At.IsZero() {
			if err := known.Same(ledger.Opening{At: at}); err != nil {
				return refusedOpening(err)
			}
			return printOpening(cmd.OutOrStdout(), known,
				openingSaid{head: "The books were already opened with this balance:", format: flags.format})
		}
		reader := opening.Reader{
			Stripe:  stripeClient(cfg, log),
			ListLag: cfg.Stripe.ListLag, Now: books.Now, Log: log,
		}
		reading := reader.Balance
		if flags.dryRun {
			reading = reader.Once
		}
		read, err := reading(ctx, at)
		if err != nil {
			return fmt.Errorf("read Stripe's balance at %s: %w", at.Format(time.RFC3339), err)
		}
		said := openingSaid{
			head:   fmt.Sprintf("Stripe's balance now, minus %d balance transactions created since:", read.Since),
			foot:   "Nothing was posted. The balance was read once; without --dry-run, it is read until two readings agree.",
			format: flags.format, dryRun: flags.dryRun,
		}
		if flags.dryRun {
			err = books.CheckOpening(ctx, read.OpeningBalance)
		} else {
			said.foot = "The books are open. Reconciliation compares every balance transaction created from then on."
			err = books.OpenLedger(ctx, read.OpeningBalance, actor(ctx), books.Now())
		}
		if err != nil {
			return refusedOpening(err)
		}
		return printOpening(cmd.OutOrStdout(), read.OpeningBalance, said)
	})
}

// refusedOpening gives an opening that the books refuse the exit code of wrong arguments: the same call fails again.
func refusedOpening(err error) error {
	var refused *store.OpeningRefusedError
	if errors.As(err, &refused) {
		return misused("invalid --at: %w", refused)
	}
	return err
}

func showOpening(cmd *cobra.Command, books *store.Store, flags openingFlags) error {
	known, err := books.OpeningBalance(cmd.Context())
	if err != nil {
		return err
	}
	if known.At.IsZero() && flags.format == "table" {
		return printText(cmd.OutOrStdout(), "The books have no opening balance: the ledger has everything in Stripe's balance.\n"+
			"If the Stripe account is older than Farebook, open them with starter opening --at TIME.\n")
	}
	return printOpening(cmd.OutOrStdout(), known, openingSaid{head: "The books were opened with this balance:", format: flags.format})
}

// openingSaid is the text around an opening balance.
type openingSaid struct {
	head, foot string
	format     string
	dryRun     bool
}

// openedPart and openedEntry are an opening balance for people and programs.
type openedPart struct {
	Currency    string `json:"currency"`
	Kind        string `json:"kind"`
	AmountMinor int64  `json:"amountMinor"`
	Amount      string `json:"amount"`
}

type openedEntry struct {
	Account     string `json:"account"`
	Side        string `json:"side"`
	Currency    string `json:"currency"`
	AmountMinor int64  `json:"amountMinor"`
	Amount      string `json:"amount"`
}

func printOpening(out io.Writer, opened store.OpeningBalance, said openingSaid) error {
	transactions, err := opened.Transactions()
	if err != nil {
		return err
	}
	shown := struct {
		At      *time.Time    `json:"at"`
		DryRun  bool          `json:"dryRun"`
		Balance []openedPart  `json:"balance"`
		Entries []openedEntry `json:"entries"`
	}{DryRun: said.dryRun, Balance: []openedPart{}, Entries: []openedEntry{}}
	if !opened.At.IsZero() {
		shown.At = &opened.At
	}
	for _, part := range opened.Parts {
		shown.Balance = append(shown.Balance,
			openedPart{string(part.Currency), string(part.Kind), part.Amount, money.Text(part.Amount, part.Currency)})
	}
	for _, t := range transactions {
		for _, e := range t.Entries {
			shown.Entries = append(shown.Entries,
				openedEntry{string(e.Account), string(e.Side), string(e.Currency), e.Amount, money.Text(e.Amount, e.Currency)})
		}
	}
	if said.format == "json" {
		return printJSON(out, shown)
	}
	if err := printText(out, "%s\n%s\n\n", opened.At.UTC().Format(time.RFC3339), said.head); err != nil {
		return err
	}
	balance := newTable(out, "CURRENCY", "BALANCE", "AMOUNT")
	for _, part := range shown.Balance {
		balance.row(part.Currency, part.Kind, part.Amount)
	}
	entries := newTable(out, "ACCOUNT", "DEBIT", "CREDIT")
	for _, e := range shown.Entries {
		debit, credit := e.Amount, ""
		if e.Side == string(ledger.Credit) {
			debit, credit = credit, debit
		}
		entries.row(e.Account, debit, credit)
	}
	err = errors.Join(balance.flush(), printText(out, "\n"), entries.flush())
	if err != nil || said.foot == "" {
		return err
	}
	return printText(out, "\n%s\n", said.foot)
}

package command

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/ledger"
	"farebook/starter/opening"
	"farebook/store"
)

// openingFlags are what the books are opened with.
type openingFlags struct {
	at     string
	dryRun bool
	format string
}

func openingCommand() *cobra.Command {
	var flags openingFlags
	open := &cobra.Command{
		Use:   "opening [--at TIME [--dry-run]]",
		Short: "Open the books with Stripe's balance of a time, on an account that lived before Farebook",
		Long: "Posts what Stripe's balance was at a time, pending and available together by currency, against equity:opening_balance. From then on " +
			"reconciliation compares each balance transaction; what was created before is in the opening balance. Run it once, before bookings are " +
			"taken or imported, and with --dry-run first. The same time again changes nothing, and another time is refused. Without --at it " +
			"prints how the books were opened.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(flags.format, listFormats); err != nil {
				return err
			}
			if flags.at == "" {
				if flags.dryRun {
					return misused("--dry-run: goes with --at")
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
	open.Flags().StringVar(&flags.at, "at", "", "the time, such as 2026-11-01T00:00:00Z")
	open.Flags().BoolVar(&flags.dryRun, "dry-run", false, "print what would be posted, and change nothing")
	formatFlag(open, &flags.format, listFormats...)
	return open
}

// openingTime reads --at. Stripe counts in seconds.
func openingTime(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	switch {
	case err != nil:
		return at, misused("--at: %q is no time: write it as 2026-11-01T00:00:00Z, or with your offset", text)
	case at.Nanosecond() != 0:
		return at, misused("--at: %s has parts of a second: Stripe counts in whole ones", text)
	case at.Unix() <= 0:
		return at, misused("--at: %s is before Stripe was there", text)
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
			return misused("--at: %s is in the future: Stripe's balance of that time is not known", flags.at)
		}
		known, err := books.OpeningBalance(ctx)
		if err != nil {
			return err
		}
		if !known.At.IsZero() {
			if err := known.Same(ledger.Opening{At: at}); err != nil {
				return refusedOpening(err)
			}
			return printOpening(cmd.OutOrStdout(), known, openingSaid{head: "The books were opened with this already.", format: flags.format})
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
			head:   fmt.Sprintf("Stripe's balance of now, less %d balance transactions from then on:", read.Since),
			foot:   "Nothing was posted, and it was read once: run it again without --dry-run, which reads until two readings agree.",
			format: flags.format, dryRun: flags.dryRun,
		}
		if flags.dryRun {
			err = books.CheckOpening(ctx, read.OpeningBalance)
		} else {
			said.foot = "The books are open. Reconciliation compares what was created from then on."
			err = books.OpenLedger(ctx, read.OpeningBalance, actor(ctx), books.Now())
		}
		if err != nil {
			return refusedOpening(err)
		}
		return printOpening(cmd.OutOrStdout(), read.OpeningBalance, said)
	})
}

// refusedOpening codes an opening that the books refuse as a misuse: the same call fails again.
func refusedOpening(err error) error {
	var refused *store.OpeningRefused
	if errors.As(err, &refused) {
		return misused("--at: %w", refused)
	}
	return err
}

func showOpening(cmd *cobra.Command, books *store.Store, flags openingFlags) error {
	known, err := books.OpeningBalance(cmd.Context())
	if err != nil {
		return err
	}
	if known.At.IsZero() && flags.format == "table" {
		return printText(cmd.OutOrStdout(), "The books have no opening balance: the ledger has all that Stripe's balance is made of.\n"+
			"On an account that lived before Farebook, open them with starter opening --at TIME.\n")
	}
	return printOpening(cmd.OutOrStdout(), known, openingSaid{head: "The books were opened with:", format: flags.format})
}

// openingSaid is what is printed around an opening balance.
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
		shown.Balance = append(shown.Balance, openedPart{string(part.Currency), string(part.Kind), part.Amount, formatMoney(part.Amount, part.Currency)})
	}
	for _, t := range transactions {
		for _, e := range t.Entries {
			shown.Entries = append(shown.Entries, openedEntry{string(e.Account), string(e.Side), string(e.Currency), e.Amount, formatMoney(e.Amount, e.Currency)})
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

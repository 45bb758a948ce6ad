package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"farebook/fence"
	"farebook/internal/config"
	"farebook/internal/stripeapi"
	"farebook/starter/dispatch"
	"farebook/starter/inbox"
	"farebook/store"
	"farebook/store/proof"
)

// ErrBroken says that a promise does not hold; the table shows which.
var ErrBroken = errors.New("a promise is broken")

func verifyCommand() *cobra.Command {
	var options verifyOptions
	verify := &cobra.Command{
		Use:   "verify [--books] [--whole [--restart]]",
		Short: "Check Farebook's promises on a live system",
		Long: "Checks what has to hold at any time: the books by SQL, the clearing account against Stripe's balance, and that no workflow has " +
			"failed or cannot proceed. Prints a table, and exits with 1 if a promise does not hold. It changes nothing but its own record of " +
			"proofs.\n\n" +
			"The books are proven from the last proof that held: the rows that have changed since, the transactions that were posted since, and " +
			"the seals that were made since. A proof that does not hold is found again by the next one. Without an earlier proof, and with " +
			"--whole, all rows are read, in ranges of ids. --whole also finds what was changed in older rows without a trace in updated_at, and " +
			"compares the sums of the whole ledger with its seals: run it after an incident, after a restore, and now and then. It may be " +
			"interrupted at any time; --whole continues where it was.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return verify(cmd, options) },
	}
	verify.Flags().BoolVar(&options.booksOnly, "books", false, "check only the books, without Stripe and Temporal")
	verify.Flags().BoolVar(&options.whole, "whole", false, "read the whole tables, and not only what has changed since the last proof")
	verify.Flags().BoolVar(&options.restart, "restart", false, "with --whole: start over instead of continuing an interrupted proof")
	formatFlag(verify, &options.format, shownFormats...)
	return verify
}

// verifyOptions are the flags of verify.
type verifyOptions struct {
	booksOnly, whole, restart bool
	format                    string
}

func verify(cmd *cobra.Command, options verifyOptions) error {
	if err := checkFormat(options.format, shownFormats); err != nil {
		return err
	}
	if options.restart && !options.whole {
		return misused("--restart goes with --whole")
	}
	parts := []config.Part{config.Database, config.Payments, config.Temporal}
	if options.booksOnly {
		parts = parts[:1]
	}
	cfg, log, err := load(cmd.ErrOrStderr(), "verify", parts...)
	if err != nil {
		return err
	}
	return withStore(cmd.Context(), cfg, log, func(books *store.Store) error {
		promises, err := proveBooks(cmd, cfg, log, options)
		if err != nil {
			return err
		}
		left, err := checkLeft(cmd.Context(), books)
		if err != nil {
			return err
		}
		sealed, err := checkSealing(cmd.Context(), books)
		if err != nil {
			return err
		}
		promises = append(promises, left, sealed)
		var unasked error
		if !options.booksOnly {
			var outside []proof.Promise
			outside, unasked = checkOutside(cmd.Context(), cfg, log, books)
			promises = append(promises, outside...)
		}
		slices.SortStableFunc(promises, func(a, b proof.Promise) int { return cmp.Compare(a.Number, b.Number) })
		attention, err := books.OpenAttention(cmd.Context())
		if err != nil {
			return err
		}
		if options.format == "json" {
			return printPromisesJSON(cmd.OutOrStdout(), promises, attention, unasked)
		}
		return printPromises(cmd.OutOrStdout(), promises, attention, unasked)
	})
}

// checkOutside compares the books with Stripe, and searches for failed workflows. It returns the checks that were made, and why others
// were not: while Stripe is unavailable, the other checks are still shown.
func checkOutside(ctx context.Context, cfg config.Config, log *slog.Logger, books *store.Store) (checked []proof.Promise, unasked error) {
	stripe := stripeClient(cfg, log)
	clearing, err := checkClearing(ctx, books, stripe, cfg.Reconcile)
	if err == nil {
		checked = append(checked, clearing)
	}
	heard, heardErr := checkHeard(ctx, books, stripe)
	if heardErr == nil {
		checked = append(checked, heard)
	}
	ends, endsErr := checkWorkflows(ctx, cfg, log)
	return append(checked, ends...), errors.Join(err, heardErr, endsErr)
}

// checkHeard compares Stripe's list of events with the inbox, which misses the newest ones after a restore.
func checkHeard(ctx context.Context, books *store.Store, stripe *stripeapi.Client) (proof.Promise, error) {
	check := proof.Promise{Number: 15, Text: "the inbox has the newest events that Stripe has delivered"}
	suspicion, err := fence.Suspect(ctx, books, stripe, inbox.Types())
	if err != nil {
		return check, fmt.Errorf("read Stripe's events: %w", err)
	}
	if check.Held = suspicion == nil; !check.Held {
		check.Detail = suspicion.String()
	}
	return check, nil
}

// checkWorkflows searches for failed workflows, and for running workflows that cannot proceed.
func checkWorkflows(ctx context.Context, cfg config.Config, log *slog.Logger) ([]proof.Promise, error) {
	temporal, err := dialTemporal(cfg, log)
	if err != nil {
		return nil, err
	}
	defer temporal.Close()
	dispatcher := dispatchOf(temporal, cfg)
	failed, err := dispatcher.Failed(ctx)
	if err != nil {
		return nil, fmt.Errorf("search for failed workflows: %w", err)
	}
	stuck, err := dispatcher.AllStuck(ctx)
	if err != nil {
		return nil, fmt.Errorf("search for workflows that cannot proceed: %w", err)
	}
	ends := proof.Promise{Number: 14, Text: "every workflow ends or is visibly waiting", Held: len(failed) == 0}
	if !ends.Held {
		ends.Detail = fmt.Sprintf("%d failed, for example %s", len(failed), failed[0])
	}
	proceeds := proof.Promise{Number: 14, Text: "no workflow is stuck on a failing task", Held: len(stuck) == 0}
	if !proceeds.Held {
		proceeds.Detail = fmt.Sprintf("%d cannot proceed, as after an incompatible deploy: %s", len(stuck), named(stuck))
	}
	return []proof.Promise{ends, proceeds}, nil
}

// maxNamed is how many stuck workflows verify lists.
const maxNamed = 10

func named(stuck []dispatch.Stuck) string {
	names := make([]string, 0, maxNamed)
	for _, one := range stuck[:min(len(stuck), maxNamed)] {
		names = append(names, one.String())
	}
	text := strings.Join(names, ", ")
	if len(stuck) > maxNamed {
		text += ", and others"
	}
	return text
}

// whatWidth keeps a line of the table within 80 columns.
const whatWidth = usualWidth - len("PROMISE  HELD  ")

// printPromisesJSON prints the checks as JSON. Its errors are those of printPromises.
func printPromisesJSON(out io.Writer, promises []proof.Promise, attention int64, unasked error) error {
	type check struct {
		Promise int    `json:"promise"`
		Held    bool   `json:"held"`
		What    string `json:"what"`
		Detail  string `json:"detail,omitempty"`
	}
	shown := struct {
		Held      bool    `json:"held"`
		Checks    []check `json:"checks"`
		Attention int64   `json:"attention"`         // open matters
		Unasked   string  `json:"unasked,omitempty"` // why other checks were not made
	}{Held: true, Checks: make([]check, len(promises)), Attention: attention}
	for i, promise := range promises {
		shown.Checks[i] = check{promise.Number, promise.Held, promise.Text, promise.Detail}
		shown.Held = shown.Held && promise.Held
	}
	if unasked != nil {
		shown.Unasked = unasked.Error()
	}
	err := printJSON(out, shown)
	if err != nil || shown.Held {
		return errors.Join(err, unasked)
	}
	return errors.Join(ErrBroken, unasked)
}

// printPromises prints the checks as a table, and the number of open matters. It returns ErrBroken when a promise does not hold, joined
// with the reason why other checks were not made.
func printPromises(out io.Writer, promises []proof.Promise, attention int64, unasked error) error {
	table := newTable(out, "PROMISE", "HELD", "WHAT")
	broken := 0
	for _, promise := range promises {
		held, what := "yes", fold(promise.Text, whatWidth)
		if !promise.Held {
			held = "NO"
			broken++
		}
		if promise.Detail != "" {
			what = append(what, fold("-> "+promise.Detail, whatWidth)...)
		}
		table.row(promise.Number, held, what[0])
		for _, line := range what[1:] {
			table.row("", "", line)
		}
	}
	if err := table.flush(); err != nil {
		return err
	}
	if attention > 0 {
		if _, err := fmt.Fprintf(out, "\nMatters that need attention: %d (see starter attention list).\n", attention); err != nil {
			return err
		}
	}
	if broken > 0 {
		_, err := fmt.Fprintf(out, "\n%d of %d checks failed.\n", broken, len(promises))
		return errors.Join(ErrBroken, unasked, err)
	}
	if unasked != nil {
		_, err := fmt.Fprintf(out, "\nThese %d checks hold. Other checks could not be made.\n", len(promises))
		return errors.Join(unasked, err)
	}
	_, err := fmt.Fprintf(out, "\nAll %d checks hold.\n", len(promises))
	return err
}

package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/money"
	"farebook/starter/view"
	"farebook/store"
	"farebook/store/monthend"
)

func parseJournal(text []byte) (monthend.Journal, error) {
	var file view.ManualJournal
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return monthend.Journal{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return monthend.Journal{}, errors.New("something follows the journal: a file has one")
	}
	return file.Journal(), nil
}

func postJournalCommand() *cobra.Command {
	var approve string
	command := &cobra.Command{
		Use:   "post (FILE | --approve KEY)",
		Short: "Post a manual journal, once",
		Long: "Posts the journal in a JSON file: key, reason, effectiveAt, and entries with account, side and amount in minor units, " +
			"which balance in each currency. The key makes a repetition harmless. Above JOURNAL_APPROVAL_ABOVE the journal is proposed, " +
			"and another operator " +
			"approves it with --approve and its key. Accounts that follow from Stripe's objects are refused: reconcile resolve --post corrects " +
			"those.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 1) == (approve != "") {
				return misused("name either a file, or --approve and the key of a proposed journal")
			}
			cfg, log, err := load(cmd.ErrOrStderr(), "ledger", config.Database)
			if err != nil {
				return err
			}
			if approve != "" {
				return withStore(cmd.Context(), cfg, log, func(books *store.Store) error { return approveJournal(cmd, books, approve) })
			}
			parsed, err := parsedFile("FILE", args[0], parseJournal)
			if err != nil {
				return err
			}
			return withStore(cmd.Context(), cfg, log, func(books *store.Store) error {
				return postJournal(cmd, books, parsed, cfg.JournalLimits)
			})
		},
	}
	command.Flags().StringVar(&approve, "approve", "", "the key of a journal that another operator has proposed")
	return command
}

func postJournal(cmd *cobra.Command, books *store.Store, j monthend.Journal, limits map[money.Currency]int64) error {
	ctx := correlated(cmd.Context())
	posted, err := monthend.New(books).Post(ctx, j, limits, actor(ctx))
	if err != nil {
		return refusedMonth(err)
	}
	if posted.Waits {
		return printText(cmd.OutOrStdout(), "%s proposed journal %s. Another operator approves it: starter ledger post --approve %s\n",
			posted.Proposal.By.Name, j.Key, j.Key)
	}
	return printPosted(cmd, j.Key, posted)
}

func approveJournal(cmd *cobra.Command, books *store.Store, key string) error {
	ctx := correlated(cmd.Context())
	posted, err := monthend.New(books).ApprovePost(ctx, key, actor(ctx))
	if err != nil {
		return refusedMonth(err)
	}
	return printPosted(cmd, key, posted)
}

func printPosted(cmd *cobra.Command, key string, posted monthend.Posted) error {
	return printText(cmd.OutOrStdout(), "journal %s is transaction %s, in %s\n", key, number(posted.LedgerID), string(posted.Period))
}

package command

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/store"
)

// ErrBroken says that a promise does not hold; the table says which.
var ErrBroken = errors.New("a promise is broken")

func verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Check Farebook's promises against the books",
		Long:  "Checks by SQL what has to hold at any moment, prints a table, and exits with 1 if anything does not hold. It changes nothing.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := load(cmd.ErrOrStderr(), "verify", config.Database)
			if err != nil {
				return err
			}
			return withStore(cmd.Context(), cfg, log, func(books *store.Store) error {
				promises, err := books.CheckPromises(cmd.Context())
				if err != nil {
					return err
				}
				return printPromises(cmd.OutOrStdout(), promises)
			})
		},
	}
}

// printPromises writes the table and returns ErrBroken when one does not hold.
func printPromises(out io.Writer, promises []store.Promise) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	broken := 0
	_, _ = fmt.Fprintln(table, "PROMISE\tHELD\tWHAT\tDETAIL") // tabwriter keeps it; Flush reports errors
	for _, promise := range promises {
		held := "yes"
		if !promise.Held {
			held = "NO"
			broken++
		}
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\n", promise.Number, held, promise.Text, promise.Detail) // as above
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if broken > 0 {
		_, err := fmt.Fprintf(out, "\n%d of %d checks failed.\n", broken, len(promises))
		return errors.Join(ErrBroken, err)
	}
	_, err := fmt.Fprintf(out, "\nAll %d checks hold.\n", len(promises))
	return err
}

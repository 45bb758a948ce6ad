package command

import (
	"github.com/spf13/cobra"

	"farebook/starter/evidence"
	"farebook/store"
)

func evidenceCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "evidence REFERENCE",
		Short: "Collect a booking's evidence for a dispute, as JSON",
		Long:  "Prints what was sold, the emails, the ledger, Stripe's ids, and a timeline. It contains personal data: handle it accordingly.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return booksCommand(cmd, "evidence", func(books *store.Store) error {
				known, err := findBooking(cmd.Context(), books, args[0])
				if err != nil {
					return err
				}
				bundle, err := evidence.Collect(cmd.Context(), books, known)
				if err != nil {
					return err
				}
				return printJSON(cmd.OutOrStdout(), bundle)
			})
		},
	}
}

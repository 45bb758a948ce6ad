package command

import (
	"github.com/spf13/cobra"

	"farebook/starter/evidence"
	"farebook/store"
)

func evidenceCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "evidence REFERENCE",
		Short: "Put a booking's evidence for a dispute together, as JSON",
		Long:  "What was sold, the mails, the ledger, Stripe's ids, and what happened when. It has personal data: handle it so.",
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

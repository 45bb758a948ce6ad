package command

import (
	"errors"

	"github.com/spf13/cobra"

	"farebook/starter/view"
	"farebook/store"
	"farebook/store/drafts"
)

func evidenceDraftCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "draft DISPUTE",
		Short: "Show the evidence for a dispute that people prepare, as JSON",
		Long: "Prints its texts, its files without their contents, who has changed and submitted it, and why Stripe has refused it. It " +
			"contains personal data: handle it accordingly. The console and POST /v1/disputes/{id}/evidence-draft change and submit it.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return booksCommand(cmd, "evidence", func(books *store.Store) error {
				evidence := drafts.New(books)
				of, err := evidence.DisputeFor(cmd.Context(), args[0])
				if errors.Is(err, store.ErrNotFound) {
					return misused("no dispute has the id %q", args[0])
				}
				if err != nil {
					return err
				}
				draft, err := evidence.DraftFor(cmd.Context(), of.ID)
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
				return printJSON(cmd.OutOrStdout(), view.EvidenceDraftOf(of, draft))
			})
		},
	}
}

package command

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"farebook/booking"
	"farebook/starter/dispatch"
	"farebook/store"
	"farebook/validation"
)

func refundCommand() *cobra.Command {
	refund := &cobra.Command{
		Use:   "refund",
		Short: "Decide about a refund that Stripe refuses for now",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	refund.AddCommand(abandonRefundCommand())
	return refund
}

func abandonRefundCommand() *cobra.Command {
	var note string
	abandon := &cobra.Command{
		Use:   "abandon REFUND --note TEXT",
		Short: "End a refund that Stripe refuses for now",
		Long: "Ends a requested refund that Stripe refuses, because the balance is insufficient or for a reason that may be temporary. Stripe " +
			"is not asked for it again, its amount becomes available, and an email tells the customer that the money comes another way. Before " +
			"that, Stripe is searched for the refund: if Stripe has created it after all, it is recorded and not abandoned. While Stripe may have " +
			"created it without listing it yet, the refund stays requested, and ends within minutes.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := booking.ParseRefundID(args[0])
			if err != nil {
				return misused("%w", err)
			}
			var wrong *validation.FieldError
			if errors.As(booking.ValidateAbandonNote(note), &wrong) {
				return misused("invalid --note: it %s: %s", wrong.Problem, wrong.Fix)
			}
			ctx := correlated(cmd.Context())
			return workflowsCommand(cmd, "refund", func(books *store.Store, dispatcher *dispatch.Client) error {
				err := books.AbandonRefund(ctx, store.AbandonRefund{ID: id, Note: note, By: actor(ctx), Now: books.Now()})
				if err != nil {
					return orMissing(err, "no refund has the id %s", id)
				}
				known, err := books.Refund(ctx, id)
				if err != nil {
					return err
				}
				if _, err := dispatcher.AbandonRefund(ctx, dispatch.RefundSubjectOf(known)); err != nil {
					return fmt.Errorf("the decision is recorded, but the refund's workflow did not answer; it acts on the decision within an hour: %w",
						err)
				}
				if known, err = books.Refund(ctx, id); err != nil {
					return err
				}
				return printText(cmd.OutOrStdout(), "%s is %s %s\n", id, string(known.Status), known.FailureReason)
			})
		},
	}
	abandon.Flags().StringVar(&note, "note", "", "why, and how the customer gets the money instead; without names or addresses")
	return abandon
}

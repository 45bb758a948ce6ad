package command

import (
	"cmp"
	"io"
	"time"

	"github.com/spf13/cobra"

	"farebook/access"
	"farebook/starter/view"
	"farebook/store"
)

func showAttentionCommand() *cobra.Command {
	var format string
	show := &cobra.Command{
		Use:   "show MATTER",
		Short: "Show a matter with its comments, and who has taken it and given it back",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := matterNumber(args[0])
			if err != nil {
				return err
			}
			if err := checkFormat(format, shownFormats); err != nil {
				return err
			}
			return booksCommand(cmd, "attention", func(books *store.Store) error {
				item, err := books.AttentionItem(cmd.Context(), id)
				if err != nil {
					return orMissing(err, noSuchMatter, id)
				}
				steps, err := books.AttentionSteps(cmd.Context(), id)
				if err != nil {
					return err
				}
				shown := view.MatterDetailOf(view.MatterOf(item), steps)
				if format == "json" {
					return printJSON(cmd.OutOrStdout(), shown)
				}
				return printMatter(cmd.OutOrStdout(), shown)
			})
		},
	}
	formatFlag(show, &format, shownFormats...)
	return show
}

// printMatter prints a matter and its steps: what happened when, by whom.
func printMatter(out io.Writer, m view.MatterDetail) error {
	err := printText(out, "Matter %d, %s, booking %s\n%s\n\n", m.ID, m.Kind, cmp.Or(m.Booking, "-"), m.Text)
	if err != nil {
		return err
	}
	table := newTable(out, "AT", "WHAT", "BY", "TEXT")
	table.row(m.OpenedAt.Format(time.RFC3339), "opened", "-", "")
	for _, step := range m.Steps {
		table.row(step.At.Format(time.RFC3339), step.Kind, step.By, step.Text)
	}
	if m.ClosedAt != nil {
		table.row(m.ClosedAt.Format(time.RFC3339), "closed", orDash(m.ClosedBy), m.Note)
	}
	return table.flush()
}

func takeAttentionCommand() *cobra.Command {
	var over bool
	take := attentionStepCommand(
		&cobra.Command{Use: "take MATTER", Short: "Take a matter, so that everybody sees who works on it"}, "Took matter %d\n",
		func() (store.NewAttentionStep, error) {
			return store.NewAttentionStep{Kind: store.AttentionTaken, Over: over}, nil
		})
	take.Flags().BoolVar(&over, "over", false, "take it from whoever has it")
	return take
}

func giveBackAttentionCommand() *cobra.Command {
	return attentionStepCommand(
		&cobra.Command{Use: "give-back MATTER", Short: "Give back a matter that you have taken"}, "Gave matter %d back\n",
		func() (store.NewAttentionStep, error) {
			return store.NewAttentionStep{Kind: store.AttentionGivenBack}, nil
		})
}

func commentAttentionCommand() *cobra.Command {
	var text string
	comment := attentionStepCommand(
		&cobra.Command{Use: "comment MATTER --text TEXT", Short: "Comment on a matter; nobody can change a comment"}, "Commented on matter %d\n",
		func() (store.NewAttentionStep, error) {
			if err := view.CheckComment(text); err != nil {
				return store.NewAttentionStep{}, misused("invalid --text: %w", err)
			}
			return store.NewAttentionStep{Kind: store.AttentionComment, Text: text}, nil
		})
	comment.Flags().StringVar(&text, "text", "", "what is worth knowing about the matter, without names or addresses of travellers")
	return comment
}

// attentionStepCommand completes a command that adds a step to a matter.
func attentionStepCommand(cmd *cobra.Command, done string, step func() (store.NewAttentionStep, error)) *cobra.Command {
	cmd.Args = cobra.ExactArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := matterNumber(args[0])
		if err != nil {
			return err
		}
		adding, err := step()
		if err != nil {
			return err
		}
		ctx := correlated(cmd.Context())
		adding.Matter, adding.Code, adding.By = id, access.NewStepCode(), actor(ctx)
		return booksCommand(cmd, "attention", func(books *store.Store) error {
			if err := books.AddAttentionStep(ctx, adding); err != nil {
				return orMissing(err, noSuchMatter, id)
			}
			return printText(cmd.OutOrStdout(), done, id)
		})
	}
	return cmd
}

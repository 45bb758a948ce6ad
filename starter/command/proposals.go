package command

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"farebook/access"
	"farebook/internal/config"
	"farebook/money"
	"farebook/starter/dispatch"
	"farebook/starter/proposal"
	"farebook/starter/view"
	"farebook/store"
	"farebook/store/proposals"
)

func proposalsCommand() *cobra.Command {
	return group("proposals", "Decide about refunds and corrections that others have proposed", "list, show, send or decline",
		listProposalsCommand(), showProposalCommand(), sendProposalCommand(), declineProposalCommand())
}

// proposalStates are what --state takes.
var proposalStates = []string{
	string(proposals.Proposed), string(proposals.Sent), string(proposals.Declined), string(proposals.Withdrawn), "all",
}

func listProposalsCommand() *cobra.Command {
	var flags listFlags
	var state, reference string
	list := &cobra.Command{
		Use:   "list",
		Short: "List proposals, newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			if !slices.Contains(proposalStates, state) {
				return misused("invalid --state %q: must be one of %s", state, strings.Join(proposalStates, ", "))
			}
			filter := proposals.Filter{State: proposals.State(state)}
			if state == "all" {
				filter.State = ""
			}
			return booksCommand(cmd, "proposals", func(books *store.Store) error {
				if reference != "" {
					known, err := findBooking(cmd.Context(), books, reference)
					if err != nil {
						return err
					}
					filter.BookingID = known.ID
				}
				listed := proposalsFor(actor(cmd.Context()))
				page, err := readPage(cmd, books, listed, flags, func(before uint64, limit int) ([]proposals.Proposal, error) {
					filter.Before, filter.Limit = before, limit
					return proposals.New(books).ListProposals(cmd.Context(), filter)
				})
				if err != nil {
					return err
				}
				return listed.printPage(cmd, flags, page, map[string]any{})
			})
		},
	}
	list.Flags().StringVar(&state, "state", string(proposals.Proposed), "only proposals in this state: "+strings.Join(proposalStates, ", "))
	list.Flags().StringVar(&reference, "booking", "", "only proposals about the booking with this reference")
	flags.addNumbered(list)
	return list
}

// proposalsFor prints proposals for an operator.
func proposalsFor(by access.Actor) listing[proposals.Proposal, view.MoneyProposal] {
	return listing[proposals.Proposal, view.MoneyProposal]{
		name: "proposals", header: []any{"PROPOSAL", "STATE", "KIND", "SUBJECT", "AMOUNT", "PROPOSED", "BY"}, amounts: []int{4},
		show:   func(p proposals.Proposal) view.MoneyProposal { return view.MoneyProposalOf(p, by) },
		cursor: func(p proposals.Proposal) uint64 { return p.ID },
		cells: func(p view.MoneyProposal) []any {
			return []any{p.Code, p.State, p.Kind, proposalSubject(p), p.Amount, p.ProposedAt, p.ProposedBy}
		},
	}
}

// proposalSubject is the booking of a refund, or the item of a correction.
func proposalSubject(p view.MoneyProposal) string {
	if p.Item != 0 {
		return fmt.Sprintf("item %d", p.Item)
	}
	return p.Booking
}

func showProposalCommand() *cobra.Command {
	var flags listFlags
	show := &cobra.Command{
		Use:   "show PROPOSAL",
		Short: "Show a proposal with its note and what has become of it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			return booksCommand(cmd, "proposals", func(books *store.Store) error {
				known, err := proposals.New(books).Proposal(cmd.Context(), args[0])
				if err != nil {
					return noSuchProposal(args[0], err)
				}
				return printProposal(cmd, flags, view.MoneyProposalOf(known, actor(cmd.Context())))
			})
		},
	}
	flags.addShown(show)
	return show
}

func printProposal(cmd *cobra.Command, flags listFlags, p view.MoneyProposal) error {
	if flags.format == "json" {
		return printJSON(cmd.OutOrStdout(), p)
	}
	table := newTable(cmd.OutOrStdout())
	line := func(name, value string) {
		if value != "" {
			table.row(name, value)
		}
	}
	line("proposal", p.Code)
	line("state", p.State)
	line("kind", p.Kind)
	line("subject", proposalSubject(p))
	line("amount", p.Amount.Format(money.LocaleEN))
	line("reason", p.Reason+p.Account)
	line("note", p.Note)
	line("proposed", p.ProposedAt.Format(time.RFC3339)+" by "+p.ProposedBy)
	if p.DecidedAt != nil {
		line(p.State, p.DecidedAt.Format(time.RFC3339)+" by "+p.DecidedBy)
	}
	line("why", p.DecisionNote)
	line("refund", p.RefundID)
	if r := p.Refusal; r != nil {
		line("refused", r.At.Format(time.RFC3339)+", as "+r.By+" tried to send it: "+r.Text)
	}
	return table.flush()
}

func sendProposalCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "send PROPOSAL",
		Short: "Send a refund or a correction that somebody else has proposed",
		Long: "Creates the refund, or posts the correction, once. Who has proposed it cannot send it. A proposal that does not fit any more, " +
			"such as one of a booking that was refunded meanwhile, is refused and stays open; proposals show shows why.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := correlated(cmd.Context())
			cfg, log, err := load(cmd.ErrOrStderr(), "proposals", config.Database, config.Temporal, config.Payments)
			if err != nil {
				return err
			}
			return withWorkflows(ctx, cfg, log, func(books *store.Store, dispatcher *dispatch.Client) error {
				sender := proposal.Sender{Books: books, Stripe: stripeClient(cfg, log)}
				sent, err := sender.Send(ctx, args[0], actor(ctx))
				if err != nil {
					return noSuchProposal(args[0], err)
				}
				if sent.RefundID == "" {
					return printText(cmd.OutOrStdout(), "Posted the correction of %s for item %d\n", sent.Amount.Format(money.LocaleEN), sent.ItemID)
				}
				refund, err := books.Refund(ctx, sent.RefundID)
				if err != nil {
					return err
				}
				if err := dispatcher.StartRefund(ctx, dispatch.RefundSubjectOf(refund)); err != nil {
					return fmt.Errorf("refund %s is reserved, but its workflow was not started; the API starts it within a minute: %w", refund.ID, err)
				}
				return printText(cmd.OutOrStdout(), "Sent %s as %s of %s\n", sent.Amount.Format(money.LocaleEN), string(refund.ID),
					string(refund.Reference))
			})
		},
	}
}

func declineProposalCommand() *cobra.Command {
	var note string
	decline := &cobra.Command{
		Use:   "decline PROPOSAL --note TEXT",
		Short: "Decline a proposal of somebody else",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkNote(note); err != nil {
				return err
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "proposals", func(books *store.Store) error {
				declined, err := proposals.New(books).Decline(ctx, args[0], note, actor(ctx))
				if err != nil {
					return noSuchProposal(args[0], err)
				}
				return printText(cmd.OutOrStdout(), "Declined %s\n", declined.Code)
			})
		},
	}
	decline.Flags().StringVar(&note, "note", "", "why")
	return decline
}

func noSuchProposal(code string, err error) error {
	return orMissing(err, "no proposal has the code %q: see proposals list", code)
}

package command

import (
	"context"

	"github.com/spf13/cobra"

	"farebook/finance"
	"farebook/internal/config"
	"farebook/money"
	"farebook/starter/api"
	"farebook/starter/view"
	"farebook/store"
	"farebook/store/report"
)

func payoutsCommand() *cobra.Command {
	return group("payouts", "List and show payouts, and what a payout pays out", "payouts list, payouts show ID or payouts statement PAYOUT",
		listObjects[api.PayoutFilters](listedPayouts), showObject[api.PayoutFilters](listedPayouts), payoutStatementCommand())
}

var payoutRows = listing[store.Payout, view.Payout]{
	name: "payouts", header: []any{"PAYOUT", "STATUS", "AMOUNT", "PROOF", "ARRIVES", "CREATED", "TRANSACTIONS", "UNMATCHED", "FAILURE"},
	amounts: []int{2},
	show:    view.PayoutOf,
	cells: func(p view.Payout) []any {
		return []any{
			p.ID, p.Status, p.Amount, p.Proof, timeOrNone(p.ArrivesAt), p.CreatedAt, p.Transactions, p.Unmatched, orDash(p.FailureCode),
		}
	},
}

var listedPayouts = objects[store.PayoutFilter, store.Payout, view.Payout]{
	listing: payoutRows,
	one:     "payout", names: "a payout's id po_..., or that of an event about it, evt_",
	read: func(ctx context.Context, books *store.Store, f store.PayoutFilter, p store.Page) (store.Listed[store.Payout], error) {
		return books.ListPayouts(ctx, f, p)
	},
	open: func(cmd *cobra.Command, _ config.Config, _ *store.Store, row store.Payout, format string) error {
		shown := view.PayoutOf(row)
		if format == "json" {
			return printJSON(cmd.OutOrStdout(), shown)
		}
		return payoutRows.printFacts(cmd.OutOrStdout(), row,
			[2]any{"difference", money.Money{Value: shown.Difference, Currency: shown.Amount.Currency}}, [2]any{"updated", shown.UpdatedAt})
	},
}

func payoutStatementCommand() *cobra.Command {
	var flags intervalFlags
	command := &cobra.Command{
		Use:   "statement PAYOUT",
		Short: "Print a payout's balance transactions, their sums, and what remains",
		Long: "Prints a payout with its arrival and Stripe's trace id, by which the bank statement names it; each balance transaction that it " +
			"pays out, also one that the ledger does not have, with the reason; their sums by reporting category; and what remains of the " +
			"payout after every line, with its reason." + proves,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			err := flags.table(cmd, func(r *report.Reports, _ finance.Interval, sink finance.Sink) (finance.Checks, error) {
				return r.PayoutStatement(cmd.Context(), args[0], sink)
			})
			return orMissing(err, "no payout has the id %s", args[0])
		},
	}
	flags.addFormat(command, "table", reportFormats)
	return command
}

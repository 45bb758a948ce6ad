package command

import (
	"context"

	"github.com/spf13/cobra"

	"farebook/booking"
	"farebook/internal/config"
	"farebook/starter/api"
	"farebook/store"
	"farebook/store/proposals"
)

func refundsCommand() *cobra.Command {
	return group("refunds", "List and show refunds", "refunds list or refunds show ID",
		listObjects[api.RefundFilters](listedRefunds), showObject[api.RefundFilters](listedRefunds))
}

var refundRows = listing[store.Refund, api.RefundView]{
	name: "refunds", header: []any{"REFUND", "STATUS", "AMOUNT", "BOOKING", "CREATED", "ORIGIN", "STRIPE ID", "FAILURE"}, amounts: []int{2},
	show: api.RefundViewOf,
	cells: func(r api.RefundView) []any {
		return []any{r.ID, r.Status, r.Amount, r.Reference, r.CreatedAt, r.Origin, orDash(r.StripeRefundID), orDash(r.FailureReason)}
	},
}

var listedRefunds = objects[store.ListFilter, store.Refund, api.RefundView]{
	listing: refundRows,
	one:     "refund", names: "a refund's id RF-..., a booking's reference FB-..., or an id of Stripe's: re_, pi_, ch_, evt_",
	read: func(ctx context.Context, books *store.Store, f store.ListFilter, p store.Page) (store.Listed[store.Refund], error) {
		return books.ListRefunds(ctx, f, p)
	},
	open: openRefund,
}

// openRefund shows a refund with who is behind it.
func openRefund(cmd *cobra.Command, _ config.Config, books *store.Store, row store.Refund, format string) error {
	behind, err := proposals.New(books).Behind(cmd.Context(), []booking.RefundID{row.ID})
	if err != nil {
		return err
	}
	shown, of := api.RefundViewOf(row), behind[row.ID]
	shown.SentBy, shown.Proposal, shown.ProposedBy = of.SentBy, of.Proposal, of.ProposedBy
	if format == "json" {
		return printJSON(cmd.OutOrStdout(), shown)
	}
	return refundRows.printFacts(cmd.OutOrStdout(), row, [][2]any{
		{"reason", shown.Reason},
		{"note", shown.Note},
		{"bank reference", shown.BankReference},
		{"abandoned", timeOrDash(shown.AbandonedAt)},
		{"why abandoned", shown.AbandonNote},
		{"sent by", shown.SentBy},
		{"proposed by", shown.ProposedBy},
		{"proposal", shown.Proposal},
		{"updated", shown.UpdatedAt},
	}...)
}

func disputesCommand() *cobra.Command {
	return group("disputes", "List and show disputes", "disputes list or disputes show ID",
		listObjects[api.DisputeFilters](listedDisputes), showObject[api.DisputeFilters](listedDisputes))
}

var disputeRows = listing[store.ListedDispute, api.DisputeView]{
	name: "disputes", header: []any{"DISPUTE", "STATUS", "AMOUNT", "BOOKING", "EVIDENCE DUE", "CREATED", "REASON", "PAYMENT INTENT"},
	amounts: []int{2},
	show:    func(d store.ListedDispute) api.DisputeView { return api.DisputeViewOf(d.Dispute, d.Reference) },
	cells: func(d api.DisputeView) []any {
		return []any{d.ID, d.Status, d.Amount, d.Reference, timeOrNone(d.DueBy), d.CreatedAt, d.Reason, d.Payment}
	},
}

var listedDisputes = objects[store.ListFilter, store.ListedDispute, api.DisputeView]{
	listing: disputeRows,
	one:     "dispute", names: "a dispute's id dp_ or du_, a booking's reference FB-..., or another id of Stripe's: pi_, ch_, evt_",
	read: func(ctx context.Context, books *store.Store, f store.ListFilter, p store.Page) (store.Listed[store.ListedDispute], error) {
		return books.ListDisputes(ctx, f, p)
	},
	open: func(cmd *cobra.Command, _ config.Config, _ *store.Store, row store.ListedDispute, format string) error {
		shown := api.DisputeViewOf(row.Dispute, row.Reference)
		if format == "json" {
			return printJSON(cmd.OutOrStdout(), shown)
		}
		return disputeRows.printFacts(cmd.OutOrStdout(), row, [2]any{"updated", shown.UpdatedAt})
	},
}

package command

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"farebook/money"
	"farebook/starter/recon"
	"farebook/starter/view"
	"farebook/store"
	runs "farebook/store/recon"
)

// printRun writes a run with its items, and returns the number of open differences.
func printRun(ctx context.Context, out io.Writer, books *store.Store, run runs.Run, format string) (left int64, err error) {
	r, left, err := recon.Report(ctx, books, run, 0)
	if err != nil {
		return 0, err
	}
	switch format {
	case "json":
		return left, printJSON(out, r)
	case "csv":
		return left, printCSV(out, r)
	default:
		return left, printTable(out, r)
	}
}

func printTable(out io.Writer, r recon.Run) error {
	if err := printItems(out, r.Details); err != nil {
		return err
	}
	took := ""
	if r.CompletedAt != nil {
		took = fmt.Sprintf(" in %s", r.CompletedAt.Sub(r.StartedAt).Round(time.Millisecond))
	}
	mode := ""
	if r.DryRun {
		mode = ", dry run: nothing was changed"
	}
	if _, err := fmt.Fprintf(out, "\n%s is %s%s%s\nscanned %d, differences %d, fixed %d, failed %d, skipped %d, overdue %d\n", r.CorrelationID,
		r.Status, took, mode,
		r.Scanned, r.Fixed+r.Failed+r.Skipped, r.Fixed, r.Failed, r.Skipped, r.Overdue); err != nil {
		return err
	}
	if r.Error != "" {
		if err := printText(out, "error: %s\n", r.Error); err != nil {
			return err
		}
	}
	if r.DryRun && r.Status == runs.RunCompleted && len(r.Details) > 0 {
		_, err := fmt.Fprintf(out, "Plan %.12s. Carry it out with: starter reconcile --apply %s\n", r.PlanDigest, r.CorrelationID)
		return err
	}
	return nil
}

func printItems(out io.Writer, items []recon.Item) error {
	if len(items) == 0 {
		return nil
	}
	table := newTable(out, "ITEM", "CLASS", "OBJECT", "BOOKING", "AMOUNT", "HERE", "AT STRIPE", "PROPOSED", "STATE", "WHY")
	for _, item := range items {
		why := item.Reason
		if item.Note != "" {
			why += " (" + item.Note + ")"
		}
		table.row(item.ID, item.Class, item.Object+" "+item.StripeID, item.Booking, item.Measure, amountOf(item.Here, item),
			amountOf(item.AtStripe, item), item.Proposed,
			item.State, why)
	}
	return table.flush()
}

func amountOf(value int64, item recon.Item) string {
	if item.Currency == "" {
		return ""
	}
	return money.Text(value, money.Currency(item.Currency))
}

func printCSV(out io.Writer, r recon.Run) error {
	w := csv.NewWriter(out)
	rows := [][]string{{
		"run", "item", "class", "object", "stripe_id", "balance_transaction", "booking", "amount", "here", "at_stripe",
		"here_decimal", "at_stripe_decimal", "currency", "proposed", "state", "reason", "note",
	}}
	for _, item := range r.Details {
		rows = append(rows, []string{
			view.CSVCell(r.CorrelationID), strconv.FormatUint(item.ID, 10), view.CSVCell(item.Class), view.CSVCell(item.Object),
			view.CSVCell(item.StripeID),
			view.CSVCell(item.BalanceTransactionID), view.CSVCell(item.Booking), item.Measure, strconv.FormatInt(item.Here, 10),
			strconv.FormatInt(item.AtStripe, 10),
			item.HereDecimal, item.AtStripeDecimal,
			view.CSVCell(item.Currency), view.CSVCell(item.Proposed), view.CSVCell(item.State), view.CSVCell(item.Reason), view.CSVCell(item.Note),
		})
	}
	return w.WriteAll(rows)
}

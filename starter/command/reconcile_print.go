package command

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"farebook/starter/report"
	"farebook/store"
)

// printRun writes a run with its items, and returns how many differences nobody has dealt with.
func printRun(ctx context.Context, out io.Writer, books *store.Store, run store.Run, format string) (left int64, err error) {
	r, left, err := report.Of(ctx, books, run, 0)
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

func printTable(out io.Writer, r report.Run) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(r.Details) > 0 {
		_, _ = fmt.Fprintln(table, "ITEM\tCLASS\tOBJECT\tBOOKING\tHERE\tAT STRIPE\tPROPOSED\tSTATE\tWHY") // tabwriter keeps it; Flush reports errors
	}
	for _, item := range r.Details {
		why := item.Reason
		if item.Note != "" {
			why += " (" + item.Note + ")"
		}
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s %s\t%s\t%d\t%d %s\t%s\t%s\t%s\n", item.ID, item.Class, item.Object, item.StripeID, item.Booking, item.Here, // as above
			item.AtStripe, item.Currency, item.Proposed, item.State, oneLine(why))
	}
	if err := table.Flush(); err != nil {
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
	if _, err := fmt.Fprintf(out, "\n%s is %s%s%s\nscanned %d, fixed %d, failed %d, skipped %d, overdue %d\n", r.CorrelationID, r.Status, took, mode,
		r.Scanned, r.Fixed, r.Failed, r.Skipped, r.Overdue); err != nil {
		return err
	}
	if r.Error != "" {
		if _, err := fmt.Fprintf(out, "it failed: %s\n", r.Error); err != nil {
			return err
		}
	}
	if r.DryRun && r.Status == store.RunCompleted && len(r.Details) > 0 {
		_, err := fmt.Fprintf(out, "plan %.12s: carry it out with: starter reconcile --apply %s\n", r.PlanDigest, r.CorrelationID)
		return err
	}
	return nil
}

func printCSV(out io.Writer, r report.Run) error {
	w := csv.NewWriter(out)
	rows := [][]string{{"run", "item", "class", "object", "stripe_id", "balance_transaction", "booking", "here", "at_stripe", "currency", "proposed", "state", "reason", "note"}}
	for _, item := range r.Details {
		rows = append(rows, []string{
			r.CorrelationID, strconv.FormatUint(item.ID, 10), item.Class, item.Object, item.StripeID, item.BalanceTransactionID, item.Booking,
			strconv.FormatInt(item.Here, 10), strconv.FormatInt(item.AtStripe, 10), item.Currency, item.Proposed, item.State, plain(item.Reason),
			plain(item.Note),
		})
	}
	return w.WriteAll(rows)
}

// plain keeps a spreadsheet from taking somebody's text for a formula (owasp.org/www-community/attacks/CSV_Injection).
func plain(text string) string {
	if begin := strings.TrimLeftFunc(text, unicode.IsSpace); begin != "" && strings.ContainsRune("=+-@", rune(begin[0])) {
		return "'" + text
	}
	return text
}

// oneLine keeps somebody's text from breaking the table, and from telling the terminal what to do.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, text)
}

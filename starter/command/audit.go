package command

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"farebook/starter/clients"
	"farebook/store"
)

func auditCommand() *cobra.Command {
	var filter store.AuditFilter
	var reference, client, format string
	audit := &cobra.Command{
		Use:   "audit",
		Short: "Show who asked for what, the newest first",
		Long: "Shows the audit log: refunds, cancels, captures, reconciliations and plans, resolutions, retries, resends, and changes of clients and keys; " +
			"who asked (a client and its key, or an operating-system user and host), when, and under which correlation id.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFormat(format, listFormats); err != nil {
				return err
			}
			if filter.Limit < 1 || filter.Limit > maxListed {
				return misused("invalid --limit %d: must be from 1 to %d", filter.Limit, maxListed)
			}
			return booksCommand(cmd, "audit", func(books *store.Store) error {
				if reference != "" {
					known, err := ownerless(cmd.Context(), books, reference)
					if err != nil {
						return err
					}
					filter.BookingID = known.ID
				}
				if client != "" {
					found, err := findClient(cmd.Context(), books, client)
					if err != nil {
						return err
					}
					filter.ClientID = found.ID
				}
				entries, err := books.AuditLog(cmd.Context(), filter)
				if err != nil {
					return err
				}
				return printAudit(cmd.OutOrStdout(), entries, filter.Limit, format)
			})
		},
	}
	audit.Flags().StringVar(&reference, "booking", "", "about this booking: its reference")
	audit.Flags().StringVar(&client, "client", "", "asked for by this client: its name or id")
	audit.Flags().StringVar(&filter.Subject, "subject", "", "about this: a refund's id, a run's, an event's, a key's")
	audit.Flags().IntVar(&filter.Limit, "limit", 50, fmt.Sprintf("how many, 1 to %d", maxListed))
	audit.Flags().Uint64Var(&filter.Before, "before", 0, "continue below this number, as the previous list says")
	formatFlag(audit, &format, listFormats...)
	return audit
}

func printAudit(out io.Writer, entries []store.AuditEntry, limit int, format string) error {
	shown := make([]clients.Entry, 0, len(entries))
	for _, e := range entries {
		shown = append(shown, clients.EntryOf(e))
	}
	if format == "json" {
		return printJSON(out, shown)
	}
	table := newTable(out, "AT", "ACTOR", "ACTION", "SUBJECT", "DETAIL")
	for _, e := range shown {
		table.row(e.At.Format(time.RFC3339), e.Actor, e.Action, e.Subject, e.Detail)
	}
	if err := table.flush(); err != nil || len(shown) < limit {
		return err
	}
	_, err := fmt.Fprintf(out, "\nThere may be more: --before %d\n", shown[len(shown)-1].ID)
	return err
}

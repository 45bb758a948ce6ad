package command

import (
	"errors"
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
			if err := errors.Join(checkFormat(format, listFormats), checkLimit(filter.Limit)); err != nil {
				return err
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
	pageFlags(audit, &filter.Limit, &filter.Before)
	formatFlag(audit, &format, listFormats...)
	return audit
}

func printAudit(out io.Writer, entries []store.AuditEntry, limit int, format string) error {
	shown := make([]clients.Entry, 0, len(entries))
	for _, e := range entries {
		shown = append(shown, clients.EntryOf(e))
	}
	before := nextBefore(shown, limit, func(e clients.Entry) uint64 { return e.ID })
	if format == "json" {
		return printList(out, "entries", shown, before)
	}
	table := newTable(out, "AT", "ACTOR", "ACTION", "SUBJECT", "DETAIL", "CORRELATION ID")
	for _, e := range shown {
		table.row(e.At.Format(time.RFC3339), e.Actor, e.Action, e.Subject, e.Detail, e.CorrelationID)
	}
	return errors.Join(table.flush(), sayMore(out, before))
}

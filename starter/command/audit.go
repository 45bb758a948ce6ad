package command

import (
	"github.com/spf13/cobra"

	"farebook/starter/view"
	"farebook/store"
)

func auditCommand() *cobra.Command {
	var flags listFlags
	var filter store.AuditFilter
	var reference, client string
	audit := &cobra.Command{
		Use:   "audit",
		Short: "Show the audit log: who asked for what, newest first",
		Long: "Shows the audit log: refunds, cancellations, captures, reconciliations and plans, resolutions, retries, resends, and changes " +
			"of clients and keys. Each entry says who asked (a client and its key, or an operating-system user and host), when, and with which " +
			"correlation id.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			return booksCommand(cmd, "audit", func(books *store.Store) error {
				if reference != "" {
					known, err := findBooking(cmd.Context(), books, reference)
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
				page, err := readPage(cmd, books, auditEntries, flags, func(before uint64, limit int) ([]store.AuditEntry, error) {
					filter.Before, filter.Limit = before, limit
					return books.AuditLog(cmd.Context(), filter)
				})
				if err != nil {
					return err
				}
				return auditEntries.printPage(cmd, flags, page, map[string]any{})
			})
		},
	}
	audit.Flags().StringVar(&reference, "booking", "", "only entries about the booking with this reference")
	audit.Flags().StringVar(&client, "client", "", "only what the client with this name or id asked for")
	audit.Flags().StringVar(&filter.Subject, "subject", "", "only entries about the refund, run, event or key with this id")
	flags.addNumbered(audit)
	return audit
}

var auditEntries = listing[store.AuditEntry, view.Entry]{
	name: "entries", header: []any{"AT", "ACTOR", "ACTION", "SUBJECT", "DETAIL", "CORRELATION ID"},
	show:   view.EntryOf,
	cursor: func(e store.AuditEntry) uint64 { return e.ID },
	cells: func(e view.Entry) []any {
		return []any{e.At, e.Actor, e.Action, e.Subject, e.Detail, e.CorrelationID}
	},
}

package command

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"farebook/access"
	"farebook/starter/view"
	"farebook/store"
)

func webhookEndpointsCommand() *cobra.Command {
	return group("webhook-endpoints", "List, disable and remove the webhook endpoints of clients, and replay what was sent to them",
		"webhook-endpoints list, show ENDPOINT, deliveries ENDPOINT, enable ENDPOINT, disable ENDPOINT, remove ENDPOINT, or replay ENDPOINT",
		listEndpointsCommand(), showEndpointCommand(), listDeliveriesCommand(), changeEndpointCommand("enable ENDPOINT",
			"Let deliveries continue with the oldest event that was not delivered", "Enabled", disableEndpoint(false)),
		changeEndpointCommand("disable ENDPOINT", "Stop deliveries; events are kept for 30 days", "Disabled", disableEndpoint(true)),
		changeEndpointCommand("remove ENDPOINT", "End an endpoint; nothing more is sent to it", "Removed", (*store.Store).RemoveEndpoint),
		replayCommandOfEndpoint())
}

func listEndpointsCommand() *cobra.Command {
	var flags listFlags
	list := &cobra.Command{
		Use: "list", Short: "List webhook endpoints of all clients, oldest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			return booksCommand(cmd, "webhook-endpoints", func(books *store.Store) error {
				all, err := allOf(0, func(after uint64) ([]store.Endpoint, error) {
					return books.Endpoints(cmd.Context(), after, listPage)
				}, func(e store.Endpoint) uint64 { return e.Row })
				if err != nil {
					return err
				}
				return listedEndpoints(books.Now()).print(cmd, flags, all)
			})
		},
	}
	flags.add(list)
	return list
}

func listedEndpoints(now time.Time) listing[store.Endpoint, view.WebhookEndpoint] {
	return listing[store.Endpoint, view.WebhookEndpoint]{
		name: "webhookEndpoints", header: []any{"ENDPOINT", "CLIENT", "STATE", "CREATED", "URL"},
		show: func(e store.Endpoint) view.WebhookEndpoint { return view.WebhookEndpointOf(e, now) },
		cells: func(e view.WebhookEndpoint) []any {
			return []any{e.ID, e.ClientID, endpointState(e), e.CreatedAt, e.URL}
		},
	}
}

func endpointState(e view.WebhookEndpoint) string {
	if e.State == "disabled" {
		return e.State + " (" + e.DisabledReason + ")"
	}
	return e.State
}

func showEndpointCommand() *cobra.Command {
	var format string
	show := &cobra.Command{
		Use: "show ENDPOINT", Short: "Show a webhook endpoint", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(format, shownFormats); err != nil {
				return err
			}
			return endpointCommand(cmd, args[0], func(books *store.Store, found store.Endpoint) error {
				e := view.WebhookEndpointOf(found, books.Now())
				if format == "json" {
					return printJSON(cmd.OutOrStdout(), e)
				}
				table := newTable(cmd.OutOrStdout(), "FIELD", "VALUE")
				for _, row := range [][]any{
					{"endpoint", e.ID},
					{"client", e.ClientID},
					{"url", e.URL},
					{"description", orDash(e.Description)},
					{"contact", e.ContactEmail},
					{"events", strings.Join(e.EventTypes, ", ")},
					{"state", endpointState(e)},
					{"disabled", timeOrDash(e.DisabledAt)},
					{"secret version", e.SecretVersion},
					{"previous secret until", timeOrDash(e.OverlapUntil)},
					{"created", timeOrDash(&e.CreatedAt)},
				} {
					table.row(row...)
				}
				return table.flush()
			})
		},
	}
	formatFlag(show, &format, shownFormats...)
	return show
}

// endpointCommand runs work on an endpoint of any client: commands are for operators.
func endpointCommand(cmd *cobra.Command, id string, work func(*store.Store, store.Endpoint) error) error {
	return booksCommand(cmd, "webhook-endpoints", func(books *store.Store) error {
		found, err := books.Endpoint(cmd.Context(), id)
		if err != nil {
			return orMissing(err, "no webhook endpoint has the id %s: see webhook-endpoints list", id)
		}
		return work(books, found)
	})
}

func listDeliveriesCommand() *cobra.Command {
	var flags listFlags
	list := &cobra.Command{
		Use: "deliveries ENDPOINT", Short: "List what was sent to a webhook endpoint, newest first", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			return endpointCommand(cmd, args[0], func(books *store.Store, found store.Endpoint) error {
				page, err := readPage(cmd, books, listedDeliveries, flags, func(before uint64, limit int) ([]store.Delivery, error) {
					return books.Deliveries(cmd.Context(), found, before, limit)
				})
				if err != nil {
					return err
				}
				return listedDeliveries.printPage(cmd, flags, page, map[string]any{})
			})
		},
	}
	flags.addNumbered(list)
	return list
}

var listedDeliveries = listing[store.Delivery, view.WebhookDelivery]{
	name: "deliveries", header: []any{"WEBHOOK-ID", "TYPE", "OCCURRED", "STATE", "ATTEMPTS", "NEXT", "ANSWER"},
	show:   view.WebhookDeliveryOf,
	cursor: func(d store.Delivery) uint64 { return d.Row },
	cells: func(d view.WebhookDelivery) []any {
		answer := ""
		if last := d.LastAttempt; last != nil {
			answer = strings.TrimSpace(fmt.Sprintf("%s %s", statusOrDash(last.Status), last.Problem))
		}
		return []any{d.ID, d.Type, d.OccurredAt, d.State, d.Attempts, timeOrNone(d.NextAttemptAt), answer}
	},
}

func statusOrDash(status int) string {
	if status == 0 {
		return "-"
	}
	return fmt.Sprint(status)
}

// endpointChange changes a webhook endpoint by its id.
type endpointChange func(books *store.Store, ctx context.Context, id string, by access.Actor) error

func disableEndpoint(disabled bool) endpointChange {
	return func(books *store.Store, ctx context.Context, id string, by access.Actor) error {
		return books.DisableEndpoint(ctx, id, disabled, by)
	}
}

func changeEndpointCommand(use, short, done string, change endpointChange) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := correlated(cmd.Context())
			return endpointCommand(cmd, args[0], func(books *store.Store, found store.Endpoint) error {
				if err := change(books, ctx, found.ID, actor(ctx)); err != nil {
					return orMissing(err, "webhook endpoint %s was removed", found.ID)
				}
				return printText(cmd.OutOrStdout(), "%s webhook endpoint %s\n", done, found.ID)
			})
		},
	}
}

func replayCommandOfEndpoint() *cobra.Command {
	var message, from, until string
	replaying := &cobra.Command{
		Use:   "replay ENDPOINT",
		Short: "Send an event again, or all of a time",
		Long: "Sends events again under their webhook-ids, so that a receiver that has taken one ignores it: one by --webhook-id, or those " +
			"that happened from --from on and before --until, 1,000 at a time. The sweeper starts the delivery within its interval.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := correlated(cmd.Context())
			if (message == "") == (from == "" && until == "") {
				return misused("name one event by --webhook-id, or a time by --from and --until")
			}
			if message != "" {
				return endpointCommand(cmd, args[0], func(books *store.Store, found store.Endpoint) error {
					if err := books.ReplayDelivery(ctx, found, message, actor(ctx)); err != nil {
						return orMissing(err, "no event of %s has the webhook-id %s", found.ID, message)
					}
					return printText(cmd.OutOrStdout(), "Sending %s again\n", message)
				})
			}
			begin, err := parseInstant(from)
			if err != nil {
				return misused("invalid --from %q: must be a day such as 2026-11-26, or a time such as 2026-11-26T12:00:00Z", from)
			}
			end, err := parseInstant(until)
			if err != nil || !begin.Before(end) {
				return misused("invalid --until %q: must be a day or a time, and after --from", until)
			}
			return endpointCommand(cmd, args[0], func(books *store.Store, found store.Endpoint) error {
				replayed, err := books.ReplayDeliveries(ctx, found, begin, end, actor(ctx))
				if err != nil {
					return orMissing(err, "webhook endpoint %s was removed", found.ID)
				}
				err = printText(cmd.OutOrStdout(), "Sending %d events again\n", replayed.Events)
				if err != nil || replayed.Next == nil {
					return err
				}
				return printText(cmd.OutOrStdout(), "For the next ones: --from %s\n", replayed.Next.UTC().Format(time.RFC3339Nano))
			})
		},
	}
	replaying.Flags().StringVar(&message, "webhook-id", "", "the event to send again")
	replaying.Flags().StringVar(&from, "from", "", "beginning of the time, included: a day, or a time in RFC 3339")
	replaying.Flags().StringVar(&until, "until", "", "end of the time, excluded: a day, or a time in RFC 3339")
	return replaying
}

package command

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/starter/api"
	"farebook/starter/dispatch"
	"farebook/starter/inbox"
	"farebook/starter/view"
	"farebook/store"
)

func eventsCommand() *cobra.Command {
	return group("events", "List and show the Stripe events of the inbox, and process one again",
		"events list, events show EVENT, events retry EVENT, events ignore EVENT, events types, or events scrub",
		listEventsCommand(), showEventCommand(), retryEventCommand(), ignoreEventCommand(), eventTypesCommand(), scrubEventsCommand())
}

func eventTypesCommand() *cobra.Command {
	var flags listFlags
	types := &cobra.Command{
		Use:   "types",
		Short: "Print the event types that the webhook endpoint at Stripe has to send",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			if flags.format == "json" {
				return printJSON(cmd.OutOrStdout(), map[string]any{"types": inbox.Types()})
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.Join(inbox.Types(), "\n"))
			return err
		},
	}
	flags.addShown(types)
	return types
}

func listEventsCommand() *cobra.Command {
	var flags listFlags
	var in api.EventFilters
	list := &cobra.Command{
		Use:   "list [ID]",
		Short: "List events, newest first",
		Long: "Lists events, newest first. Filters combine. With an argument it lists an event evt_..., the events about an object (pi_, ch_, " +
			"re_, dp_, du_, po_) or those that name a booking FB-..., and ignores all filters.",
		Args: cobra.MaximumNArgs(1),
	}
	typed := addFilters(list, &in)
	flags.addNumbered(list)
	flags.addAll(list)
	list.RunE = func(cmd *cobra.Command, args []string) error {
		if err := errors.Join(typed.read(strings.Join(args, "")), flags.check(cmd)); err != nil {
			return err
		}
		filter, problems := in.Filter()
		if err := misusedFilters(problems); err != nil {
			return err
		}
		return booksCommand(cmd, "events", func(books *store.Store) error {
			page, err := readPage(cmd, books, listedEvents, flags, func(before uint64, limit int) ([]store.ListedEvent, error) {
				filter.Before, filter.Limit = before, limit
				return books.Events(cmd.Context(), filter)
			})
			if err != nil {
				return err
			}
			return listedEvents.printPage(cmd, flags, page, map[string]any{})
		})
	}
	return list
}

var listedEvents = listing[store.ListedEvent, view.Event]{
	name: "events", header: []any{"EVENT", "TYPE", "STATE", "ATTEMPTS", "RECEIVED", "OBJECT", "WHY"},
	show:   func(e store.ListedEvent) view.Event { return view.EventOf(e.Event) },
	cursor: func(e store.ListedEvent) uint64 { return e.Cursor },
	cells: func(e view.Event) []any {
		return []any{e.ID, e.Type, e.State, e.Attempts, e.ReceivedAt, e.ObjectID, cmp.Or(e.LastError, e.Note)}
	},
}

func showEventCommand() *cobra.Command {
	var payload bool
	show := &cobra.Command{
		Use:   "show EVENT",
		Short: "Show one event (evt_...) and its processing",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return booksCommand(cmd, "events", func(books *store.Store) error {
				e, err := books.Event(cmd.Context(), args[0])
				if err != nil {
					return noSuchEvent(args[0], err)
				}
				return printEvent(cmd.OutOrStdout(), e, payload)
			})
		},
	}
	show.Flags().BoolVar(&payload, "payload", false, "include the stored part of its body: ids, states and amounts")
	return show
}

func printEvent(out io.Writer, e store.Event, payload bool) error {
	shown := view.EventDetailOf(e)
	if payload {
		shown.Payload = e.Payload
	}
	return printJSON(out, shown)
}

func retryEventCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "retry EVENT",
		Short: "Process an event again, with a new count of attempts",
		Long:  "Hands the event to its workflow, which reads the object again at Stripe. Safe for a processed event: nothing is recorded twice.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := correlated(cmd.Context())
			cfg, log, err := load(cmd.ErrOrStderr(), "events", config.Database, config.Temporal, config.Payments)
			if err != nil {
				return err
			}
			return withWorkflows(cmd.Context(), cfg, log, func(books *store.Store, dispatcher *dispatch.Client) error {
				stored, err := books.RetryEvent(ctx, args[0], actor(ctx), books.Now())
				if err != nil {
					return noSuchEvent(args[0], err)
				}
				stripe := stripeClient(cfg, log)
				if err := inbox.New(books, dispatcher, stripe, time.Minute, log).Again(cmd.Context(), stored); err != nil {
					return fmt.Errorf("the event was not handed to its workflow; the sweeper tries again: %w", err)
				}
				now, err := books.Event(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				return printText(cmd.OutOrStdout(), "%s is %s %s\n", now.ID, now.State, now.Note)
			})
		},
	}
}

func noSuchEvent(id string, err error) error {
	return orMissing(err, "the inbox has no event %q", id)
}

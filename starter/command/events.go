package command

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"farebook/booking"
	"farebook/internal/config"
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
	flags.add(types)
	return types
}

func listEventsCommand() *cobra.Command {
	var flags listFlags
	var filter store.EventFilter
	var state string
	list := &cobra.Command{
		Use:   "list",
		Short: "List events, newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter.State, filter.Before, filter.Limit = store.EventState(state), flags.before, flags.limit
			if err := errors.Join(checkFilter(filter), flags.check(cmd)); err != nil {
				return err
			}
			return booksCommand(cmd, "events", func(books *store.Store) error {
				events, err := books.Events(cmd.Context(), filter)
				if err != nil {
					return err
				}
				return listedEvents.print(cmd.OutOrStdout(), flags, events)
			})
		},
	}
	list.Flags().StringVar(&state, "state", "", "only events in this state: "+eventStates())
	list.Flags().StringVar(&filter.Type, "type", "", "only events of this type, such as payment_intent.succeeded")
	list.Flags().StringVar(&filter.Reference, "booking", "", "only events of the booking with this reference")
	flags.addPages(list)
	var states []string
	for _, known := range store.EventStates {
		states = append(states, string(known))
	}
	completeFlag(list, "state", states...)
	return list
}

// eventStates is "received, processing, ... or ignored".
func eventStates() string {
	var out strings.Builder
	for i, state := range store.EventStates {
		switch {
		case i == len(store.EventStates)-1:
			out.WriteString(" or ")
		case i > 0:
			out.WriteString(", ")
		}
		out.WriteString(string(state))
	}
	return out.String()
}

func checkFilter(filter store.EventFilter) error {
	if filter.State != "" && !slices.Contains(store.EventStates, filter.State) {
		return misused("invalid --state %q: must be %s", filter.State, eventStates())
	}
	if filter.Reference != "" {
		if _, err := booking.ParseReference(filter.Reference); err != nil {
			return misused("invalid --booking: %w", err)
		}
	}
	return nil
}

var listedEvents = listing[store.ListedEvent, view.Event]{
	name: "events", header: []any{"EVENT", "TYPE", "STATE", "ATTEMPTS", "RECEIVED", "OBJECT", "WHY"},
	show:   func(e store.ListedEvent) view.Event { return view.EventOf(e.Event) },
	cursor: func(e store.ListedEvent) uint64 { return e.Cursor },
	cells: func(e view.Event) []any {
		return []any{e.ID, e.Type, e.State, e.Attempts, e.ReceivedAt.Format(time.RFC3339), e.ObjectID, cmp.Or(e.LastError, e.Note)}
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

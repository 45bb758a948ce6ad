package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"farebook/starter/view"
	"farebook/store"
)

func clientCommand() *cobra.Command {
	return group("client", "Create, list, disable and merge clients of the API",
		"client create NAME, client list, client disable CLIENT, client enable CLIENT, client merge INTO FROM, or client return-url",
		createClientCommand(), listClientsCommand(), disableClientCommand(true), disableClientCommand(false), mergeClientsCommand(),
		returnURLCommand())
}

func createClientCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "create NAME",
		Short: "Create a client and print its id; create its keys with api-key create",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := view.CheckClientName(args[0]); err != nil {
				return misused("%w", err)
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "client", func(books *store.Store) error {
				made, err := books.CreateClient(ctx, args[0], actor(ctx))
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), made.ClientID)
				return err
			})
		},
	}
}

func listClientsCommand() *cobra.Command {
	var flags listFlags
	list := &cobra.Command{
		Use:   "list",
		Short: "List clients, oldest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			return booksCommand(cmd, "client", func(books *store.Store) error {
				all, err := allOf(0, func(after uint64) ([]store.Client, error) {
					return books.Clients(cmd.Context(), after, listPage)
				}, func(client store.Client) uint64 { return client.ID })
				if err != nil {
					return err
				}
				return listedClients.print(cmd, flags, all)
			})
		},
	}
	flags.add(list)
	return list
}

var listedClients = listing[store.Client, view.Client]{
	name: "clients", header: []any{"CLIENT", "NAME", "STATE", "CREATED", "BY"},
	show: view.ClientOf,
	cells: func(client view.Client) []any {
		state := client.State
		if client.MergedInto != "" {
			state += " into " + client.MergedInto
		}
		return []any{client.ID, client.Name, state, client.CreatedAt, client.CreatedBy}
	},
}

func disableClientCommand(disabled bool) *cobra.Command {
	use, short, done := "enable CLIENT", "Enable a disabled client: accept its keys again", "Enabled"
	if disabled {
		use, short, done = "disable CLIENT", "Disable a client: refuse all its keys from the next request; what it owns stays", "Disabled"
	}
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "client", func(books *store.Store) error {
				found, err := findClient(ctx, books, args[0])
				if err != nil {
					return err
				}
				if err := books.DisableClient(ctx, found.ID, disabled, actor(ctx)); err != nil {
					return err
				}
				return printText(cmd.OutOrStdout(), "%s client %s\n", done, found.Name)
			})
		},
	}
}

func mergeClientsCommand() *cobra.Command {
	var dryRun bool
	merge := &cobra.Command{
		Use:   "merge INTO FROM",
		Short: "Merge a client into another: its keys, bookings, refunds and idempotency keys",
		Long: "Moves everything of the client FROM to the client INTO. An older release created one client for each key: merge those of one " +
			"caller. Use --dry-run first: it lists the idempotency keys that both clients have used. The older request keeps such a key; the " +
			"newer one gets a key that names its origin, so that nothing is lost and nothing is charged again. The merge can be interrupted " +
			"and repeated.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "client", func(books *store.Store) error {
				into, err := findClient(ctx, books, args[0])
				if err != nil {
					return err
				}
				from, err := findClient(ctx, books, args[1])
				if err != nil {
					return err
				}
				if dryRun {
					plan, err := books.PlanMerge(ctx, into, from)
					if err != nil {
						return err
					}
					return printMerge(cmd.OutOrStdout(), plan, "Would move")
				}
				done, err := books.MergeClients(ctx, into, from, actor(ctx))
				if err != nil {
					return err
				}
				return printMerge(cmd.OutOrStdout(), done, "Moved")
			})
		},
	}
	merge.Flags().BoolVar(&dryRun, "dry-run", false, "report what would be moved and what would collide, and change nothing")
	return merge
}

func printMerge(out io.Writer, merge store.Merge, verb string) error {
	err := printText(out, "%s %d API keys, %d bookings and %d idempotency keys from %s to %s; %d idempotency keys were used by both\n",
		verb, merge.Keys, merge.Bookings, merge.IdempotencyKeys, merge.From.Name, merge.Into.Name, len(merge.Collisions))
	if err != nil || len(merge.Collisions) == 0 {
		return err
	}
	table := newTable(out, "IDEMPOTENCY KEY", "KEPT BY", "NEWER REQUEST", "RENAMED TO")
	for _, c := range merge.Collisions {
		table.row(fmt.Sprintf("%q", c.Key), c.Kept, c.Renamed, fmt.Sprintf("%q", c.RenamedTo))
	}
	return table.flush()
}

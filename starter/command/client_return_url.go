package command

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"farebook/access"
	"farebook/booking"
	"farebook/starter/view"
	"farebook/store"
)

func returnURLCommand() *cobra.Command {
	return group("return-url", "Register, list and remove where the payment page may lead a client's travellers back to",
		"client return-url add CLIENT URL, client return-url list CLIENT, or client return-url remove CLIENT URL",
		changeReturnURLCommand("add", "Register a return URL of a client", "Registered",
			func(ctx context.Context, books *store.Store, client store.Client, address string, by access.Actor) error {
				_, err := books.AddReturnURL(ctx, client, address, by)
				return err
			}),
		listReturnURLsCommand(),
		changeReturnURLCommand("remove", "Remove a return URL of a client: payment pages no longer link to it", "Removed",
			func(ctx context.Context, books *store.Store, client store.Client, address string, by access.Actor) error {
				_, err := books.RemoveReturnURL(ctx, client, address, by)
				if errors.Is(err, store.ErrNotFound) {
					return misused("client %s has no return URL %s: see client return-url list", client.Name, address)
				}
				return err
			}))
}

func changeReturnURLCommand(verb, short, done string,
	change func(ctx context.Context, books *store.Store, client store.Client, address string, by access.Actor) error,
) *cobra.Command {
	return &cobra.Command{
		Use: verb + " CLIENT URL", Short: short, Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			address, err := booking.ParseRegisteredURL(args[1])
			if err != nil {
				return misused("the return URL %w", err)
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "client", func(books *store.Store) error {
				client, err := findClient(ctx, books, args[0])
				if err != nil {
					return err
				}
				if err := change(ctx, books, client, address, actor(ctx)); err != nil {
					return err
				}
				return printText(cmd.OutOrStdout(), "%s %s for client %s\n", done, address, client.Name)
			})
		},
	}
}

func listReturnURLsCommand() *cobra.Command {
	var flags listFlags
	list := &cobra.Command{
		Use:   "list CLIENT",
		Short: "List the return URLs of a client",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			return booksCommand(cmd, "client", func(books *store.Store) error {
				client, err := findClient(cmd.Context(), books, args[0])
				if err != nil {
					return err
				}
				found, err := books.ReturnURLs(cmd.Context(), client.ID)
				if err != nil {
					return err
				}
				return listedReturnURLs.print(cmd, flags, found)
			})
		},
	}
	flags.add(list)
	return list
}

var listedReturnURLs = listing[store.ReturnURL, view.ReturnURL]{
	name: "returnUrls", header: []any{"URL", "ADDED", "BY"},
	show: view.ReturnURLOf,
	cells: func(address view.ReturnURL) []any {
		return []any{address.URL, address.AddedAt, address.AddedBy}
	},
}

package command

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"farebook/access"
	"farebook/internal/clock"
	"farebook/internal/config"
	"farebook/starter/view"
	"farebook/store"
)

func apiKeyCommand() *cobra.Command {
	return group("api-key", "Make, list, rotate and revoke a client's API keys",
		"api-key create --client NAME --scope SCOPES, api-key list, api-key rotate KEY, or api-key revoke KEY",
		createAPIKeyCommand(), listAPIKeysCommand(), rotateAPIKeyCommand(), revokeAPIKeyCommand())
}

func createAPIKeyCommand() *cobra.Command {
	var client, scopes, expires, token string
	create := &cobra.Command{
		Use:   "create --client NAME --scope SCOPES",
		Short: "Make an API key and print its token, this once",
		Long: "Makes a key of a client that exists (see client create) and prints its token; only a hash of it is kept. The scopes:\n\n" +
			scopeTable(),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			granted, err := access.ParseScopes(scopes)
			if err != nil {
				return misused("--scope: %w", err)
			}
			end, err := parseEnd(expires, clock.System{}.Now())
			if err != nil {
				return err
			}
			cfg, log, err := load(cmd.ErrOrStderr(), "api-key", config.Database)
			if err != nil {
				return err
			}
			if token != "" && cfg.Production() {
				return misused("--token: other users of a machine can read its processes' arguments; leave it out, and one is drawn")
			}
			ctx := correlated(cmd.Context())
			return withStore(ctx, cfg, log, func(books *store.Store) error {
				owner, err := findClient(ctx, books, client)
				if err != nil {
					return err
				}
				key, drawn, err := books.CreateAPIKey(ctx, store.NewAPIKey{ClientID: owner.ID, Scopes: granted, ExpiresAt: end, Token: token}, actor(ctx))
				if err != nil || token != "" {
					return err
				}
				return printToken(cmd, key, drawn)
			})
		},
	}
	create.Flags().StringVar(&client, "client", "", "whose key it is: a client's name or id (cl_...)")
	create.Flags().StringVar(&scopes, "scope", "", "what it may do, with commas between: "+access.All().String())
	create.Flags().StringVar(&expires, "expires", "never", "for how long it is valid, such as 90d or 12h; never for no end")
	create.Flags().StringVar(&token, "token", "", "a throw-away token that is known already; development only, harmless when repeated")
	return create
}

func scopeTable() string {
	var text strings.Builder
	for _, rule := range access.Rules() {
		scope := string(rule.Scope)
		for _, line := range fold(rule.Allows, usualWidth-1-24) {
			fmt.Fprintf(&text, "  %-21s %s\n", scope, line)
			scope = ""
		}
	}
	return text.String()
}

// printToken writes the token alone on standard output, so that a script can take it, and the key's id beside it.
func printToken(cmd *cobra.Command, key store.APIKey, token string) error {
	_ = printText(cmd.ErrOrStderr(), "key %s of client %s, scopes %s, %s\n", key.KeyID, key.ClientName, key.Scopes, endText(key.ExpiresAt)) // for people
	_, err := fmt.Fprintln(cmd.OutOrStdout(), token)
	return err
}

func endText(at *time.Time) string {
	if at == nil {
		return "no end"
	}
	return "valid until " + at.Format(time.RFC3339)
}

// parseEnd reads "90d", "12h" or "never".
func parseEnd(text string, now time.Time) (*time.Time, error) {
	if text == "never" {
		return nil, nil
	}
	life, err := parseDays(text)
	if err != nil || life <= 0 {
		return nil, misused("invalid --expires %q: use a time such as 90d or 12h, or never", text)
	}
	end := now.Add(life).UTC()
	return &end, nil
}

func listAPIKeysCommand() *cobra.Command {
	var flags listFlags
	var client string
	list := &cobra.Command{
		Use:   "list",
		Short: "List API keys, the oldest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(cmd); err != nil {
				return err
			}
			return booksCommand(cmd, "api-key", func(books *store.Store) error {
				filter := store.APIKeyFilter{Limit: listPage}
				if client != "" {
					owner, err := findClient(cmd.Context(), books, client)
					if err != nil {
						return err
					}
					filter.ClientID = owner.ID
				}
				keys, err := allOf(func(after uint64) ([]store.APIKey, error) {
					filter.After = after
					return books.APIKeys(cmd.Context(), filter)
				}, func(key store.APIKey) uint64 { return key.ID })
				if err != nil {
					return err
				}
				return listedKeys.print(cmd.OutOrStdout(), flags, keys)
			})
		},
	}
	list.Flags().StringVar(&client, "client", "", "of this client alone: its name or id")
	flags.add(list)
	return list
}

var listedKeys = listing[store.APIKey, view.Key]{
	name: "apiKeys", header: []any{"KEY", "CLIENT", "BEGINS", "STATE", "EXPIRES", "LAST USED", "SCOPES"},
	show: func(key store.APIKey) view.Key { return view.KeyOf(key, clock.System{}.Now()) },
	cells: func(key view.Key) []any {
		return []any{key.ID, key.Client, key.Prefix, key.State, timeOrDash(key.ExpiresAt), timeOrDash(key.LastUsedAt), strings.Join(key.Scopes, ",")}
	},
}

func rotateAPIKeyCommand() *cobra.Command {
	var overlap, expires string
	rotate := &cobra.Command{
		Use:   "rotate KEY",
		Short: "Replace a key, ak_...: print a new token, and end the old key after an overlap",
		Long: "Makes a key of the same client with the same scopes and prints its token, this once. The old key stays valid for the overlap, so that " +
			"nothing is refused while the new one is put in its place. Both see the same bookings and share idempotency keys.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			lasts, err := parseDays(overlap)
			if err != nil || lasts < 0 {
				return misused("invalid --overlap %q: use a time such as 24h or 2d; 0h ends the old key at once", overlap)
			}
			now := clock.System{}.Now()
			var end *time.Time
			if cmd.Flags().Changed("expires") {
				if end, err = parseEnd(expires, now); err != nil {
					return err
				}
			}
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "api-key", func(books *store.Store) error {
				key, token, err := books.RotateAPIKey(ctx, store.Rotation{KeyID: args[0], Overlap: lasts, ExpiresAt: end, By: actor(ctx)}, now)
				if err != nil {
					return noSuchKey(args[0], err)
				}
				return printToken(cmd, key, token)
			})
		},
	}
	rotate.Flags().StringVar(&overlap, "overlap", "24h", "how long the old key stays valid")
	rotate.Flags().StringVar(&expires, "expires", "", "for how long the new key is valid; left out, as long as the old one was made for")
	return rotate
}

func revokeAPIKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke KEY",
		Short: "End an API key, ak_..., from the next request on",
		Long:  "Ends one key. What its client owns stays, and the client's other keys go on working. Harmless when repeated.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "api-key", func(books *store.Store) error {
				if err := books.RevokeAPIKey(ctx, args[0], actor(ctx)); err != nil {
					return noSuchKey(args[0], err)
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "key %s is revoked\n", args[0])
				return err
			})
		},
	}
}

func noSuchKey(id string, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("there is no API key %q: see api-key list", id)
	}
	return err
}

package command

import (
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
	return group("api-key", "Create, list, rotate and revoke the API keys of clients",
		"api-key create --client NAME --scope SCOPES, api-key list, api-key rotate KEY, or api-key revoke KEY",
		createAPIKeyCommand(), listAPIKeysCommand(), rotateAPIKeyCommand(), revokeAPIKeyCommand())
}

func createAPIKeyCommand() *cobra.Command {
	var client, scopes, expires, token string
	create := &cobra.Command{
		Use:   "create --client NAME --scope SCOPES",
		Short: "Create an API key and print its token once",
		Long: "Creates a key for an existing client (see client create) and prints its " +
			"token. Only a hash of the token is stored. The scopes:\n\n" +
			scopeTable(),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			granted, err := access.ParseScopes(scopes)
			if err != nil {
				return misused("invalid --scope: %w", err)
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
				return misused("--token is for development: other users of a machine can read the arguments of its processes; leave it out to have " +
					"a token generated")
			}
			ctx := correlated(cmd.Context())
			return withStore(ctx, cfg, log, func(books *store.Store) error {
				owner, err := findClient(ctx, books, client)
				if err != nil {
					return err
				}
				key, drawn, err := books.CreateAPIKey(ctx, store.NewAPIKey{ClientID: owner.ID, Scopes: granted, ExpiresAt: end, Token: token},
					actor(ctx))
				if err != nil || token != "" {
					return err
				}
				return printToken(cmd, key, drawn)
			})
		},
	}
	create.Flags().StringVar(&client, "client", "", "the client of the key: its name or id (cl_...)")
	create.Flags().StringVar(&scopes, "scope", "", "what the key may do, separated by commas: "+access.All().String())
	create.Flags().StringVar(&expires, "expires", "never", "lifetime, such as 90d or 12h, or never")
	create.Flags().StringVar(&token, "token", "", "use this token, in development only; safe to repeat")
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

// printToken writes only the token to standard output, for scripts, and describes the key on standard error.
func printToken(cmd *cobra.Command, key store.APIKey, token string) error {
	// the token matters
	_ = printText(cmd.ErrOrStderr(), "Key %s of client %s, scopes %s, %s\n", key.KeyID, key.ClientName, key.Scopes, endText(key.ExpiresAt))
	_, err := fmt.Fprintln(cmd.OutOrStdout(), token)
	return err
}

func endText(at *time.Time) string {
	if at == nil {
		return "does not expire"
	}
	return "expires " + at.Format(time.RFC3339)
}

// parseEnd reads "90d", "12h" or "never".
func parseEnd(text string, now time.Time) (*time.Time, error) {
	if text == "never" {
		return nil, nil
	}
	life, err := parseDays(text)
	if err != nil || life <= 0 {
		return nil, misused("invalid --expires %q: must be a duration such as 90d or 12h, or never", text)
	}
	end := now.Add(life).UTC()
	return &end, nil
}

func listAPIKeysCommand() *cobra.Command {
	var flags listFlags
	var client string
	list := &cobra.Command{
		Use:   "list",
		Short: "List API keys, oldest first",
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
				keys, err := allOf(0, func(after uint64) ([]store.APIKey, error) {
					filter.After = after
					return books.APIKeys(cmd.Context(), filter)
				}, func(key store.APIKey) uint64 { return key.ID })
				if err != nil {
					return err
				}
				return listedKeys.print(cmd, flags, keys)
			})
		},
	}
	list.Flags().StringVar(&client, "client", "", "only keys of the client with this name or id")
	flags.add(list)
	return list
}

var listedKeys = listing[store.APIKey, view.Key]{
	name: "apiKeys", header: []any{"KEY", "CLIENT", "BEGINS", "STATE", "EXPIRES", "LAST USED", "SCOPES"},
	show: func(key store.APIKey) view.Key { return view.KeyOf(key, clock.System{}.Now()) },
	cells: func(key view.Key) []any {
		return []any{
			key.ID, key.Client, key.Prefix, key.State, timeOrDash(key.ExpiresAt), timeOrDash(key.LastUsedAt),
			strings.Join(key.Scopes, ","),
		}
	},
}

func rotateAPIKeyCommand() *cobra.Command {
	var overlap, expires string
	rotate := &cobra.Command{
		Use:   "rotate KEY",
		Short: "Replace a key (ak_...): print a new token, and end the old key after an overlap",
		Long: "Creates a key with the same client and scopes and prints its token once. The old key stays valid for the overlap, so that no " +
			"request is refused during the change. Both keys see the same bookings and share idempotency keys.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			lasts, err := parseDays(overlap)
			if err != nil || lasts < 0 {
				return misused("invalid --overlap %q: must be a duration such as 24h or 2d; 0h ends the old key at once", overlap)
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
					return orMissing(err, "no API key has the id %q: see api-key list", args[0])
				}
				return printToken(cmd, key, token)
			})
		},
	}
	rotate.Flags().StringVar(&overlap, "overlap", "24h", "how long the old key stays valid")
	rotate.Flags().StringVar(&expires, "expires", "", "lifetime of the new key; default: that of the old key")
	return rotate
}

func revokeAPIKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke KEY",
		Short: "Revoke an API key (ak_...) with effect from the next request",
		Long:  "Ends one key. What its client owns stays, and the client's other keys stay valid. Safe to repeat.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := correlated(cmd.Context())
			return booksCommand(cmd, "api-key", func(books *store.Store) error {
				if err := books.RevokeAPIKey(ctx, args[0], actor(ctx)); err != nil {
					return orMissing(err, "no API key has the id %q: see api-key list", args[0])
				}
				return printText(cmd.OutOrStdout(), "Revoked key %s\n", args[0])
			})
		},
	}
}

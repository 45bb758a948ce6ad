package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"farebook/internal/config"
	"farebook/store"
)

func apiKeyCommand() *cobra.Command {
	group := &cobra.Command{
		Use:   "api-key",
		Short: "Make and revoke API keys",
		Args:  cobra.NoArgs,
		// Without it, a mistyped command would print help and succeed.
		RunE: func(*cobra.Command, []string) error {
			return errors.New("api-key: say what to do: api-key create --name NAME, or api-key revoke --name NAME")
		},
	}
	group.AddCommand(createAPIKeyCommand(), revokeAPIKeyCommand())
	return group
}

func createAPIKeyCommand() *cobra.Command {
	var key store.APIKey
	var token string
	create := &cobra.Command{
		Use:   "create --name NAME",
		Short: "Make an API key and print its token, this once",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if key.Name == "" || len(key.Name) > maxKeyName {
				return fmt.Errorf("--name: give the caller a name of 1 to %d bytes", maxKeyName)
			}
			cfg, log, err := load(cmd.ErrOrStderr(), "api-key", config.Database)
			if err != nil {
				return err
			}
			if token != "" && cfg.Production() {
				return errors.New("--token: other users of a machine can read its processes' arguments; leave it out, and one is drawn")
			}
			return withStore(cmd.Context(), cfg, log, func(books *store.Store) error {
				if token != "" {
					return books.CreateAPIKeyWithToken(cmd.Context(), key, token)
				}
				drawn, err := books.CreateAPIKey(cmd.Context(), key)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), drawn)
				return err
			})
		},
	}
	create.Flags().StringVar(&key.Name, "name", "", "who will use the key")
	create.Flags().StringVar(&token, "token", "", "a throw-away token that is known already; development only, harmless when repeated")
	create.Flags().BoolVar(&key.ReadOnly, "read-only", false, "a key that may read and nothing else")
	create.Flags().BoolVar(&key.Operator, "operator", false, "a key that may also reconcile, and read what was found of every caller's bookings")
	return create
}

func revokeAPIKeyCommand() *cobra.Command {
	var name string
	revoke := &cobra.Command{
		Use:   "revoke --name NAME",
		Short: "End every API key of a name, from the next request on",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, log, err := load(cmd.ErrOrStderr(), "api-key", config.Database)
			if err != nil {
				return err
			}
			return withStore(cmd.Context(), cfg, log, func(books *store.Store) error {
				err := books.RevokeAPIKey(cmd.Context(), name)
				if errors.Is(err, store.ErrNotFound) {
					return fmt.Errorf("--name: there is no valid key of the name %q", name)
				}
				return err
			})
		},
	}
	revoke.Flags().StringVar(&name, "name", "", "whose keys to end")
	return revoke
}

const maxKeyName = 100

func withStore(ctx context.Context, cfg config.Config, log *slog.Logger, work func(*store.Store) error) error {
	books, err := store.Open(ctx, cfg.DatabaseDSN, log)
	if err != nil {
		return err
	}
	return errors.Join(work(books), books.Close())
}

package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/store"
)

// Revoking ends the keys of that very name, and leaves those of names that look alike.
func TestRevokeEndsThatNameAlone(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	tokens := map[string]string{}
	for _, name := range []string{"shop", "Shop", "shóp", "shop "} {
		token, err := b.Store.CreateAPIKey(t.Context(), store.APIKey{Name: name})
		require.NoError(t, err)
		tokens[name] = token
	}
	require.NoError(t, b.Store.RevokeAPIKey(t.Context(), "shop"))
	require.ErrorIs(t, b.Store.RevokeAPIKey(t.Context(), "shop"), store.ErrNotFound)
	for name, token := range tokens {
		_, err := b.Store.Authenticate(t.Context(), token)
		if name == "shop" {
			require.ErrorIs(t, err, store.ErrNotFound)
			continue
		}
		require.NoError(t, err, "%q", name)
	}
}

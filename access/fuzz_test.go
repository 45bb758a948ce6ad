package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
)

// Whatever scopes a key asks for, those that are taken exist, are written as a text that is read as the same set, and grant nothing beyond
// themselves.
func FuzzScopes(f *testing.F) {
	for _, seed := range []string{"bookings:read", "admin, bookings:read,admin", "", ",", "Admin", "bookings:read\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		scopes, err := access.ParseScopes(text)
		if err != nil {
			return
		}
		require.NotEmpty(t, scopes)
		again, err := access.ParseScopes(scopes.String())
		require.NoError(t, err)
		require.Equal(t, scopes, again)
		require.Equal(t, scopes, access.StoredScopes(scopes.String()))
		require.Empty(t, scopes.Beyond(scopes))
		require.Empty(t, scopes.Beyond(access.All()))
	})
}

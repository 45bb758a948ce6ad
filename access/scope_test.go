package access_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
)

func TestScopesAreASetInTheOrderOfTheDocumentation(t *testing.T) {
	t.Parallel()
	scopes, err := access.ParseScopes(" refunds:write, bookings:read ,refunds:write,")
	require.NoError(t, err)
	require.Equal(t, "bookings:read,refunds:write", scopes.String())
	require.True(t, scopes.Has(access.RefundsWrite))
	require.False(t, scopes.Has(access.BookingsWrite), "refunds:write is not bookings:write")
}

func TestUnknownScopesAreNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"bookings:read,bookings": `unknown scope "bookings"`,
		"Admin":                  `unknown scope "Admin"`,
		"*":                      `unknown scope "*"`,
		"":                       "no scope",
		" , ":                    "no scope",
	} {
		_, err := access.ParseScopes(text)
		require.ErrorContains(t, err, want, "%q", text)
		require.ErrorContains(t, err, "finance:write", "the error lists what exists")
	}
}

// An older process must neither fail over a scope that a newer one has granted, nor act on it.
func TestStoredScopesOfALaterReleaseAreLeftOut(t *testing.T) {
	t.Parallel()
	require.Equal(t, access.Scopes{access.BookingsRead}, access.StoredScopes("bookings:read,seats:write"))
	require.Empty(t, access.StoredScopes(""))
}

func TestEveryScopeIsDocumentedOnce(t *testing.T) {
	t.Parallel()
	seen := map[access.Scope]bool{}
	for _, rule := range access.Rules() {
		require.NotEmpty(t, rule.Allows, rule.Scope)
		require.False(t, seen[rule.Scope], rule.Scope)
		seen[rule.Scope] = true
	}
	require.Len(t, access.All(), len(seen))
}

func TestIDsHaveTheirShape(t *testing.T) {
	t.Parallel()
	require.True(t, access.IsKeyID(access.NewKeyID()))
	require.True(t, access.IsClientID(access.NewClientID()))
	require.True(t, access.IsProposalCode(access.NewProposalCode()))
	for _, text := range []string{
		"", "ak_", "ak_7K2M9QXA4", "ak_7K2M9QXA4TT", "ak_7k2m9qxa4t", "cl_7K2M9QXA4T", "ak_7K2M9QXA4I",
		" ak_7K2M9QXA4T",
	} {
		require.False(t, access.IsKeyID(text), "%q", text)
	}
}

// A key grants others at most what it holds.
func ExampleScopes_Beyond() {
	holder, _ := access.ParseScopes("bookings:read,admin")
	asked, _ := access.ParseScopes("bookings:read,bookings:write,finance:read")
	fmt.Println(asked.Beyond(holder))
	// Output: bookings:write,finance:read
}

package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
)

func TestRolesHaveTheScopesOfTheirWork(t *testing.T) {
	t.Parallel()
	for _, rule := range access.RoleRules() {
		scopes := rule.Role.Scopes()
		require.NotEmpty(t, scopes, rule.Role)
		require.NotEmpty(t, rule.Allows, rule.Role)
		require.True(t, scopes.Has(access.OperationsRead), "%s sees every client's bookings", rule.Role)
		require.False(t, scopes.Has(access.FinanceWrite) && scopes.Has(access.Admin), "%s could be both operators of a month end", rule.Role)
		named, err := access.ParseRole(string(rule.Role))
		require.NoError(t, err)
		require.Equal(t, rule.Role, named)
	}
	require.False(t, access.Viewer.Scopes().Has(access.OperationsWrite))
	require.False(t, access.Viewer.Scopes().Has(access.RefundsWrite))
	require.False(t, access.Support.Scopes().Has(access.Admin), "support sees no keys")
	require.Empty(t, access.Role("owner").Scopes())
	_, err := access.ParseRole("owner")
	require.ErrorContains(t, err, "viewer, support, finance, admin")
}

func TestOneRoleCounts(t *testing.T) {
	t.Parallel()
	require.Equal(t, access.Finance, access.Strongest([]access.Role{access.Finance, access.Viewer}))
	require.Equal(t, access.Administrator, access.Strongest([]access.Role{access.Administrator, access.Finance}))
	require.Empty(t, access.Strongest(nil))
}

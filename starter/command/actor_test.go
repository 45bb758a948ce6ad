package command_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/starter/command"
)

// Under sudo an operator is who has called it. Without root, the variable is anybody's: nobody becomes a second operator by it.
func TestOnlyRootActsForAnotherUser(t *testing.T) {
	t.Parallel()
	as := func(effective int, caller string) access.Actor {
		return access.Actor{Name: command.ActorName(effective, func(name string) string {
			return map[string]string{"SUDO_USER": caller}[name]
		})}
	}
	require.True(t, strings.HasSuffix(as(0, "alice").Name, " for alice"), as(0, "alice").Name)
	require.False(t, as(0, "alice").Is(as(0, "bob")))
	require.True(t, as(0, "alice").Is(access.Actor{Name: "alice@laptop"}))
	require.Equal(t, as(1000, ""), as(1000, "alice"))
	require.True(t, as(1000, "alice").Is(as(1000, "bob")))
}

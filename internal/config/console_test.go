package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/access"
	"farebook/internal/config"
)

// consoleAt is an environment of development with a console.
func consoleAt(more ...string) []string {
	return append([]string{
		"CONSOLE_ISSUER=https://login.example.com/", "CONSOLE_URL=https://farebook.example.com/", "CONSOLE_CLIENT_ID=farebook",
	}, more...)
}

func TestThereIsNoConsoleWithoutAnIssuer(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.LoadFrom([]string{"CONSOLE_CLIENT_ID=farebook"}, config.Browser)
	require.NoError(t, err)
	require.False(t, cfg.Console.On())
}

func TestTheConsoleIsReadWithItsDefaults(t *testing.T) {
	t.Parallel()
	cfg, _, err := config.LoadFrom(consoleAt(), config.Browser)
	require.NoError(t, err)
	require.Equal(t, config.Console{
		Issuer: "https://login.example.com/", URL: "https://farebook.example.com", ClientID: "farebook", Scopes: []string{"openid", "profile"},
		RoleClaim: "roles", Idle: 30 * time.Minute, Limit: 12 * time.Hour,
		Roles: map[string]access.Role{
			"viewer": access.Viewer, "support": access.Support, "finance": access.Finance, "admin": access.Administrator,
		},
	}, cfg.Console)
	cfg, _, err = config.LoadFrom(consoleAt("CONSOLE_ROLES=viewer:team:all, support:team:desk"), config.Browser)
	require.NoError(t, err)
	require.Equal(t, map[string]access.Role{"team:all": access.Viewer, "team:desk": access.Support}, cfg.Console.Roles)
}

func TestWhatIsWrongWithTheConsoleIsNamed(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"CONSOLE_URL=farebook.example.com":              "CONSOLE_URL",
		"CONSOLE_URL=https://farebook.example.com/shop": "without a path",
		"CONSOLE_URL=":                           "CONSOLE_URL is not set",
		"CONSOLE_ISSUER=ftp://login.example.com": "CONSOLE_ISSUER",
		"CONSOLE_CLIENT_ID=":                     "CONSOLE_CLIENT_ID is not set",
		"CONSOLE_SCOPES=profile":                 "openid",
		"CONSOLE_ROLES=owner:all":                `CONSOLE_ROLES has "owner:all"`,
		"CONSOLE_ROLES=viewer:all,admin:all":     "two roles",
		"CONSOLE_SESSION_IDLE=1s":                "CONSOLE_SESSION_IDLE",
		"CONSOLE_SESSION_IDLE=24h":               "above CONSOLE_SESSION_LIMIT",
		"CONSOLE_TEMPORAL_UI=temporal":           "CONSOLE_TEMPORAL_UI",
	} {
		_, _, err := config.LoadFrom(consoleAt(line), config.Browser)
		require.ErrorContains(t, err, want, line)
	}
	_, _, err := config.LoadFrom(consoleAt("APP_ENV=production", "CONSOLE_URL=http://farebook.example.com"), config.Browser)
	require.ErrorContains(t, err, "https://", "production sends no session over the network unencrypted")
}

package command_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/config"
	"farebook/internal/dev/testdb"
	"farebook/starter/command"
)

// run executes the command line as main does.
func run(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	root := command.Root()
	var out, log bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&log)
	root.SetArgs(args)
	err = root.ExecuteContext(t.Context())
	return out.String(), log.String(), err
}

// Wrong flags are named; keys are listed, rotated and revoked by their id, and the audit log tells who did it.
func requireKeyCommands(t *testing.T, db *testdb.DB) {
	for want, args := range map[string][]string{
		"--scope":               {"--client", "test"},
		`unknown scope "write"`: {"--client", "test", "--scope", "write"},
		"--client":              {"--scope", "admin"},
		`no client is named`:    {"--client", "nobody", "--scope", "admin"},
		"--expires":             {"--client", "test", "--scope", "admin", "--expires", "90"},
	} {
		_, _, err := run(t, append([]string{"api-key", "create"}, args...)...)
		require.ErrorContains(t, err, want)
	}
	token, shown, err := run(t, "api-key", "create", "--client", "test", "--scope", "bookings:read", "--expires", "90d")
	require.NoError(t, err)
	key := regexp.MustCompile(`ak_[0-9A-Z]{10}`).FindString(shown)
	rotated, _, err := run(t, "api-key", "rotate", key, "--overlap", "24h")
	require.NoError(t, err)
	require.NotEqual(t, token, rotated)
	for range 2 {
		_, _, err = run(t, "api-key", "revoke", key)
		require.NoError(t, err, "harmless when repeated")
	}
	_, _, err = run(t, "api-key", "rotate", key)
	require.ErrorContains(t, err, "revoked or has expired")
	_, _, err = run(t, "api-key", "revoke", "ak_0000000000")
	require.ErrorContains(t, err, "no API key has the id")
	list, _, err := run(t, "api-key", "list", "--client", "test")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^`+key+`\s+test\s+`+token[:8]+`\s+revoked\s`, list)
	require.NotContains(t, list, strings.TrimSpace(rotated))
	log, _, err := run(t, "audit", "--subject", key, "--format", "json")
	require.NoError(t, err)
	var logged struct {
		Entries []struct{ Action, Actor, CorrelationID string }
	}
	require.NoError(t, json.Unmarshal([]byte(log), &logged))
	entries := logged.Entries
	require.Len(t, entries, 3)
	host, err := os.Hostname()
	require.NoError(t, err)
	for i, action := range []string{"api-key.revoke", "api-key.rotate", "api-key.create"} {
		require.Equal(t, action, entries[i].Action)
		require.Contains(t, entries[i].Actor, "@"+host)
		require.NotEmpty(t, entries[i].CorrelationID)
	}
	require.Equal(t, 1, db.Count(t, "SELECT COUNT(*) FROM api_keys WHERE revoked_at IS NOT NULL"))
}

// The commands around the database, on an empty server: migrate twice, make a key, verify; then break a promise.
func TestDatabaseCommands(t *testing.T) {
	db := testdb.Empty(t)
	t.Setenv("DATABASE_DSN", db.AppDSN)
	t.Setenv("DATABASE_ADMIN_DSN", db.AdminDSN)
	for range 2 {
		_, _, err := run(t, "migrate")
		require.NoError(t, err)
	}

	id, _, err := run(t, "client", "create", "test")
	require.NoError(t, err)
	require.Regexp(t, `^cl_[0-9A-Z]{10}\n$`, id)
	_, _, err = run(t, "client", "create", "test")
	require.ErrorContains(t, err, "already")
	token, _, err := run(t, "api-key", "create", "--client", "test", "--scope", "bookings:read,bookings:write,refunds:write")
	require.NoError(t, err)
	require.Regexp(t, `^fbk_[A-Za-z0-9_-]{43}\n$`, token)
	require.Equal(t, 1, db.Count(t, "SELECT COUNT(*) FROM api_keys WHERE token_sha256 = UNHEX(SHA2(?, 256))", strings.TrimSpace(token)))
	for range 2 {
		_, _, err = run(t, "api-key", "create", "--client", strings.TrimSpace(id), "--scope", "admin", "--token", "fbk_known")
		require.NoError(t, err)
	}
	require.Equal(t, 2, db.Count(t, "SELECT COUNT(*) FROM api_keys"))
	requireKeyCommands(t, db)
	t.Setenv("APP_ENV", "production")
	_, _, err = run(t, "api-key", "create", "--client", "test", "--scope", "admin", "--token", "fbk_other")
	require.ErrorContains(t, err, "--token")

	table, _, err := run(t, "verify", "--books")
	require.NoError(t, err)
	require.Contains(t, table, "checks hold")
	require.NotContains(t, table, "NO ")
	db.Exec(t, `INSERT INTO bookings (reference, api_key_id, status, customer_name, customer_email, customer_locale, flight_json, amount, currency,
		hold_expires_at, correlation_id, created_at, updated_at)
		SELECT 'FB-00000000', id, 'confirmed', '', '', 'en', '{}', 1, 'USD', NOW(), '', NOW(), NOW() FROM api_keys LIMIT 1`)
	table, _, err = run(t, "verify", "--books")
	require.ErrorIs(t, err, command.ErrBroken)
	require.Regexp(t, `(?m)^6\s+NO\s+each confirmed booking has captured money`, table)
	require.Contains(t, table, "checks failed")
}

func TestUnknownFlagsAndArguments(t *testing.T) {
	for _, args := range [][]string{
		{"serve", "--port", "1"},
		{"verify", "extra"},
		{"nonsense"},
		{"api-key", "nonsense"},
		{"migrate", "down"},
	} {
		_, _, err := run(t, args...)
		require.Error(t, err, args)
	}
}

// Production refuses to serve, naming all that is missing.
func TestServeRefusesAnIncompleteProduction(t *testing.T) {
	t.Setenv("APP_ENV", "production")
	_, _, err := run(t, "serve")
	var problems config.ProblemsError
	require.ErrorAs(t, err, &problems)
	for _, name := range []string{"TEMPORAL_ADDRESS", "DATABASE_DSN", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "SMTP_HOST"} {
		require.ErrorContains(t, err, name)
	}
}

// Asked to stop, the API takes nothing new and ends what is under way.
func TestServeStopsInGoodOrder(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	entered, release := make(chan struct{}), make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "done") // read by the test
	})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- command.Serve(ctx, listener, handler, slog.New(slog.DiscardHandler)) }()
	answered := make(chan string, 1)
	go func() {
		response, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			answered <- err.Error()
			return
		}
		defer func() { _ = response.Body.Close() }() // read whole
		body, _ := io.ReadAll(response.Body)         // a broken one is not "done"
		answered <- string(body)
	}()
	<-entered
	stop()
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err == nil {
			_ = conn.Close() // only that it opens matters
		}
		return err != nil
	}, time.Minute, 10*time.Millisecond)
	close(release)
	require.Equal(t, "done", <-answered)
	require.NoError(t, <-served)
}

package test

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/testdb"
	"farebook/internal/dev/testkit"
	"farebook/migrations"
)

// nowhere is an address where nothing listens: port 1 is never given out.
const nowhere = "127.0.0.1:1"

// ended runs a program to its end, for as long as a test waits for anything, and returns its code with all that it said.
func ended(t *testing.T, command *exec.Cmd) (code int, said string) {
	t.Helper()
	var all bytes.Buffer
	command.Stdout, command.Stderr = &all, &all
	stop, cancel := context.WithTimeout(t.Context(), testkit.Patience)
	defer cancel()
	defer context.AfterFunc(stop, func() { _ = command.Process.Kill() })() // its code then says so
	require.NoError(t, command.Start())
	_ = command.Wait() // the code is what is asked for
	return command.ProcessState.ExitCode(), all.String()
}

// A script can tell what a command found from how it was called, and both from an outage.
func TestExitCodesTellFindingsMisuseAndOutagesApart(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	versions, err := migrations.Versions()
	require.NoError(t, err)
	older := testdb.Empty(t)
	require.NoError(t, migrations.UpTo(t.Context(), older.AdminDSN, older.AppDSN, versions[len(versions)-2]))
	unmigrated := []string{"DATABASE_DSN=" + older.AppDSN}
	at := strings.NewReplacer("@tcp("+hostOf(s.Config.DatabaseDSN)+")", "@tcp("+nowhere+")")
	for _, c := range []struct {
		name, program, args, says string
		env                       []string
		code                      int
	}{
		{"a list", "starter", "events list", "EVENT", nil, 0},
		{"promises that hold", "starter", "verify", "checks hold", nil, 0},
		{"no command", "starter", "", "Available Commands", nil, 0},
		{"an unknown command", "starter", "verfy", "did you mean verify?", nil, 2},
		{"an unknown command in a group", "starter", "events remove", "needs a subcommand", nil, 2},
		{"an unknown flag", "starter", "verify --nonsense", "unknown flag", nil, 2},
		{"an unknown format", "starter", "verify --format x", "must be table or json", nil, 2},
		{"an argument too many", "starter", "verify extra", "unknown command", nil, 2},
		{"an invalid number", "starter", "events list --limit x", "invalid argument", nil, 2},
		{"a bound", "starter", "events list --limit 0", "must be from 1 to 500", nil, 2},
		{"an invalid reference", "starter", "emails list x", "is not a booking", nil, 2},
		{"a plan that is not named", "starter", "reconcile --apply=", "--apply is empty", nil, 2},
		{"an invalid workflow type", "starter", "replay --type a.b", "must be a workflow type", nil, 2},
		{"an invalid number of histories", "starter", "replay --closed -1", "must be from 0 to", nil, 2},
		{"an invalid configuration", "starter", "verify", "APP_ENV", []string{"APP_ENV=prod"}, 2},
		{"no administrator's database", "starter", "migrate", "DATABASE_ADMIN_DSN is not set", []string{"DATABASE_ADMIN_DSN="}, 2},
		{
			"a wrong password", "starter", "verify --books", "Access denied",
			[]string{"DATABASE_DSN=nobody:x@tcp(" + hostOf(s.Config.DatabaseDSN) + ")/x"},
			2,
		},
		{"no such namespace", "starter", "schedule show", "nowhere", []string{"TEMPORAL_NAMESPACE=nowhere"}, 2},
		{"a key that Stripe refuses", "starter", "verify", "unauthorized", []string{"STRIPE_SECRET_KEY=sk_test_" + "another"}, 2},
		{"no database", "starter", "verify --books", "does not answer", []string{"DATABASE_DSN=" + at.Replace(s.Config.DatabaseDSN)}, 3},
		{"no Temporal", "starter", "setup", "TEMPORAL_ADDRESS", []string{"TEMPORAL_ADDRESS=" + nowhere}, 3},
		{"no Temporal to replay from", "starter", "replay", "connection refused", []string{"TEMPORAL_ADDRESS=" + nowhere}, 3},
		{"no Stripe", "starter", "verify", "Other checks could not be made", []string{"STRIPE_API_BASE=http://" + nowhere}, 3},
		{"a command on an older schema", "starter", "verify --books", "run `starter migrate`", unmigrated, 2},
		{"an API on an older schema", "starter", "serve", "run `starter migrate`", unmigrated, 2},
		{"a worker on an older schema", "worker", "", "run `starter migrate`", unmigrated, 2},
		{"no such booking", "starter", "emails list FB-00000000", "no booking has the reference", nil, 4},
		{"no such event", "starter", "events show evt_none", "the inbox has no event", nil, 4},
		{"no such run", "starter", "reconcile show recon_none", "no reconciliation has the id", nil, 4},
		{"the worker's help", "worker", "--help", "Polls Temporal's task queues", nil, 0},
		{"the worker's version", "worker", "--version", "farebook ", nil, 0},
		{"the starter's version", "starter", "--version", "farebook ", nil, 0},
		{"a worker with an argument", "worker", "serve", "unknown command", nil, 2},
		{"a worker with a flag", "worker", "--queue x", "unknown flag", nil, 2},
		{"a worker without a configuration", "worker", "", "SMTP_TLS", []string{"SMTP_TLS=ssl"}, 2},
		{"a worker without a database", "worker", "", "does not answer", []string{"DATABASE_DSN=" + at.Replace(s.Config.DatabaseDSN)}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			program := map[string]func(...string) *exec.Cmd{"starter": s.StarterCommand, "worker": s.WorkerCommand}[c.program]
			command := program(strings.Fields(c.args)...)
			command.Env = append(command.Env, c.env...)
			code, said := ended(t, command)
			require.Equal(t, c.code, code, said)
			require.Contains(t, said, c.says)
			require.NotContains(t, said, testkit.StripeKey)
		})
	}
}

// What was found goes before what could not be asked.
func TestExitCodeOfABrokenPromise(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	s.DB.Exec(t, `INSERT INTO bookings (reference, api_key_id, status, customer_name, customer_email, customer_locale, flight_json, amount, currency,
		hold_expires_at, correlation_id, created_at, updated_at)
		SELECT 'FB-00000000', id, 'confirmed', '', '', 'en', '{}', 1, 'USD', NOW(), '', NOW(), NOW() FROM api_keys LIMIT 1`)
	for _, env := range [][]string{nil, {"STRIPE_API_BASE=http://" + nowhere}} {
		command := s.StarterCommand("verify")
		command.Env = append(command.Env, env...)
		code, said := ended(t, command)
		require.Equal(t, 1, code, said)
		require.Contains(t, said, "each confirmed booking has captured money")
		require.Equal(t, env != nil, strings.Contains(said, "starter: read Stripe's balance"), said)
	}
}

// The shell's completion scripts are for the shell: bash reads its own.
func TestShellCompletion(t *testing.T) {
	t.Parallel()
	s := testkit.New(t, testkit.Options{NoWorker: true})
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		code, script := ended(t, s.StarterCommand("completion", shell))
		require.Zero(t, code)
		require.Contains(t, script, "starter", shell)
		if shell == "bash" {
			check := exec.CommandContext(t.Context(), "bash", "-n")
			check.Stdin = strings.NewReader(script)
			output, err := check.CombinedOutput()
			require.NoError(t, err, "%s", output)
		}
	}
	for asked, offers := range map[string]string{
		"verify --format ": "json", "events list --state ": "processing",
		"reconcile show recon_x --format ": "csv", "eve": "events",
	} {
		_, offered := ended(t, s.StarterCommand(append([]string{"__complete"}, strings.Split(asked, " ")...)...))
		require.Contains(t, offered, offers, asked)
	}
}

// hostOf is the host and port of a DSN.
func hostOf(dsn string) string {
	_, rest, _ := strings.Cut(dsn, "@tcp(")
	host, _, _ := strings.Cut(rest, ")")
	return host
}

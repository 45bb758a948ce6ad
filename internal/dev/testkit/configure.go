package testkit

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/config"
	"farebook/internal/dev/freeport"
)

// configure reads the configuration from environment variables, as a deployment does.
func (s *Stack) configure(httpAddr string, options Options) {
	reached := s.addresses(options.Latency)
	host, port, err := net.SplitHostPort(reached.mail)
	require.NoError(s.T, err)
	temporal := options.TemporalAddress
	if temporal == "" {
		temporal = temporalAddress(s.T)
	}
	level := "debug"
	if options.Quiet {
		level = "error"
	}
	database := reached.database
	if options.LogStatements {
		database = s.DB.Logged(s.T, database)
	}
	s.env = []string{
		"APP_ENV=development", "LOG_LEVEL=" + level,
		"DATABASE_DSN=" + database,
		"STRIPE_SECRET_KEY=" + StripeKey, "STRIPE_API_BASE=" + reached.stripe, "STRIPE_WEBHOOK_SECRET=" + WebhookSecret,
		"SMTP_HOST=" + host, "SMTP_PORT=" + port, "SMTP_TLS=none", "SMTP_FROM=Farebook <bookings@farebook.example>",
		"FINANCE_EMAIL=finance@canary-mail.example", "SWEEP_INTERVAL=" + cmp.Or(options.Sweep, 500*time.Millisecond).String(),
		"STRIPE_LIST_LAG=" + cmp.Or(options.ListLag, time.Second).String(),
		"MAILS_PER_ADDRESS_HOUR=" + strconv.Itoa(cmp.Or(options.MailsPerAddress, 1_000_000)),
		"RECONCILE_LAG=" + options.Lag.String(), "RECONCILE_OVERDUE=" + options.Overdue.String(),
		"RECONCILE_CALLS_PER_SECOND=" + strconv.Itoa(cmp.Or(options.CallsPerSecond, 1000)),
		"FENCE_LOOK_INTERVAL=" + cmp.Or(options.FenceLook, time.Hour).String(),
		"TEMPORAL_ADDRESS=" + temporal, "HTTP_ADDR=" + httpAddr, "ADMIN_ADDR=none",
		// One key and one address send what many clients would send, so the limits are out of reach.
		"RATE_READS_PER_SECOND=100000", "RATE_WRITES_PER_SECOND=100000", "RATE_WEBHOOKS_PER_SECOND=100000",
		"HTTP_MAX_CONNECTIONS_PER_ADDRESS=2000",
		"CONSOLE_URL=http://" + httpAddr, "CONSOLE_CLIENT_ID=farebook", // of the console, which is off until Env names an issuer
		"FAREBOOK_TASK_QUEUE=" + s.DB.Name, "FAREBOOK_HOLD_MINUTE=" + cmp.Or(options.HoldMinute, time.Minute).String(),
	}
	if options.MailPassword != "" {
		s.env = append(s.env, "SMTP_USERNAME=farebook", "SMTP_PASSWORD="+options.MailPassword)
	}
	s.env = append(s.env, "WEBHOOK_KEY_FILE="+s.webhookKeyFile(), "WEBHOOK_ALLOW_LOOPBACK=true")
	if options.Others != "" {
		s.env = append(s.env, "OTHER_INTEGRATIONS="+options.Others)
	}
	if options.SealKey != "" {
		s.env = append(s.env, "LEDGER_SEAL_KEY_FILE="+options.SealKey)
	}
	if options.Unprepared {
		s.env = append(s.env, "TEMPORAL_NAMESPACE=farebook")
	}
	if options.Steps == InWorker || options.NoWorker || options.WorkerFailpoint != "" {
		s.env = append(s.env, "API_WORKER=false")
	}
	if options.Heal != "" {
		s.env = append(s.env, "RECONCILE_HEAL="+options.Heal)
	}
	if options.PayPage {
		s.env = append(s.env, "PAY_URL=http://"+httpAddr, "PAY_LINK_KEYS="+PayLinkKey, "STRIPE_PUBLISHABLE_KEY="+PublishableKey)
	}
	s.env = append(s.env, options.Env...)
	if options.SecretFiles {
		s.useSecretFiles()
	}
	s.Config, _, err = config.LoadFrom(s.env)
	require.NoError(s.T, err)
	if options.Admin {
		s.AdminOfAPI, s.AdminOfWorker = freeAddress(s.T), freeAddress(s.T)
	}
}

// webhookKeyFile writes the key from which the secrets of webhook endpoints derive.
func (s *Stack) webhookKeyFile() string {
	file := filepath.Join(s.T.TempDir(), "webhook-keys")
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("webhook-"), 4))
	require.NoError(s.T, os.WriteFile(file, []byte(key+"\n"), 0o600))
	return file
}

// freeAddress is an address for a listener that is opened again after each death of its process.
func freeAddress(t testing.TB) string {
	t.Helper()
	port, err := freeport.Next()
	require.NoError(t, err)
	return "127.0.0.1:" + strconv.Itoa(port)
}

// withAdmin is the configuration for a process with an admin address, which may be empty.
func (s *Stack) withAdmin(address string) config.Config {
	cfg := s.Config
	cfg.Admin.Addr = address
	return cfg
}

// adminEnv is the same for processes.
func (s *Stack) adminEnv(program string) []string {
	address := map[string]string{"starter": s.AdminOfAPI, "worker": s.AdminOfWorker}[program]
	if address == "" {
		return nil
	}
	return []string{"ADMIN_ADDR=" + address, "ADMIN_PPROF=true"}
}

// Environment returns the configuration of the stack's processes as NAME=value pairs.
func (s *Stack) Environment() []string { return s.env }

func temporalAddress(t testing.TB) string {
	address := os.Getenv("FAREBOOK_TEST_TEMPORAL_ADDRESS")
	require.NotEmpty(t, address, "no Temporal server: run `make test`, or set FAREBOOK_TEST_TEMPORAL_ADDRESS")
	return address
}

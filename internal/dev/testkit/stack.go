// Package testkit runs the whole of Farebook for one test: a schema of its own on the real MariaDB, a task queue of its
// own on the real Temporal server, a Stripe stand-in, a mailbox, the worker and the API. Nothing of Farebook is
// replaced. `make test` brings the servers.
package testkit

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"farebook/internal/config"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/freeport"
	"farebook/internal/dev/mailbox"
	"farebook/internal/dev/testdb"
)

const (
	// Patience is how long a test waits for a condition. Far above what anything takes: a kill test waits out several
	// of Temporal's time-outs on a small, busy machine.
	Patience = 2 * time.Minute
	// Pace is how often a condition is looked at.
	Pace = 50 * time.Millisecond

	// StripeKey looks like a real one, so that the canary test finds it should it leak.
	StripeKey = "sk_test_51FarebookCanarySecretKey0000"
	// WebhookSecret is the canary of the webhooks' signing secret.
	WebhookSecret = "whsec_farebookCanaryWebhookSecret000000"
)

// Stack is everything one test talks to.
type Stack struct {
	T        testing.TB
	DB       *testdb.DB
	Stripe   *fakestripe.Server
	Mailbox  *mailbox.Mailbox
	Temporal client.Client
	Config   config.Config
	API      *APIClient
	Logs     *Buffer // what every part logged
	Folder   string  // where processes run and put temporary files

	env        []string // the same configuration, for processes
	webhookURL string
	processes  []*Process
	// olderRelease: the previous release posts, too.
	olderRelease bool
}

// Options change what New starts.
type Options struct {
	// Processes runs worker and API as processes that may be killed, instead of inside the test.
	Processes bool
	// WorkerFailpoint and APIFailpoint name where a process kills itself, once; it is started again.
	WorkerFailpoint, APIFailpoint string
	// HoldMinute is how long a minute of a hold lasts; zero for a real one.
	HoldMinute time.Duration
	// TemporalAddress is that of a server of the test's own; empty for the one that all tests share.
	TemporalAddress string
	// NoWorker leaves the worker to the test.
	NoWorker bool
	// Unprepared leaves everything to the test: there is no schema, no namespace of Temporal's (TemporalAddress has to be a server of
	// the test's own), no key, and neither worker nor API.
	Unprepared bool
	// Lag is what reconciliation takes for being on its way.
	Lag time.Duration
	// ListLag is how long Stripe's lists are taken to be behind; zero for a second.
	ListLag time.Duration
	// Overdue is how long without a reconciliation is too long; zero for never.
	Overdue time.Duration
	// Heal is what reconciliation may heal by itself; empty for all.
	Heal string
	// Others are the rules that say what another integration on the account is.
	Others string
	// CallsPerSecond is what reconciliation may ask of Stripe; zero for a lot.
	CallsPerSecond int
	// MailsPerAddress bounds mails about unpaid bookings; zero for a lot, as every test's traveller is the same.
	MailsPerAddress int
	// AnswerTime is how long each answer of Stripe's takes at least.
	AnswerTime time.Duration
	// Latency is put on every connection to the database, Stripe and the mail server, each way.
	Latency time.Duration
	// FenceLook is how often a restore is looked for; zero for once, as a process starts.
	FenceLook time.Duration
	// Quiet logs errors only: for benchmarks.
	Quiet bool
}

// New starts a stack and stops it when the test ends.
func New(t testing.TB, options Options) *Stack {
	t.Helper()
	s := &Stack{T: t, Logs: &Buffer{}, Folder: t.TempDir()}
	if options.Unprepared {
		s.DB = testdb.Empty(t)
	} else {
		s.DB = newDB(t)
	}
	s.startMailbox()
	port, err := freeport.Next() // processes are started on it again after each death
	require.NoError(t, err)
	address := fmt.Sprintf("127.0.0.1:%d", port)
	s.startStripe("http://"+address+"/webhooks/stripe", options.AnswerTime)
	s.configure(address, options)
	s.dialTemporal()
	s.API = &APIClient{t: t, base: "http://" + address}
	if options.Unprepared {
		return s
	}
	s.API.Token = s.DB.NewKey(t, "test")
	if options.Processes {
		s.startProcesses(options)
	} else {
		s.startInside(s.listen(address), options)
	}
	return s
}

func orSecond(lag time.Duration) time.Duration { return orDuration(lag, time.Second) }

func orDuration(d, usual time.Duration) time.Duration {
	if d == 0 {
		return usual
	}
	return d
}

func orDefault(value, usual int) int {
	if value == 0 {
		return usual
	}
	return value
}

func (s *Stack) listen(address string) net.Listener {
	listener, err := net.Listen("tcp", address)
	require.NoError(s.T, err)
	return listener
}

func (s *Stack) startMailbox() {
	box, err := mailbox.Start(mailbox.Options{SMTPAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0"})
	require.NoError(s.T, err)
	s.T.Cleanup(func() { _ = box.Close() })
	s.Mailbox = box
}

// DropWebhooks loses every event from now on, and what is held; the returned function lets new ones come again.
func (s *Stack) DropWebhooks() (again func()) {
	s.Stripe.SetWebhook("", WebhookSecret)
	return func() { s.Stripe.SetWebhook(s.webhookURL, WebhookSecret) }
}

func (s *Stack) startStripe(webhookURL string, answerTime time.Duration) {
	s.webhookURL = webhookURL
	s.Stripe = fakestripe.New(fakestripe.Options{
		WebhookURL: webhookURL, WebhookSecret: WebhookSecret, APIKey: StripeKey, AnswerTime: answerTime, Clock: s.DB.Clock,
		Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(s.T, s.Stripe.Start("127.0.0.1:0"))
	s.T.Cleanup(func() { _ = s.Stripe.Close() })
}

// configure goes through the environment, as a deployment does.
func (s *Stack) configure(httpAddr string, options Options) {
	reached := s.addresses(options.Latency)
	host, port, err := net.SplitHostPort(reached.mail)
	require.NoError(s.T, err)
	minute := options.HoldMinute
	if minute == 0 {
		minute = time.Minute
	}
	temporal := options.TemporalAddress
	if temporal == "" {
		temporal = temporalAddress(s.T)
	}
	level := "debug"
	if options.Quiet {
		level = "error"
	}
	s.env = []string{
		"APP_ENV=development", "LOG_LEVEL=" + level,
		"DATABASE_DSN=" + reached.database,
		"STRIPE_SECRET_KEY=" + StripeKey, "STRIPE_API_BASE=" + reached.stripe, "STRIPE_WEBHOOK_SECRET=" + WebhookSecret,
		"SMTP_HOST=" + host, "SMTP_PORT=" + port, "SMTP_TLS=none", "SMTP_FROM=Farebook <bookings@farebook.example>",
		"FINANCE_EMAIL=finance@canary-mail.example", "SWEEP_INTERVAL=500ms", "STRIPE_LIST_LAG=" + orSecond(options.ListLag).String(),
		"MAILS_PER_ADDRESS_HOUR=" + strconv.Itoa(orDefault(options.MailsPerAddress, 1_000_000)),
		"RECONCILE_LAG=" + options.Lag.String(), "RECONCILE_OVERDUE=" + options.Overdue.String(), "RECONCILE_CALLS_PER_SECOND=" + strconv.Itoa(orDefault(options.CallsPerSecond, 1000)),
		"FENCE_LOOK_INTERVAL=" + orDuration(options.FenceLook, time.Hour).String(),
		"TEMPORAL_ADDRESS=" + temporal, "HTTP_ADDR=" + httpAddr,
		// One key and one address send what many clients would: tests and benchmarks are not about the limits.
		"RATE_READS_PER_SECOND=100000", "RATE_WRITES_PER_SECOND=100000", "RATE_WEBHOOKS_PER_SECOND=100000",
		"HTTP_MAX_CONNECTIONS_PER_ADDRESS=2000",
		"FAREBOOK_TASK_QUEUE=" + s.DB.Name, "FAREBOOK_HOLD_MINUTE=" + minute.String(),
	}
	if options.Others != "" {
		s.env = append(s.env, "OTHER_INTEGRATIONS="+options.Others)
	}
	if options.Unprepared {
		s.env = append(s.env, "TEMPORAL_NAMESPACE=farebook")
	}
	if options.Heal != "" {
		s.env = append(s.env, "RECONCILE_HEAL="+options.Heal)
	}
	s.Config, _, err = config.LoadFrom(s.env)
	require.NoError(s.T, err)
}

// Environment is the configuration that a process of the stack gets.
func (s *Stack) Environment() []string { return s.env }

func temporalAddress(t testing.TB) string {
	address := os.Getenv("FAREBOOK_TEST_TEMPORAL_ADDRESS")
	require.NotEmpty(t, address, "no Temporal server: run `make test`, or set FAREBOOK_TEST_TEMPORAL_ADDRESS")
	return address
}

func (s *Stack) dialTemporal() {
	options, err := s.Config.TemporalOptions()
	require.NoError(s.T, err)
	options.Logger = quietTemporal()
	s.Temporal, err = client.DialContext(s.T.Context(), options)
	require.NoError(s.T, err)
	s.T.Cleanup(s.Temporal.Close)
}

// Eventually waits for a condition; no test sleeps.
func (s *Stack) Eventually(condition func() bool, message string, args ...any) {
	s.T.Helper()
	require.Eventually(s.T, condition, Patience, Pace, append([]any{message}, args...)...)
}

// serveInside answers handler on listener until the test ends.
func (s *Stack) serveInside(listener net.Listener, handler http.Handler) {
	server := httptest.NewUnstartedServer(handler)
	_ = server.Listener.Close() // replaced by the one whose address Stripe was told
	server.Listener = listener
	server.Start()
	s.T.Cleanup(server.Close)
}

func background(t testing.TB) (context.Context, context.CancelFunc) {
	return context.WithCancel(context.WithoutCancel(t.Context()))
}

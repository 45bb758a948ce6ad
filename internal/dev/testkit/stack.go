// Package testkit runs all of Farebook for one test: a separate schema on a real MariaDB, a separate task queue on a real
// Temporal server, the Stripe stand-in, a mailbox, the worker and the API. No part of Farebook is replaced. `make test` starts
// the servers.
//
// It imports the programs (starter/command, starter/dispatch, worker/service), what they are built from, and fakestripe,
// freeport, link, mailbox, promises, testdb and wholefile of internal/dev. Only tests and benchmarks may import it.
package testkit

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"farebook/internal/config"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/mailbox"
	"farebook/internal/dev/testdb"
)

const (
	// Patience is how long a test waits for a condition: far longer than anything takes, because a kill test waits for several
	// of Temporal's time-outs on a small, busy machine.
	Patience = 4 * time.Minute
	// Pace is the interval at which a condition is checked.
	Pace = 50 * time.Millisecond

	// StripeKey has the form of a real key, so that the canary test finds it in any output.
	StripeKey = "sk_test_51FarebookCanarySecretKey0000"
	// WebhookSecret signs webhooks. The canary test searches for it as well.
	WebhookSecret = "whsec_farebookCanaryWebhookSecret000000"
	// PayLinkKey signs links to the payment page: see Options.PayPage.
	PayLinkKey = "canary:ZmFyZWJvb2sgY2FuYXJ5IHBheW1lbnQgbGluayBrZXk="
	// PublishableKey is Stripe's key for browsers.
	PublishableKey = "pk_test_51FarebookCanaryPublishable0000"
)

// Stack is a running Farebook, as one test uses it.
type Stack struct {
	T        testing.TB
	DB       *testdb.DB
	Stripe   *fakestripe.Server
	Mailbox  *mailbox.Mailbox
	Temporal client.Client
	Config   config.Config
	API      *APIClient
	Logs     *Buffer // the log lines of all parts
	Folder   string  // the working and temporary folder of processes
	// AdminOfAPI and AdminOfWorker are host:port of the admin addresses; empty without Options.Admin.
	AdminOfAPI, AdminOfWorker string

	env        []string // the same configuration, for processes
	secrets    string   // the folder of Options.SecretFiles
	webhookURL string
	made       int // events of DeliverMade
	handler    http.Handler
	processes  []*Process
	// olderRelease: the previous release posts to the ledger as well.
	olderRelease bool
}

// New starts a stack and stops it when the test ends.
func New(t testing.TB, options Options) *Stack {
	t.Helper()
	s := &Stack{T: t, Logs: &Buffer{}, Folder: t.TempDir()}
	switch {
	case options.Database != nil:
		s.DB = options.Database
	case options.Unprepared:
		s.DB = testdb.Empty(t)
	default:
		s.DB = newDB(t, options.DatabaseServer)
	}
	s.startMailbox(options.MailPassword)
	address := freeAddress(t)
	s.startStripe("http://"+address+"/webhooks/stripe", options.AnswerTime)
	s.configure(address, options)
	s.dialTemporal()
	s.API = &APIClient{t: t, base: "http://" + address}
	if options.Unprepared || options.Database != nil {
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

func (s *Stack) listen(address string) net.Listener {
	listener, err := net.Listen("tcp", address)
	require.NoError(s.T, err)
	return listener
}

// startMailbox starts a mailbox, which asks for a password if there is one.
func (s *Stack) startMailbox(password string) {
	options := mailbox.Options{SMTPAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0"}
	if password != "" {
		options.Username, options.Password = "farebook", password
	}
	box, err := mailbox.Start(options)
	require.NoError(s.T, err)
	s.T.Cleanup(func() { _ = box.Close() })
	s.Mailbox = box
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

func (s *Stack) dialTemporal() {
	options, err := s.Config.TemporalOptions()
	require.NoError(s.T, err)
	options.Logger = quietTemporal()
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(patiently))
	s.Temporal, err = client.DialContext(s.T.Context(), options)
	require.NoError(s.T, err)
	s.T.Cleanup(s.Temporal.Close)
}

// Eventually waits until a condition holds, and fails the test after Patience. Tests wait by it instead of sleeping.
func (s *Stack) Eventually(condition func() bool, message string, args ...any) {
	s.T.Helper()
	require.Eventually(s.T, condition, Patience, Pace, append([]any{message}, args...)...)
}

// serveInside serves handler on listener until the test ends.
func (s *Stack) serveInside(listener net.Listener, handler http.Handler) {
	server := httptest.NewUnstartedServer(handler)
	_ = server.Listener.Close() // replaced by the one whose address Stripe has
	server.Listener = listener
	server.Start()
	s.T.Cleanup(server.Close)
}

func background(t testing.TB) (context.Context, context.CancelFunc) {
	return context.WithCancel(context.WithoutCancel(t.Context()))
}

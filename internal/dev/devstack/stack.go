package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/mailbox"
	"farebook/internal/dev/openid"
)

// Options configure a stack. The zero value is the stack of `make up` on free ports.
type Options struct {
	// Dir is the directory of data and logs, var/up if empty. Data and logs of earlier runs are removed first: the stand-in
	// keeps payments in memory, so an older database would have payments that the stand-in does not know.
	Dir   string
	Ports Ports
	// MailLogin has the mailbox take emails only with a user name and a password.
	MailLogin bool
	// MariaDBDir is the directory of MariaDB's data and log, mariadb below Dir if empty. Another one is empty when the stack starts.
	MariaDBDir string
	// Env is added to the environment of the API and the worker: NAME=value.
	Env []string
	// Headless leaves out Temporal's UI.
	Headless bool
	// Prometheus starts a Prometheus beside the stack when one is installed.
	Prometheus bool
	// Fast starts the servers with ForTests.
	Fast bool
	// Bare leaves API and worker to the caller, and restarts no part that ends. Stripe sends its events to APIURL, which the caller serves.
	Bare bool
	// Progress receives a line for each step and each part that ends unexpectedly; os.Stderr if nil.
	Progress io.Writer
}

// Stack is a running Farebook with its servers. A part that ends unexpectedly is started again until Stop.
type Stack struct {
	MariaDB  *MariaDB
	Temporal *Temporal
	Stripe   *fakestripe.Server
	Mailbox  *mailbox.Mailbox
	OpenID   *openid.Provider
	API      *Program
	Worker   *Program
	// Prometheus is nil when it was not asked for or is not installed.
	Prometheus *Prometheus
	APIURL     string // without a trailing slash
	APIKey     string // of the client "development"

	options  Options
	secrets  secrets
	apiPort  int
	admin    map[string]string // host:port of the admin address by program
	bin      string
	unlock   func()
	cancel   context.CancelFunc
	watching sync.WaitGroup
}

// Up starts a stack and returns when the API is ready and the worker polls; a bare one, when the schema exists. On an error it stops what
// it has started. ctx bounds the start only; the stack runs until Stop.
func Up(ctx context.Context, options Options) (*Stack, error) {
	if options.Progress == nil {
		options.Progress = os.Stderr
	}
	s := &Stack{options: options, secrets: newSecrets()}
	if err := s.up(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Stack) up(ctx context.Context) (err error) {
	if err := s.claim(); err != nil {
		return err
	}
	if s.bin, err = binDir(); err != nil {
		return err
	}
	if s.apiPort, err = orFree(s.options.Ports.API); err != nil {
		return err
	}
	s.APIURL = "http://" + loopback(s.apiPort)
	if err := s.chooseAdmin(); err != nil {
		return err
	}
	if err := s.startInProcess(); err != nil {
		return err
	}
	if err := s.startServers(ctx); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if s.options.Bare {
		return nil
	}
	if err := s.startPrograms(ctx); err != nil {
		return err
	}
	if err := s.startPrometheus(ctx); err != nil {
		return err
	}
	s.watch()
	return nil
}

// claim locks the directory for this run and removes data and logs of earlier runs.
func (s *Stack) claim() error {
	if s.options.Dir == "" {
		root, err := Root()
		if err != nil {
			return err
		}
		s.options.Dir = filepath.Join(root, "var", "up")
	}
	if s.options.MariaDBDir == "" {
		s.options.MariaDBDir = filepath.Join(s.options.Dir, "mariadb")
	}
	if err := os.MkdirAll(s.options.Dir, 0o755); err != nil {
		return err
	}
	unlock, held, err := tryLock(filepath.Join(s.options.Dir, "lock"))
	if err != nil {
		return err
	}
	if held {
		return fmt.Errorf("another stack runs in %s; stop it first", s.options.Dir)
	}
	s.unlock = unlock
	for _, part := range []string{"mariadb", "temporal", "prometheus", "logs"} {
		if err := os.RemoveAll(filepath.Join(s.options.Dir, part)); err != nil {
			return err
		}
	}
	return os.MkdirAll(filepath.Join(s.options.Dir, "logs"), 0o755)
}

// startInProcess starts the parts that run in this process: the mailbox, the provider of sign-ins and the stand-in.
func (s *Stack) startInProcess() (err error) {
	ports := s.options.Ports
	options := mailbox.Options{SMTPAddr: loopback(ports.SMTP), HTTPAddr: loopback(ports.Mailbox)}
	if s.options.MailLogin {
		options.Username, options.Password = MailUser, s.secrets.mailPassword
	}
	s.Mailbox, err = mailbox.Start(options)
	if err != nil {
		return err
	}
	if err := s.startOpenID(); err != nil {
		return err
	}
	if err := s.writeWebhookKey(); err != nil {
		return err
	}
	logFile, err := os.OpenFile(filepath.Join(s.options.Dir, "logs", "stripe.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	stripe := fakestripe.New(fakestripe.Options{
		WebhookURL: s.APIURL + "/webhooks/stripe", WebhookSecret: s.secrets.webhookSecret, APIKey: s.secrets.stripeKey,
		Log: slog.New(slog.NewJSONHandler(logFile, nil)), // the file is open until this process ends, as the stand-in uses it
	})
	if err := stripe.Start(loopback(ports.Stripe)); err != nil {
		return err
	}
	s.Stripe = stripe
	return nil
}

// startServers starts MariaDB and Temporal and builds our programs, all at the same time.
func (s *Stack) startServers(ctx context.Context) error {
	options := []ServerOption{WithProgress(s.options.Progress)}
	if s.options.Fast {
		options = append(options, ForTests())
	}
	var group errgroup.Group
	group.Go(func() (err error) {
		s.MariaDB, err = StartMariaDB(ctx, s.options.MariaDBDir, append(options, WithPort(s.options.Ports.MariaDB))...)
		return err
	})
	group.Go(func() (err error) {
		options := append(options[:len(options):len(options)], WithPort(s.options.Ports.Temporal), WithUIPort(s.options.Ports.TemporalUI))
		if s.options.Headless {
			options = append(options, Headless())
		}
		s.Temporal, err = StartTemporal(ctx, filepath.Join(s.options.Dir, "temporal"), options...)
		return err
	})
	group.Go(func() error { return s.build(ctx) })
	return group.Wait()
}

// Stop ends all parts, API and worker first, so that they do not log that their servers are unavailable.
func (s *Stack) Stop() error {
	if s.cancel != nil {
		s.cancel()
		s.watching.Wait()
	}
	var errs []error
	stop := func(part interface{ Stop() error }) { errs = append(errs, part.Stop()) }
	if s.Prometheus != nil {
		stop(s.Prometheus)
	}
	if s.API != nil {
		stop(s.API)
	}
	if s.Worker != nil {
		stop(s.Worker)
	}
	if s.Stripe != nil {
		errs = append(errs, s.Stripe.Close())
	}
	if s.Mailbox != nil {
		errs = append(errs, s.Mailbox.Close())
	}
	if s.OpenID != nil {
		errs = append(errs, s.OpenID.Close())
	}
	if s.Temporal != nil {
		stop(s.Temporal)
	}
	if s.MariaDB != nil {
		stop(s.MariaDB)
	}
	if s.unlock != nil {
		s.unlock()
	}
	return errors.Join(errs...)
}

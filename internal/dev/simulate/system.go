package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"farebook/activities"
	"farebook/fence"
	"farebook/internal/clock"
	"farebook/internal/config"
	"farebook/internal/dev/fakestripe"
	"farebook/internal/dev/mailbox"
	"farebook/internal/stripeapi"
	"farebook/starter/api"
	"farebook/starter/dispatch"
	"farebook/starter/inbox"
	"farebook/starter/sweeper"
	"farebook/worker/service"
)

const (
	stripeKey     = "sk_test_simulation"
	webhookSecret = "whsec_simulation"
)

// system is Farebook in one process, as starter/command and worker/service put it together, with the world's clock and its Temporal.
type system struct {
	*world

	books    *books
	stripe   *fakestripe.Server
	mailbox  *mailbox.Mailbox
	config   config.Config
	dispatch *dispatch.Client
	inbox    *inbox.Inbox
	sweeper  *sweeper.Sweeper
	restores *fence.Watch
	api      *httptest.Server
	settles  bool                 // the account settles in dollars
	disputed map[string]time.Time // when each dispute, or its inquiry, was first seen
	log      *slog.Logger
}

func newSystem(w *world, b *books, c *clock.Movable, o Options) (s *system, err error) {
	log := slog.New(slog.NewTextHandler(o.logs(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	s = &system{world: w, books: b, disputed: map[string]time.Time{}, settles: o.Settles, log: log}
	if s.mailbox, err = mailbox.Start(mailbox.Options{SMTPAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0"}); err != nil {
		return s, err
	}
	s.stripe = fakestripe.New(fakestripe.Options{
		WebhookURL: "http://127.0.0.1:9/held", WebhookSecret: webhookSecret, APIKey: stripeKey, Clock: c, Log: s.log,
	})
	s.stripe.HoldWebhooks()
	if err = s.stripe.Start("127.0.0.1:0"); err != nil {
		return s, err
	}
	if err = s.configure(o); err != nil {
		return s, err
	}
	s.dispatch = dispatch.NewClient(temporalClient{world: w}, s.config.TaskQueue)
	s.restores = &fence.Watch{Store: b.Store, Every: s.config.FenceLook, EventTypes: inbox.Types(), Log: s.log}
	calls := s.config.StripeAPI(s.log)
	calls.Guard = s.restores.Guard
	s.restores.Stripe = stripeapi.New(calls)
	s.inbox = inbox.New(b.Store, s.dispatch, s.restores.Stripe, s.config.Sweep, s.log)
	s.inbox.Unbooked = &activities.Unbooked{Stripe: s.restores.Stripe, Store: b.Store, Others: s.config.Reconcile.Others, Log: s.log}
	s.sweeper = &sweeper.Sweeper{Store: b.Store, Dispatch: s.dispatch, Every: s.config.Sweep, ListLag: s.config.Stripe.ListLag, Log: s.log}
	all, err := service.NewActivities(s.config, b.Store, service.Measures{}, s.log)
	if err != nil {
		return s, err
	}
	w.steps = newSteps(w, all, o.Deaths)
	return s, s.serve()
}

func (s *system) configure(o Options) error {
	host, port, err := net.SplitHostPort(s.mailbox.SMTPAddr())
	if err != nil {
		return err
	}
	s.config, _, err = config.LoadFrom([]string{
		"APP_ENV=development", "DATABASE_DSN=" + s.books.application,
		"STRIPE_SECRET_KEY=" + stripeKey, "STRIPE_API_BASE=" + s.stripe.URL(), "STRIPE_WEBHOOK_SECRET=" + webhookSecret,
		"SMTP_HOST=" + host, "SMTP_PORT=" + port, "SMTP_TLS=none", "SMTP_FROM=Farebook <bookings@farebook.example>",
		"FINANCE_EMAIL=finance@simulation.example", "SWEEP_INTERVAL=1m", "STRIPE_LIST_LAG=1s", "MAILS_PER_ADDRESS_HOUR=1000000",
		"RECONCILE_CALLS_PER_SECOND=1000", "RECONCILE_LAG=1m", "FENCE_LOOK_INTERVAL=1h", "TEMPORAL_ADDRESS=127.0.0.1:7233",
		"REVENUE_MODEL=" + o.Revenue, "RECOGNISE_AT=" + o.Recognise, "RETENTION=" + o.Retention,
	})
	return err
}

func (s *system) serve() error {
	handler, err := api.New(api.Deps{
		Store: s.books.Store, Dispatch: s.dispatch, Inbox: s.inbox, Policy: s.config.RefundPolicy, Stripe: s.restores.Stripe,
		Warning: s.restores.Warning, WebhookSecrets: s.config.WebhookSecrets,
		HoldMinute: s.config.HoldMinute, Holds: s.config.Holds, Revenue: s.config.Revenue,
		JournalLimits: s.config.JournalLimits, RefundLimits: s.config.RefundLimits, CorrectionLimits: s.config.CorrectionLimits,
		AnswerTimeout: time.Hour, DatabaseTimeout: time.Hour, // time that passes outside the world must not change it
		Log: s.log,
	})
	if err == nil {
		s.api = httptest.NewUnstartedServer(handler)
		s.api.Config.BaseContext = func(net.Listener) context.Context { return s.ctx }
		s.api.Start()
	}
	return err
}

func (s *system) close() error {
	var errs []error
	if s.api != nil {
		s.api.CloseClientConnections()
		s.api.Close()
	}
	if s.stripe != nil {
		errs = append(errs, s.stripe.Close())
	}
	if s.mailbox != nil {
		errs = append(errs, s.mailbox.Close())
	}
	return errors.Join(errs...)
}

// answer of the API or of Stripe.
type answer struct {
	status int
	body   []byte
}

// request sends one request and reads the answer.
func request(ctx context.Context, method, address string, header map[string]string, body []byte) (a answer, err error) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return a, err
	}
	defer func() { _ = response.Body.Close() }()
	a.status = response.StatusCode
	a.body, err = io.ReadAll(response.Body)
	return a, err
}

// unanswered bounds how often a client repeats a request that has no final answer.
const unanswered = 5

// post sends a request to the API under a key, and repeats it until it has a final answer; some clients repeat it once more.
func (s *system) post(ctx context.Context, path, key string, body []byte) (a answer, err error) {
	again := s.chance(s.steps.deaths)
	for range unanswered {
		a, err = request(ctx, http.MethodPost, s.api.URL+path, map[string]string{
			"Authorization": "Bearer " + s.books.token, "Content-Type": "application/json", "Idempotency-Key": key,
			"X-Correlation-ID": "simulate-" + key,
		}, body)
		if err != nil {
			return a, err
		}
		s.counts[fmt.Sprintf("answers %d", a.status)]++
		if a.status == http.StatusInternalServerError {
			return a, fmt.Errorf("POST %s was answered 500: %s", path, a.body)
		}
		if a.status < http.StatusInternalServerError && !again {
			return a, nil
		}
		again = false
	}
	return a, nil
}

// atStripe sends a request to Stripe on the account, beside Farebook, and reads the answer into out, which may be nil.
func (s *system) atStripe(ctx context.Context, path string, form url.Values, out any) (int, error) {
	a, err := request(ctx, http.MethodPost, s.stripe.URL()+path, map[string]string{
		"Authorization": "Bearer " + stripeKey, "Content-Type": "application/x-www-form-urlencoded",
	}, []byte(form.Encode()))
	if err == nil && out != nil {
		err = json.Unmarshal(a.body, out)
	}
	return a.status, err
}

// pay confirms a PaymentIntent with a test card, as the traveller's browser does.
func (s *system) pay(ctx context.Context, intent, card string) error {
	for range unanswered {
		status, err := s.atStripe(ctx, "/v1/payment_intents/"+intent+"/confirm",
			url.Values{"payment_method": {card}, "return_url": {"https://farebook.example/return"}}, nil)
		if err == nil && status < http.StatusInternalServerError || ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil // the traveller gives up
}

// currencyOf is a currency as the API writes it.
func currencyOf(stripes string) string { return strings.ToUpper(stripes) }

// Package config reads the environment once, validates all of it, and reports every problem in one message. In development a
// missing value falls back to a local default with a warning; production refuses to start. caarlos0/env reads the variables,
// and Temporal's envconfig reads Temporal's. It imports access, booking, money, privacy, reconciliation, webhook, ledger/seal,
// internal/clock, internal/deployment, internal/mail, internal/paylink, internal/payload, internal/stripeapi, internal/telemetry and
// internal/version.
package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/clock"
	"farebook/internal/deployment"
	"farebook/internal/mail"
	"farebook/internal/payload"
	"farebook/internal/stripeapi"
	"farebook/internal/telemetry"
	"farebook/ledger/seal"
	"farebook/money"
	"farebook/privacy"
	"farebook/reconciliation"
	"farebook/webhook"
)

// Values of APP_ENV.
const (
	Development = "development"
	Production  = "production"
)

// Config is a validated configuration.
type Config struct {
	Env              string // Development or Production
	LogLevel         string // debug, info, warn or error
	DatabaseDSN      string // for the application's database user
	DatabaseAdminDSN string // for the user who may change the schema and grant rights; only migrate needs it
	Pool             Pool
	Stripe           Stripe
	SMTP             mail.Config
	// FinanceEmail receives emails about disputes, payouts and expiring authorisations.
	FinanceEmail string
	// MailsPerAddress is the maximum number of emails about unpaid bookings per address and hour.
	MailsPerAddress int
	// RefundPolicy decides what a cancellation after payment refunds.
	RefundPolicy booking.Policy
	// Holds limit holds by the departure of the flight.
	Holds booking.HoldRules
	// Revenue decides how bookings are posted that are made from now on.
	Revenue booking.RevenueRules
	// Sweep is the interval at which the sweeper searches for orphaned work: events that were stored and not processed,
	// bookings and refunds without a running workflow.
	Sweep time.Duration
	// Fence is the reason why no money may move; empty if it may.
	Fence string
	// FenceLook is the interval between checks for a restored database.
	FenceLook time.Duration
	// Reconcile configures reconciliation.
	Reconcile Reconcile
	// BooksZone is the time zone of the books' months that migrate sets; empty keeps the present one.
	BooksZone string
	// JournalLimits are the totals above which a second operator approves a manual journal, in minor units.
	JournalLimits map[money.Currency]int64
	// RefundLimits and CorrectionLimits are what people of the console move without a second person.
	RefundLimits, CorrectionLimits access.Limits
	// Retention are how long texts about travellers are kept.
	Retention privacy.Periods
	// SealKey signs seals of the ledger and evidence; nil when no key is configured.
	SealKey *seal.Key
	// WebhookKeys derive the signing secrets of webhook endpoints; without one, none can be made.
	WebhookKeys webhook.Keys
	// WebhookLoopback lets webhook endpoints be on this machine. Production refuses it.
	WebhookLoopback bool
	HTTPAddr        string
	// HTTP limits what callers may use of one API process.
	HTTP HTTP
	// Admin is the address of metrics and health.
	Admin Admin
	// Telemetry says what traces and metrics are sent over OTLP.
	Telemetry telemetry.Settings
	// Console configures the console; off without an issuer.
	Console Console
	// Pay configures the payment page; off without an address.
	Pay       Pay
	TaskQueue string
	// Build is the build as which workers of this process poll; the zero value polls without versioning.
	Build deployment.Build
	// APIWorker runs a worker inside the API's process.
	APIWorker bool
	// HoldMinute is the duration of one minute of a hold. Tests shorten it; production refuses anything but a minute.
	HoldMinute time.Duration
	// Clock is the machine's. A storm has it jump, which production refuses.
	Clock clock.Clock
	// Failpoint names the place at which a process kills itself in a test. Production refuses it.
	Failpoint string

	temporal envconfig.ClientConfigProfile
	// payloads encrypts what Temporal stores; nil before Load.
	payloads *payload.Codec
	// databaseDSNFile is the file of DATABASE_DSN; empty when the variable has the value.
	databaseDSNFile string
	// files are the secrets in files that a running process reads again, by variable.
	files map[string]*secretFile
}

// Stripe configures access to Stripe.
type Stripe struct {
	SecretKey string
	// APIBase is the address of the stand-in, or empty for Stripe.
	APIBase string
	// WebhookSecrets are all valid secrets: two during a rotation.
	WebhookSecrets []string
	// WebhookSecretGiven reports whether a secret is configured, also in a file that this command does not read.
	WebhookSecretGiven bool
	// PublishableKey is the key for browsers; empty for none. Pay has the one that the payment page uses.
	PublishableKey string
	// ListLag is how long Stripe's lists may omit a new object.
	ListLag time.Duration
	// CallsPerSecond limits the calls of this process.
	CallsPerSecond float64
}

// Reconcile configures reconciliation.
type Reconcile struct {
	CallsPerSecond float64
	Lag            time.Duration // age below which a difference is not reported
	Tolerance      int64         // minor units
	Heal           []reconciliation.Healing
	Others         reconciliation.Integrations // rules for other integrations on the account
	Schedule       string                      // cron expression, used by starter setup; empty for none
	TimeZone       string                      // time zone of Schedule
	Overdue        time.Duration               // time without a completed run after which finance is notified; 0 for never
}

// HTTP limits one API process.
type HTTP struct {
	MaxConnections, MaxConnectionsPerAddress int
	TrustedProxies, ProbeNetworks            []netip.Prefix
	ReadsPerSecond, WritesPerSecond          float64 // per client
	WebhooksPerSecond, StrangersPerSecond    float64 // per address
	WrongKeysPerMinute                       int     // per address
}

// Admin configures the admin address.
type Admin struct {
	Addr  string // empty for no admin address
	Pprof bool   // serves Go's profiles
}

// Live reports whether the key is a live-mode key. Events of the other mode are refused.
func (s Stripe) Live() bool {
	return strings.HasPrefix(s.SecretKey, "sk_live_") || strings.HasPrefix(s.SecretKey, "rk_live_")
}

// Part is a part of the configuration that a command needs.
type Part int

// The parts. API and worker need all of them.
const (
	Database Part = iota + 1
	AdminDatabase
	Temporal
	Payments
	Mail
	Seals
	Browser   // the console, which is off without an issuer
	Telemetry // which requires nothing, and reads the file of headers if one is named
	// PayloadKeys are the keys of what Temporal stores. Temporal has them as well.
	PayloadKeys
	PayPage   // the payment page, which is off without an address
	Receivers // of webhooks, which cannot be made without a key
	// StripeKeys is Stripe's secret key without the secret of a webhook endpoint, which `starter stripe setup` makes. Payments has it as well.
	StripeKeys
)

// Load reads the environment of the process. Without parts, everything that the API and the worker need is required; other
// commands name the parts that they need. The strings are warnings about defaults used in development. The error is Problems.
func Load(parts ...Part) (Config, []string, error) { return LoadFrom(os.Environ(), parts...) }

// LoadFrom is Load for an environment given as NAME=value lines.
func LoadFrom(environment []string, parts ...Part) (Config, []string, error) {
	if len(parts) == 0 {
		parts = []Part{Database, Temporal, Payments, Mail, Seals, Browser, Telemetry, PayPage, Receivers}
	}
	return read(environment, parts)
}

// TemporalOptions returns the client options from Temporal's own environment variables (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
// TEMPORAL_API_KEY, TEMPORAL_TLS_...), so that Temporal Cloud is configured as its documentation says.
func (c Config) TemporalOptions() (client.Options, error) {
	options, err := c.temporal.ToClientOptions(envconfig.ToClientOptionsRequest{})
	if err != nil {
		return client.Options{}, fmt.Errorf("configuration of Temporal: %w", err)
	}
	options.Identity = identity()
	if options.ConnectionOptions.TLS == nil {
		// A server in the same network: a booking's messages are some kilobytes, and gzip, the SDK's default, takes a twentieth of a process's
		// CPU time.
		options.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	}
	c.rotateTemporal(&options)
	options.DataConverter, options.FailureConverter = c.Payloads().DataConverter(), c.Payloads().FailureConverter()
	return options, nil
}

// StripeAPI returns how Stripe is called: with the key of the moment, at the address and the rate of this configuration.
func (c Config) StripeAPI(log *slog.Logger) stripeapi.Config {
	return stripeapi.Config{
		SecretKey: c.Stripe.SecretKey, Key: c.StripeKey, APIBase: c.Stripe.APIBase, CallsPerSecond: c.Stripe.CallsPerSecond, Log: log,
	}
}

// identity is the name of this process in the Temporal UI and in logs. The SDK's default, pid@host@, resembles a mail address,
// which logging would redact.
func identity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	return fmt.Sprintf("%s %d on %s", filepath.Base(os.Args[0]), os.Getpid(), host)
}

// Production reports whether this is a production environment.
func (c Config) Production() bool { return c.Env == Production }

// Package config reads the environment once, validates it whole, and names every problem in one message. In development
// whatever is missing falls back to the local part, with a warning; production refuses to start instead.
package config

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"farebook/booking"
	"farebook/internal/mail"
	"farebook/reconciliation"
)

// Values of APP_ENV.
const (
	Development = "development"
	Production  = "production"
)

// Config is a valid configuration.
type Config struct {
	Env              string // Development or Production
	LogLevel         string // debug, info, warn or error
	DatabaseDSN      string // of the application's database user
	DatabaseAdminDSN string // of the user who makes schema and grants; the migrate command's alone
	Stripe           Stripe
	SMTP             mail.Config
	// FinanceEmail is who hears of disputes, payouts and authorisations that run out.
	FinanceEmail string
	// MailsPerAddress bounds mails about unpaid bookings, an address and hour.
	MailsPerAddress int
	// RefundPolicy is what a cancellation after payment gives back.
	RefundPolicy booking.Policy
	// Holds bound holds by the departure.
	Holds booking.HoldRules
	// Sweep is how often what was left behind is looked for: events that were stored and not processed, bookings and
	// refunds that no workflow carries on.
	Sweep time.Duration
	// Fence is why no money may move; empty where it may.
	Fence string
	// FenceLook is how often a restore of the database is looked for.
	FenceLook time.Duration
	// Reconcile is how the books are held against Stripe.
	Reconcile Reconcile
	HTTPAddr  string
	// HTTP bounds what one API process takes of callers and strangers.
	HTTP      HTTP
	TaskQueue string
	// HoldMinute is how long a minute of a hold lasts: a minute, unless a test shortens it. Production refuses others.
	HoldMinute time.Duration
	// Failpoint names where a process kills itself in a test. Production refuses it.
	Failpoint string

	temporal envconfig.ClientConfigProfile
}

// Stripe is how Stripe is reached.
type Stripe struct {
	SecretKey string
	// APIBase is empty for Stripe itself, or the stand-in's address.
	APIBase string
	// WebhookSecrets are all valid ones: two while one is being rotated.
	WebhookSecrets []string
	// ListLag is how long its lists may miss what was just made.
	ListLag time.Duration
}

// Reconcile is how the books are held against Stripe.
type Reconcile struct {
	CallsPerSecond float64
	Lag            time.Duration // what is younger may still be on its way
	Tolerance      int64         // minor units
	Heal           []reconciliation.Healing
	Others         reconciliation.Integrations // of other integrations on the account
	Schedule       string                      // cron, for starter setup; empty for none
	TimeZone       string                      // of Schedule
	Overdue        time.Duration               // without a completed run, before finance hears of it; 0 for never
}

// HTTP is what one API process takes at most.
type HTTP struct {
	MaxConnections, MaxConnectionsPerAddress int
	TrustedProxies, ProbeNetworks            []netip.Prefix
	ReadsPerSecond, WritesPerSecond          float64 // of one client
	WebhooksPerSecond, StrangersPerSecond    float64 // of one address
	WrongKeysPerMinute                       int     // of one address
}

// Live tells whether the key is one for real money. Events of the other mode are refused.
func (s Stripe) Live() bool {
	return strings.HasPrefix(s.SecretKey, "sk_live_") || strings.HasPrefix(s.SecretKey, "rk_live_")
}

// Part is a part of the configuration that a command needs.
type Part int

// The parts. Serving and working need all of them.
const (
	Database Part = iota + 1
	AdminDatabase
	Temporal
	Payments
	Mail
)

// Load reads the process's environment. Without parts, everything that the API and the worker need is required; a
// command that needs less names what. Warnings are what development fell back to.
func Load(parts ...Part) (Config, []string, error) { return LoadFrom(os.Environ(), parts...) }

// LoadFrom reads an environment given as NAME=value lines.
func LoadFrom(environment []string, parts ...Part) (Config, []string, error) {
	if len(parts) == 0 {
		parts = []Part{Database, Temporal, Payments, Mail}
	}
	return read(environment, parts)
}

// TemporalOptions are the client options from Temporal's own environment names (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
// TEMPORAL_API_KEY, TEMPORAL_TLS_...), so that Temporal Cloud works as its documentation says.
func (c Config) TemporalOptions() (client.Options, error) {
	options, err := c.temporal.ToClientOptions(envconfig.ToClientOptionsRequest{})
	if err != nil {
		return client.Options{}, fmt.Errorf("configuration of Temporal: %w", err)
	}
	options.Identity = identity()
	return options, nil
}

// identity is how the Temporal UI and the logs name this process. The SDK's own, pid@host@, looks like a mail address, and is
// taken out of every log line as one.
func identity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	return fmt.Sprintf("%s %d on %s", filepath.Base(os.Args[0]), os.Getpid(), host)
}

// Production tells whether this is the real thing.
func (c Config) Production() bool { return c.Env == Production }

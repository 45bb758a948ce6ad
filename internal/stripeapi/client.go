// Package stripeapi is the only place that speaks to Stripe: stripe-go v76 (API version 2023-10-16) behind calls that
// always carry a context and, for a write, an idempotency key, and that answer with booking's own words and safe errors.
package stripeapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"golang.org/x/time/rate"
)

const (
	// callTimeout is below every activity's start-to-close time, so that a hang surfaces as this call's error and not
	// as a lost activity. The library's own default is 80 s.
	callTimeout = 20 * time.Second
	// callsPerSecond stays under Stripe's 100 requests a second in live mode, with room for reconciliation beside it
	// (stripe.com/docs/rate-limits). Local activities bypass Temporal's own rate limits, hence a bucket here.
	callsPerSecond = 80
)

// Config is what a Client needs to know.
type Config struct {
	SecretKey string
	// APIBase is empty for Stripe itself, or the address of the stand-in.
	APIBase string
	// CallsPerSecond bounds this client's calls; zero for the usual.
	CallsPerSecond float64
	Log            *slog.Logger
}

// Client calls Stripe. It is safe for concurrent use.
type Client struct {
	api    *client.API
	bucket *rate.Limiter
	log    *slog.Logger
}

// New makes a client with a backend of its own: no process-wide key, no retries inside the library (Temporal owns
// them; the library's back-off sleeps past the context's deadline), no telemetry.
func New(cfg Config) *Client {
	backendConfig := &stripe.BackendConfig{
		HTTPClient:        &http.Client{Timeout: callTimeout},
		MaxNetworkRetries: stripe.Int64(0),
		EnableTelemetry:   stripe.Bool(false),
		LeveledLogger:     quietLogger{cfg.Log},
	}
	if cfg.APIBase != "" {
		backendConfig.URL = stripe.String(cfg.APIBase)
	}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, backendConfig)
	api := &client.API{}
	api.Init(cfg.SecretKey, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
	limit, burst := rate.Limit(callsPerSecond), callsPerSecond
	if cfg.CallsPerSecond > 0 {
		limit, burst = rate.Limit(cfg.CallsPerSecond), 1
	}
	return &Client{api: api, bucket: rate.NewLimiter(limit, burst), log: cfg.Log}
}

// Slowly is the same client with a bound of its own, in calls a second: the share of one who works beside others.
func (c *Client) Slowly(callsPerSecond float64) *Client {
	return &Client{api: c.api, bucket: rate.NewLimiter(rate.Limit(callsPerSecond), 1), log: c.log}
}

// before waits for the token bucket: it is called ahead of each request.
func (c *Client) before(ctx context.Context, operation string) error {
	if err := c.bucket.Wait(ctx); err != nil {
		return &Failure{Kind: Busy, Operation: operation, Code: "local_rate_limit"}
	}
	return nil
}

// quietLogger passes the library's lines on at debug level only, without their bodies: what matters reaches the log
// through Failure, which is known to be free of secrets.
type quietLogger struct{ log *slog.Logger }

func (l quietLogger) Debugf(string, ...any) {}
func (l quietLogger) Infof(string, ...any)  {}
func (l quietLogger) Warnf(format string, v ...any) {
	l.log.Debug("stripe-go warns", "format", format, "values", len(v))
}

func (l quietLogger) Errorf(format string, v ...any) {
	l.log.Debug("stripe-go reports an error", "format", format, "values", len(v))
}

var _ stripe.LeveledLoggerInterface = quietLogger{}

// requireID refuses an empty id: stripe-go would turn Get("") into a call of the list URL and return no error.
func requireID(operation, id string) error {
	if id == "" {
		return fmt.Errorf("%s: the Stripe id is empty; this is a bug in the caller", operation)
	}
	return nil
}

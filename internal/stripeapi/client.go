// Package stripeapi is the only package that calls Stripe. It wraps stripe-go v76 (API version 2023-10-16): each call takes a
// context and, for a write, an idempotency key, and returns booking's types and errors without secrets. It imports booking,
// money, reconciliation and internal/tracing. golang.org/x/time/rate limits the calls.
package stripeapi

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"
	"golang.org/x/time/rate"

	"farebook/internal/tracing"
)

const (
	// callTimeout is below the start-to-close timeout of activities on the slow path, so that a hanging call ends with this
	// error and not as a lost activity. The fast path is shorter on purpose. The library's default is 80 s.
	callTimeout = 20 * time.Second
	// defaultCallsPerSecond stays below Stripe's limit of 100 requests per second in live mode, with room for reconciliation
	// (stripe.com/docs/rate-limits). Local activities bypass Temporal's rate limits, hence this one.
	defaultCallsPerSecond = 80
)

// Config configures a Client.
type Config struct {
	SecretKey string
	// Key returns the key for the next call, where it may be rotated; nil for SecretKey.
	Key func() string
	// APIBase is the address of the stand-in, or empty for Stripe.
	APIBase string
	// Guard may refuse requests that change something; nil for none.
	Guard Guard
	// CallsPerSecond limits the calls of this client; zero for 80. Stripe counts the calls of all processes together.
	CallsPerSecond float64
	// Observer learns of each call; nil for none.
	Observer Observer
	Log      *slog.Logger
}

// Observer learns of calls: metrics count from it.
type Observer interface {
	// Called reports a call by its endpoint, as endpointOf names it; status is 0 when Stripe did not answer.
	Called(endpoint string, status int, took time.Duration)
	// Waited reports how long a call waited for its turn.
	Waited(wait time.Duration)
}

// Pacer limits the rate of calls: it returns when the next call may be made, or with the context's error.
type Pacer interface {
	Wait(ctx context.Context) error
}

// Client calls Stripe. It is safe for concurrent use.
type Client struct {
	api      *client.API
	pacer    Pacer
	observer Observer
}

// New returns a client with its own backend: without a process-wide key, without retries inside the library (Temporal retries;
// the library's back-off sleeps beyond the context's deadline), and without telemetry.
func New(cfg Config) *Client {
	traced := tracing.Transport(http.DefaultTransport, endpointOf)
	transport := guarded{callLog{keyed{traced, cfg.Key}, cfg.Observer, cfg.Log}, cfg.Guard}
	backendConfig := &stripe.BackendConfig{
		HTTPClient:        &http.Client{Timeout: callTimeout, Transport: transport},
		MaxNetworkRetries: stripe.Int64(0),
		EnableTelemetry:   stripe.Bool(false),
		LeveledLogger:     silent{},
	}
	if cfg.APIBase != "" {
		backendConfig.URL = stripe.String(cfg.APIBase)
	}
	api := &client.API{}
	api.Init(cfg.SecretKey, backendsOf(*backendConfig))
	perSecond := cfg.CallsPerSecond
	if perSecond == 0 {
		perSecond = defaultCallsPerSecond
	}
	return &Client{api: api, pacer: rate.NewLimiter(rate.Limit(perSecond), int(math.Ceil(perSecond))), observer: cfg.Observer}
}

// backendsOf has two hosts: files are uploaded to another one than all other requests go to (stripe.com/docs/file-upload), unless the
// stand-in is both. The library writes the address into the configuration that it gets.
func backendsOf(config stripe.BackendConfig) *stripe.Backends {
	uploadsConfig := config
	api := stripe.GetBackendWithConfig(stripe.APIBackend, &config)
	return &stripe.Backends{API: api, Connect: api, Uploads: stripe.GetBackendWithConfig(stripe.UploadsBackend, &uploadsConfig)}
}

// Paced returns the same client with another rate limit.
func (c *Client) Paced(pacer Pacer) *Client {
	return &Client{api: c.api, pacer: pacer, observer: c.observer}
}

// before waits until the call may be made. Each request calls it first. Its error is the pacer's: nothing was sent to Stripe.
func (c *Client) before(ctx context.Context, operation string) error {
	began := time.Now()
	if err := c.pacer.Wait(ctx); err != nil {
		return fmt.Errorf("%s: waiting for its turn: %w", operation, err)
	}
	if c.observer != nil {
		c.observer.Waited(time.Since(began))
	}
	return nil
}

// requireID refuses an empty id: stripe-go would turn Get("") into a request for the list and return no error. A retry does not
// help.
func requireID(operation, id string) error {
	if id == "" {
		return &CallError{Kind: NotFound, Operation: operation, Code: "empty_id", Param: "id"}
	}
	return nil
}

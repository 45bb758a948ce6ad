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
	// callTimeout is below the start-to-close time of activities on the slow path, so that a hang surfaces as this call's
	// error and not as a lost activity; the fast path is shorter on purpose. The library's own default is 80 s.
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
	// Guard may hold requests back that change something; nil for none.
	Guard Guard
	Log   *slog.Logger
}

// Pacer says when the next call may be made: it returns then, or with the context's error.
type Pacer interface {
	Wait(ctx context.Context) error
}

// Client calls Stripe. It is safe for concurrent use.
type Client struct {
	api   *client.API
	pacer Pacer
}

// New makes a client with its own backend: no process-wide key, no retries inside the library (Temporal owns
// them; the library's back-off sleeps past the context's deadline), no telemetry.
func New(cfg Config) *Client {
	backendConfig := &stripe.BackendConfig{
		HTTPClient:        &http.Client{Timeout: callTimeout, Transport: guarded{callLog{http.DefaultTransport, cfg.Log}, cfg.Guard}},
		MaxNetworkRetries: stripe.Int64(0),
		EnableTelemetry:   stripe.Bool(false),
		LeveledLogger:     silent{},
	}
	if cfg.APIBase != "" {
		backendConfig.URL = stripe.String(cfg.APIBase)
	}
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, backendConfig)
	api := &client.API{}
	api.Init(cfg.SecretKey, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
	return &Client{api: api, pacer: rate.NewLimiter(callsPerSecond, callsPerSecond)}
}

// Paced is the same client at another's pace, for one who works beside others.
func (c *Client) Paced(pacer Pacer) *Client { return &Client{api: c.api, pacer: pacer} }

// before waits until the call may be made: it is called ahead of each request. Its error is the pacer's: nothing was asked
// of Stripe.
func (c *Client) before(ctx context.Context, operation string) error {
	if err := c.pacer.Wait(ctx); err != nil {
		return fmt.Errorf("%s: waiting for its turn: %w", operation, err)
	}
	return nil
}

// requireID refuses an empty id, as no repetition mends it: stripe-go would turn Get("") into a call of the list URL and
// return no error.
func requireID(operation, id string) error {
	if id == "" {
		return &Failure{Kind: NotFound, Operation: operation, Code: "empty_id", Param: "id"}
	}
	return nil
}

// Package api is Farebook's HTTP API: it takes bookings, answers questions about them and receives Stripe's webhooks. It
// decides nothing about money: that is the workflow's and the recording step's matter.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.temporal.io/sdk/client"

	"farebook/booking"
	"farebook/internal/stripeapi"
	"farebook/starter/dispatch"
	"farebook/starter/inbox"
	"farebook/store"
)

// Version of the API, as its OpenAPI document says it.
const Version = "1.0.0"

// Deps are what the API talks to.
type Deps struct {
	Store    *store.Store
	Dispatch *dispatch.Client
	Stripe   *stripeapi.Client
	// Temporal is asked for its health only.
	Temporal client.Client
	// Warning is what an operator is to look at although bookings are taken; empty for nothing. It may be nil.
	Warning func() string
	// WebhookSecrets are all that are valid now; Live says whether events of real money are expected, or test events.
	WebhookSecrets []string
	Live           bool
	// Inbox takes Stripe's events in.
	Inbox *inbox.Inbox
	// Policy is what a cancellation after payment gives back.
	Policy booking.Policy
	// HoldMinute is how long a minute of a hold lasts: a minute, unless a test shortens it.
	HoldMinute time.Duration
	// Holds bound holds by the departure.
	Holds booking.HoldRules
	// BodyTimeout is how long a request body may take, AnswerTimeout how long a caller waits for workflow and Stripe; zero
	// for the defaults.
	BodyTimeout, AnswerTimeout time.Duration
	// Limits are what is taken of callers and strangers; rates that are zero stand for the defaults.
	Limits Limits
	// Stopping ends when the process is asked to stop: bodies that have not come are waited for no longer. It may be nil.
	Stopping context.Context
	Log      *slog.Logger
}

const (
	// maxBookingBody is far above nine passengers with the longest names.
	maxBookingBody = 64 << 10
	// maxWebhookBody: Stripe's events are some kilobytes; with expanded objects some tens.
	maxWebhookBody = 256 << 10
	// bodyTimeout ends a body that trickles in.
	bodyTimeout = 10 * time.Second
	// answerTimeout is how long a caller waits for workflow and Stripe before being told to ask again: the fast path's
	// two attempts at Stripe fit in. http.Server's WriteTimeout is above it.
	answerTimeout = 30 * time.Second
	// Retry-After, in seconds: when a dependency is unavailable, while another request with the key is in progress, and while a fence
	// is up, which operators lower within minutes to hours.
	retryAfter      = "5"
	inProgressRetry = "2"
	fenceRetry      = "60"
)

type api struct {
	Deps
	gates gates
}

// New is the handler of the whole API.
func New(deps Deps) (http.Handler, error) {
	if deps.BodyTimeout == 0 {
		deps.BodyTimeout = bodyTimeout
	}
	if deps.AnswerTimeout == 0 {
		deps.AnswerTimeout = answerTimeout
	}
	if deps.HoldMinute == 0 {
		deps.HoldMinute = time.Minute
	}
	if deps.Stopping == nil {
		deps.Stopping = context.Background()
	}
	deps.Limits = deps.Limits.withDefaults()
	a := &api{Deps: deps, gates: newGates(deps.Limits)}
	mux := http.NewServeMux()
	spec := humago.New(mux, humaConfig())
	a.addBookings(spec)
	a.addAttention(spec)
	a.addClients(spec)
	a.addAPIKeys(spec)
	a.addAudit(spec)
	a.addWebhook(spec)
	a.addHealth(spec)
	describeBodies(spec.OpenAPI())
	describeLimits(spec.OpenAPI())
	if err := addDocs(mux, spec.OpenAPI()); err != nil {
		return nil, err
	}
	return a.around(mux), nil
}

func humaConfig() huma.Config {
	config := huma.DefaultConfig("Farebook API", Version)
	config.Info.Description = description
	config.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	// Both are served by docs.go: complete from the first request, and without another host's scripts.
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	// No "$schema" links in answers.
	config.CreateHooks = nil
	config.Transformers = []huma.Transformer{completeProblem}
	config.RejectUnknownQueryParameters = true
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		securityScheme: {Type: "http", Scheme: "bearer", Description: "An API key, made by `starter api-key create`."},
	}
	config.Tags = []*huma.Tag{
		{Name: "Bookings", Description: "Take, read, capture, cancel and refund bookings."},
		{Name: "Reconciliation", Description: "Hold the books against Stripe."},
		{Name: operationsTag, Description: "What needs attention, of all clients."},
		{Name: adminTag, Description: "Who may call this API, and who asked for what. For keys with the scope admin."},
		{Name: "Webhooks", Description: "What Stripe calls."},
		{Name: "Health", Description: "For load balancers and operators."},
	}
	return config
}

const description = `Book a flight, pay by card, get a confirmation; the books always agree with Stripe.

- **Money** is a whole number of minor units and a currency: ` + "`45900` and `USD` are $459.00." + `
- **Idempotency**: every ` + "`POST`" + ` takes an ` + "`Idempotency-Key`" + `; what makes something new requires it. Send the same key and body as often as
  you need: the answer is the same, and nothing is done twice. The same key with another body is refused with 422; with a first
  request that is still at work, with 409 and ` + "`Retry-After`" + `.
- **Errors** are RFC 9457 problems; ` + "`errors[].location`" + ` names the field, such as ` + "`body.flight.departsAt`" + `.
- **429** with ` + "`Retry-After`" + ` says that you ask too often: reads and writes of one client, and requests of one address without a key, have
  limits. ` + "`RateLimit`" + ` on each answer shows what is left. Nothing was done: ask again with the same key.
- **503** with ` + "`Retry-After`" + ` says that a part is away. Nothing is lost: ask again with the same key. A problem of type
  ` + "`urn:farebook:problem:fenced`" + ` says why no money moves at present; reads work meanwhile.
- **Answers** are JSON whatever ` + "`Accept`" + ` asks for.
- **Correlation**: send ` + "`X-Correlation-ID`" + ` (8 to 64 letters, digits, dots, dashes) or take the one from the answer; it leads
  through logs, workflow, Stripe and mail.`

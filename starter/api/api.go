// Package api is Farebook's HTTP API: it creates and shows bookings and receives Stripe's webhooks. It makes no decision about
// money: the workflows and the recorders do.
//
// It imports dispatch, evidence, inbox, limit, proposal, recon, reports, story and view of starter, workflows for inputs and results,
// store, the vocabulary and internal/, and must not import activities, worker or starter/command.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.temporal.io/sdk/client"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/metrics"
	"farebook/internal/paylink"
	"farebook/internal/stripeapi"
	"farebook/ledger/seal"
	"farebook/starter/dispatch"
	"farebook/starter/inbox"
	"farebook/store"
	"farebook/store/gauges"
	"farebook/store/monthend"
)

// Version is the API's version in its OpenAPI document.
const Version = "1.0.0"

// Deps are what the API needs.
type Deps struct {
	Store    *store.Store
	Dispatch *dispatch.Client
	Stripe   *stripeapi.Client
	// FirstSteps is nil when no worker runs in this process.
	FirstSteps *FirstSteps
	// Temporal is used for the health check only.
	Temporal client.Client
	// Warning returns what an operator should examine while bookings are accepted; empty for nothing. It may be nil.
	Warning func() string
	// WebhookSecrets returns all secrets that are valid now. Live says whether live events are expected, or those of test mode.
	WebhookSecrets func() []string
	Live           bool
	// Inbox stores Stripe's events.
	Inbox *inbox.Inbox
	// Policy decides what a cancellation after payment refunds.
	Policy booking.Policy
	// HoldMinute is the length of one minute of a hold. Tests shorten it.
	HoldMinute time.Duration
	// Holds limit the end of a hold by the departure.
	Holds booking.HoldRules
	// JournalLimits are the totals above which a second operator approves a manual journal.
	JournalLimits monthend.Limits
	// RefundLimits and CorrectionLimits are what people of the console move without a second person.
	RefundLimits, CorrectionLimits access.Limits
	// Revenue decides how new bookings are posted.
	Revenue booking.RevenueRules
	// PayLinks makes links to the payment page; nil without one.
	PayLinks *paylink.Links
	// SealKey signs evidence; nil leaves it unsigned.
	SealKey *seal.Key
	// Webhooks are what webhook endpoints need.
	Webhooks Webhooks
	// BodyTimeout is how long a request body may take, AnswerTimeout how long a caller waits for workflow and Stripe. Zero means the
	// default.
	BodyTimeout, AnswerTimeout time.Duration
	// DatabaseTimeout is how long a request waits for the database before a 503, once, however many statements it has. Zero means the
	// default.
	DatabaseTimeout time.Duration
	// Limits bound the requests of each client and address. Zero rates mean the defaults.
	Limits Limits
	// Stopping ends when the process is asked to stop: from then on, the server no longer waits for request bodies. It may be nil.
	Stopping context.Context
	// Metrics is where requests are counted; it may be nil.
	Metrics *metrics.Registry
	Log     *slog.Logger
}

const (
	// maxBookingBody is far above nine passengers with the longest allowed names.
	maxBookingBody = 64 << 10
	// maxWebhookBody is far above Stripe's events: some kilobytes, and some tens with expanded objects.
	maxWebhookBody = 256 << 10
	// bodyTimeout ends a body that arrives too slowly.
	bodyTimeout = 10 * time.Second
	// answerTimeout is how long a caller waits for workflow and Stripe before a 503. It covers the two Stripe attempts of the fast
	// path, and is below http.Server's WriteTimeout.
	answerTimeout = 30 * time.Second
	// databaseTimeout is above any statement of a request, also behind other requests for the same booking, and short enough that a
	// database that stalls does not hold connections of callers: the answer, with the release of the key after it, takes less than 3 s.
	databaseTimeout = 2 * time.Second
	// Retry-After, in seconds: when a dependency is unavailable, while another request with the key is in progress, and while a fence
	// is up, which operators lower within minutes to hours.
	retryAfter      = "5"
	inProgressRetry = "2"
	fenceRetry      = "60"
)

type api struct {
	Deps
	gates  gates
	counts *metrics.HTTP // nil without Deps.Metrics
	// reading has an element for each report that is being read.
	reading chan struct{}
	// arriving has an element for each file that arrives or is compared.
	arriving chan struct{}
	figures  *gauges.Reader
	// asking has an element while Stripe is asked for its balance.
	asking chan struct{}
}

// New returns the handler of the whole API.
func New(deps Deps) (http.Handler, error) {
	a := prepare(deps)
	a.figures = gauges.New(deps.Store)
	mux := http.NewServeMux()
	spec := a.describe(mux)
	if err := addDocs(mux, spec); err != nil {
		return nil, err
	}
	if deps.Metrics != nil {
		a.counts = deps.Metrics.HTTP(routes(spec))
	}
	return a.around(mux), nil
}

// Document returns the OpenAPI document that GET /openapi.json serves, without a running API.
func Document() ([]byte, error) {
	return encode(prepare(Deps{}).describe(http.NewServeMux()))
}

// prepare fills in the defaults.
func prepare(deps Deps) *api {
	if deps.BodyTimeout == 0 {
		deps.BodyTimeout = bodyTimeout
	}
	if deps.AnswerTimeout == 0 {
		deps.AnswerTimeout = answerTimeout
	}
	if deps.DatabaseTimeout == 0 {
		deps.DatabaseTimeout = databaseTimeout
	}
	if deps.HoldMinute == 0 {
		deps.HoldMinute = time.Minute
	}
	if deps.Stopping == nil {
		deps.Stopping = context.Background()
	}
	deps.Limits = deps.Limits.withDefaults()
	return &api{
		Deps: deps, gates: newGates(deps.Limits),
		reading: make(chan struct{}, reportsAtOnce), arriving: make(chan struct{}, filesAtOnce),
		asking: make(chan struct{}, 1),
	}
}

// describe adds all operations to mux and returns their description.
func (a *api) describe(mux *http.ServeMux) *huma.OpenAPI {
	spec := humago.New(mux, humaConfig())
	a.addBookings(spec)
	a.addLists(spec)
	a.addOperations(spec)
	a.addOverview(spec)
	a.addEvidenceDrafts(spec)
	a.addEmails(spec)
	a.addEventActions(spec)
	a.addReconciliationActions(spec)
	a.addItems(spec)
	a.addProposals(spec)
	a.addSchedule(spec)
	a.addViews(spec)
	a.addAttention(spec)
	a.addClients(spec)
	a.addReturnURLs(spec)
	a.addAPIKeys(spec)
	a.addAudit(spec)
	a.addLedger(spec)
	a.addEndpoints(spec)
	a.addWebhook(spec)
	a.addHealth(spec)
	describeBodies(spec.OpenAPI())
	describeEvents(spec.OpenAPI())
	describeLimits(spec.OpenAPI())
	describeExamples(spec.OpenAPI())
	return spec.OpenAPI()
}

func humaConfig() huma.Config {
	config := huma.DefaultConfig("Farebook API", Version)
	config.Info.Description = description
	config.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	// docs.go serves both: complete from the first request, and without scripts from other hosts.
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	// Leaves "$schema" links out of answers.
	config.CreateHooks = nil
	config.Transformers = []huma.Transformer{completeProblem}
	config.RejectUnknownQueryParameters = true
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		securityScheme: {Type: "http", Scheme: "bearer", Description: "An API key, created with `starter api-key create`."},
	}
	config.Tags = []*huma.Tag{
		{Name: "Bookings", Description: "Create, read, capture, cancel and refund bookings."},
		{Name: "Reconciliation", Description: "Compare the books with Stripe."},
		{Name: ledgerTag, Description: "Reports of finance, which prove themselves, for all clients; months and manual journals."},
		{Name: operationsTag, Description: "Matters that need attention, for all clients."},
		{Name: adminTag, Description: "Who may call this API, and who asked for what. Needs the scope admin."},
		{Name: endpointsTag, Description: "Addresses of a client that get signed events when something changes."},
		{Name: "Webhooks", Description: "Called by Stripe."},
		{Name: "Health", Description: "For load balancers and operators."},
	}
	return config
}

const description = `Book a flight, pay by card, get a confirmation. The books always agree with Stripe.

- **Money** is a whole number of minor units and a currency: ` + "`45900` and `USD` are $459.00." + `
- **Idempotency**: every ` + "`POST`" + ` takes an ` + "`Idempotency-Key`" +
	`; operations that create something require it. Repeat a request with the same key and
  body as often as you need: the answer is the same, and nothing is done twice. The same key with another body gets 422. While the first
  request is in progress, a repetition waits for its answer, or gets 409 with ` + "`Retry-After`" + `.
- **Errors** are RFC 9457 problems; ` + "`errors[].location`" + ` names the field, such as ` + "`body.flight.departsAt`" + `.
- **429** with ` + "`Retry-After`" +
	` means too many requests: the reads and writes of a client, and the requests of an address without a key, are
  limited. ` + "`RateLimit`" + ` on each answer shows what is left. Nothing was done: repeat the request with the same key.
- **503** with ` + "`Retry-After`" +
	` means that a dependency is unavailable. Nothing is lost: repeat the request with the same key. A problem of
  type ` + "`urn:farebook:problem:fenced`" + ` says why no money moves at present; reads still work.
- **Answers** are always JSON, whatever ` + "`Accept`" + ` says; reports are CSV or a journal where ` + "`format`" + ` asks for it.
- **Correlation**: send ` + "`X-Correlation-ID`" + ` (8 to 64 letters, digits, dots, dashes) or use the one in the answer; logs,
  workflows, Stripe and emails carry it.`

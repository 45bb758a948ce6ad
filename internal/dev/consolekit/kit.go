package consolekit

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"farebook/access"
	"farebook/booking"
	"farebook/internal/dev/testdb"
	"farebook/internal/stripeapi"
	"farebook/starter/api"
	"farebook/starter/console"
	"farebook/starter/console/signin"
	"farebook/starter/dispatch"
	"farebook/starter/inbox"
	"farebook/starter/limit"
)

// Deps are what a console needs.
type Deps = console.Deps

// Selection is what a page has been searched for.
type Selection = goquery.Selection

// nowhere is an address where nothing listens: port 1 is never given out.
const nowhere = "127.0.0.1:1"

// Kit is a console with the real API on its own database. No worker and no Stripe answer: a test of what a workflow does takes testkit's
// stack, with Issuer.Env as its Env, and Browse.
type Kit struct {
	T      testing.TB
	DB     *testdb.DB
	Issuer *Issuer
	URL    string
	// API is the HTTP API without its socket.
	API http.Handler
}

// New starts a console; change may be nil.
func New(t testing.TB, change func(*Deps)) *Kit {
	t.Helper()
	k := &Kit{T: t, DB: testdb.New(t), Issuer: NewIssuer(t)}
	k.API = k.api()
	web := httptest.NewUnstartedServer(nil)
	k.URL = "http://" + web.Listener.Addr().String()
	deps := console.Deps{
		API: k.API, Store: k.DB.Store, SignIn: k.signIn(), Requests: limit.PerSecond(100_000), Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&deps)
	}
	pages, err := console.New(deps)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/", k.API)
	mux.Handle("/console", pages)
	mux.Handle("/console/", pages)
	web.Config.Handler = mux
	web.Start()
	t.Cleanup(web.Close)
	return k
}

func (k *Kit) signIn() signin.Config {
	roles := map[string]access.Role{}
	for _, role := range access.Roles() {
		roles[string(role)] = role
	}
	return signin.Config{
		URL: k.URL, Issuer: k.Issuer.URL(), ClientID: ClientID, ClientSecret: ClientSecret, Scopes: []string{"openid", "profile"},
		RoleClaim: "roles", Roles: roles, Idle: 30 * time.Minute, Limit: 12 * time.Hour,
	}
}

func (k *Kit) api() http.Handler {
	log := slog.New(slog.DiscardHandler)
	temporal, err := client.NewLazyClient(client.Options{
		HostPort: cmp.Or(os.Getenv("FAREBOOK_TEST_TEMPORAL_ADDRESS"), nowhere), Logger: sdklog.NewStructuredLogger(log),
	})
	require.NoError(k.T, err)
	k.T.Cleanup(temporal.Close)
	many := limit.PerSecond(100_000)
	deps := api.Deps{
		Store: k.DB.Store, Temporal: temporal, Dispatch: dispatch.NewClient(temporal, "no-worker-"+k.DB.Name),
		Stripe:         stripeapi.New(stripeapi.Config{SecretKey: "sk_" + "test_console", APIBase: "http://" + nowhere, Log: log}),
		Revenue:        booking.RevenueRules{Model: booking.ModelAgent, Moment: booking.AtDeparture},
		Policy:         booking.Policy{{HoursBefore: 48, Percent: 50}},
		WebhookSecrets: func() []string { return []string{"whsec_" + "console"} },
		Limits:         api.Limits{Reads: many, Writes: many, Webhooks: many, Strangers: many, WrongKeys: many},
		AnswerTimeout:  5 * time.Second, Log: log,
		DatabaseTimeout: time.Minute, // which no test reaches: a busy machine takes longer than the default
	}
	deps.Inbox = inbox.New(deps.Store, deps.Dispatch, deps.Stripe, time.Minute, log)
	k.T.Cleanup(deps.Inbox.Wait)
	handler, err := api.New(deps)
	require.NoError(k.T, err)
	return handler
}

// Stranger is a browser of somebody who has not signed in.
func (k *Kit) Stranger() *Browser {
	k.T.Helper()
	return Browse(k.T, k.URL, k.Issuer)
}

// As is a browser of somebody who has signed in with a role.
func (k *Kit) As(role access.Role) *Browser {
	k.T.Helper()
	b := k.Stranger()
	shown := b.SignIn(Somebody(role))
	require.NotContains(k.T, shown.URL.Path, "/signin", "not signed in: %s", shown.Text("main"))
	return b
}

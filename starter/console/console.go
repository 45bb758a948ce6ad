// Package console is the console in the browser: pages for support, finance and operators below /console/, made on the server. It is a
// caller of the HTTP API in its process, so that whatever the console can, HTTP can, and every rule has one place.
//
// It imports access, internal/correlation, starter/api for the person of a request, starter/limit, store for sessions and people, and its
// own packages. A group of pages imports page and caller, and must not import store or starter/api.
package console

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"farebook/access"
	"farebook/starter/api"
	"farebook/starter/console/assets"
	"farebook/starter/console/attention"
	"farebook/starter/console/audit"
	"farebook/starter/console/bookings"
	"farebook/starter/console/books"
	"farebook/starter/console/caller"
	"farebook/starter/console/clients"
	"farebook/starter/console/disputes"
	"farebook/starter/console/emails"
	"farebook/starter/console/endpoints"
	"farebook/starter/console/events"
	"farebook/starter/console/lists"
	"farebook/starter/console/overview"
	"farebook/starter/console/page"
	"farebook/starter/console/payouts"
	"farebook/starter/console/proposals"
	"farebook/starter/console/reconciliations"
	"farebook/starter/console/signin"
	"farebook/starter/limit"
	"farebook/starter/web"
	"farebook/store"
)

// groups are all pages of the console.
var groups = []func(*page.Site){
	bookings.Routes, lists.Routes, reconciliations.Routes, books.Routes, clients.Routes, audit.Routes,
	attention.Routes, disputes.Routes, emails.Routes, events.Routes, overview.Routes, payouts.Routes, proposals.Routes, endpoints.Routes,
}

// Deps are what the console needs.
type Deps struct {
	// API is the HTTP API of this process.
	API http.Handler
	// Store has sessions and people; pages never read it.
	Store  *store.Store
	SignIn signin.Config
	// BooksZone is the time zone of the books' months; nil for UTC.
	BooksZone *time.Location
	// Live says that money is real.
	Live bool
	// TemporalUI is the address of Temporal's UI with the namespace, without a slash at the end; empty for no links.
	TemporalUI string
	// Requests bounds the requests from one address. Zero means the default.
	Requests limit.Rate
	// TrustedProxies are the proxies whose X-Forwarded-For is used.
	TrustedProxies limit.Networks
	// Pages are further groups of pages, which tests add.
	Pages []func(*page.Site)
	Log   *slog.Logger
}

// requestsPerSecond is far above what one person clicks, and what a page reads with its stylesheet and scripts.
const requestsPerSecond = 50

type console struct {
	Deps

	site   *page.Site
	signIn *signin.SignIn
}

// New returns the handler of everything below page.Root.
func New(deps Deps) (http.Handler, error) {
	if deps.Requests == (limit.Rate{}) {
		deps.Requests = limit.PerSecond(requestsPerSecond)
	}
	c := &console{Deps: deps}
	c.signIn = signin.New(deps.SignIn, deps.Store, deps.Log)
	c.site = page.NewSite(page.Config{
		API: caller.New(deps.API), Person: c.signIn.Person, As: as, BooksZone: deps.BooksZone, Secure: deps.SignIn.Secure(), Live: deps.Live,
		Links: page.Links{Stripe: stripeDashboard(deps.Live), Temporal: deps.TemporalUI}, Now: deps.Store.Now, Log: deps.Log,
	})
	c.signIn.Routes(c.site)
	for _, routes := range slices.Concat(groups, deps.Pages) {
		routes(c.site)
	}
	pages, err := c.sameOrigin(c.signIn.Handler(c.site, c.unavailable))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(assets.Path, assets.Handler())
	mux.Handle(page.Home, pages)
	mux.Handle(page.Root, http.RedirectHandler(page.Home, http.StatusMovedPermanently))
	return web.Pages{
		Name: "page", Headers: headersOf(deps.SignIn.Issuer), Begin: page.WithRoute,
		Route:    func(r *http.Request) string { return page.Route(r.Context()) },
		Requests: limit.NewBuckets[netip.Prefix](deps.Requests), Refuse: c.tooMany, TrustedProxies: deps.TrustedProxies, Log: deps.Log,
	}.Around(mux), nil
}

// as has the API answer for somebody who has signed in.
func as(ctx context.Context, person page.Person) context.Context {
	return api.As(ctx, store.Person{
		Issuer: person.Issuer, Subject: person.Subject, Name: person.Name, Key: person.Key, Role: access.Role(person.Role),
	})
}

func stripeDashboard(live bool) string {
	if live {
		return "https://dashboard.stripe.com"
	}
	return "https://dashboard.stripe.com/test"
}

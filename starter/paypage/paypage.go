// Package paypage is the page on which travellers pay: /pay/{token}, in English and Arabic, with Stripe's Payment Element. No card data
// reaches it. What it shows is read from the books, and never from its address.
//
// It imports booking, money, notice, store, starter/limit, starter/web, and correlation, mail (for the words of emails), paylink and
// stripeapi of internal. It must not import starter/api: a traveller is no client of the API.
package paypage

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"

	"farebook/booking"
	"farebook/internal/paylink"
	"farebook/internal/stripeapi"
	"farebook/starter/limit"
	"farebook/starter/web"
	"farebook/store"
)

// Deps are what the page needs.
type Deps struct {
	Store  *store.Store
	Stripe *stripeapi.Client
	Links  *paylink.Links
	// PublishableKey is Stripe's key for browsers, and ScriptURL the address of Stripe.js.
	PublishableKey, ScriptURL string
	// Live says that money is real.
	Live bool
	// TrustedProxies are the proxies whose X-Forwarded-For is used.
	TrustedProxies limit.Networks
	Limits         Limits
	Log            *slog.Logger
}

// Limits bound the requests to one process. Zero means the default.
type Limits struct {
	// Requests are those from one address.
	Requests limit.Rate
	// SecretsOfBooking and SecretsOfAddress are how often the client secret is asked for.
	SecretsOfBooking, SecretsOfAddress limit.Rate
}

// The defaults: an open page asks for its state every second at most and for the client secret once, and an address may be a family's.
const (
	requestsPerSecond         = 20
	secretsOfBookingPerMinute = 10
	secretsOfAddressPerMinute = 30
)

func (l Limits) withDefaults() Limits {
	for _, one := range []struct {
		rate  *limit.Rate
		usual limit.Rate
	}{
		{&l.Requests, limit.PerSecond(requestsPerSecond)},
		{&l.SecretsOfBooking, limit.PerMinute(secretsOfBookingPerMinute)},
		{&l.SecretsOfAddress, limit.PerMinute(secretsOfAddressPerMinute)},
	} {
		if *one.rate == (limit.Rate{}) {
			*one.rate = one.usual
		}
	}
	return l
}

type site struct {
	Deps

	secretsOfBooking *limit.Buckets[booking.Reference]
	secretsOfAddress *limit.Buckets[netip.Prefix]
}

// New returns the handler of everything below paylink.Path and AssetsPath.
func New(deps Deps) (http.Handler, error) {
	policy, err := policyFor(deps.ScriptURL)
	if err != nil {
		return nil, err
	}
	limits := deps.Limits.withDefaults()
	s := &site{
		Deps:             deps,
		secretsOfBooking: limit.NewBuckets[booking.Reference](limits.SecretsOfBooking),
		secretsOfAddress: limit.NewBuckets[netip.Prefix](limits.SecretsOfAddress),
	}
	ownPages := http.NewCrossOriginProtection()
	if err := ownPages.AddTrustedOrigin(deps.Links.URL); err != nil {
		return nil, fmt.Errorf("the address of the payment page: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+paylink.Path+"{token}", s.linked(s.showPage, s.showNoPage))
	mux.HandleFunc("GET "+paylink.Path+"{token}/receipt", s.linked(s.showReceipt, s.showNoPage))
	mux.HandleFunc("GET "+paylink.Path+"{token}/state", s.linked(s.answerState, answerNoLink))
	mux.Handle("POST "+paylink.Path+"{token}/secret", ownPages.Handler(s.linked(s.answerSecret, answerNoLink)))
	mux.Handle("GET "+AssetsPath+"{file}", assets)
	return web.Pages{
		Name: "payment page", Headers: headersOf(policy), Requests: limit.NewBuckets[netip.Prefix](limits.Requests),
		TrustedProxies: deps.TrustedProxies, Log: deps.Log,
		Route: func(r *http.Request) string {
			_, route := mux.Handler(r) // r.Pattern is empty before a page has seen the request
			return route
		},
	}.Around(mux), nil
}

// headersOf are the headers of every answer. The address of the page is a secret of the traveller: no other site learns it by a Referer.
func headersOf(policy string) map[string]string {
	return map[string]string{
		"Content-Security-Policy":    policy,
		"Referrer-Policy":            "no-referrer",
		"X-Robots-Tag":               "noindex, nofollow",
		"Cross-Origin-Opener-Policy": "same-origin-allow-popups",                 // wallets may open a window
		"Permissions-Policy":         "camera=(), geolocation=(), microphone=()", // payment stays allowed, for wallets
	}
}

// policyFor is the content security policy of the page: what Farebook serves itself, and Stripe.js with what that needs
// (docs.stripe.com/security/guide, Content Security Policy). With the stand-in, its origin takes the place of Stripe's.
func policyFor(script string) (string, error) {
	parsed, err := url.Parse(script)
	if err != nil || parsed.Host == "" {
		return "", fmt.Errorf("invalid STRIPE_JS_URL %q", script)
	}
	scripts, calls, frames := "https://js.stripe.com https://*.js.stripe.com", "https://api.stripe.com",
		"https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com"
	if parsed.Host != "js.stripe.com" {
		origin := parsed.Scheme + "://" + parsed.Host
		scripts, calls, frames = origin, origin, origin
	}
	return "default-src 'none'; script-src 'self' " + scripts + "; style-src 'self'; img-src 'self'; connect-src 'self' " + calls +
		"; frame-src " + frames + "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", nil
}

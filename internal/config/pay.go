package config

import (
	"net/url"
	"strings"
	"time"

	"farebook/internal/paylink"
)

// Pay configures the payment page.
type Pay struct {
	// URL is where browsers reach it, without a path or a slash at the end; empty for no page.
	URL string
	// PublishableKey is Stripe's key for browsers, and ScriptURL the address of Stripe.js.
	PublishableKey, ScriptURL string
	// Readable is how long after the hold a link shows the outcome.
	Readable time.Duration

	keys []paylink.Key
}

// On reports whether there is a payment page.
func (p Pay) On() bool { return p.URL != "" }

const (
	// stripeScripts is where Stripe serves Stripe.js, which may not be served from elsewhere (docs.stripe.com/js/including).
	stripeScripts = "https://js.stripe.com"
	stripeScript  = stripeScripts + "/v3/"
	// maxReadable is a year, which is longer than a traveller needs the outcome.
	maxReadable = 366 * 24 * time.Hour
)

func (r *reader) readPayPage() {
	v := r.vars
	if v.PayURL == "" || !r.parts[PayPage] {
		return
	}
	p := Pay{
		URL: r.origin("PAY_URL", v.PayURL, "https://pay.example.com"), PublishableKey: v.PublishableKey, ScriptURL: v.StripeScript,
	}
	r.checkPublishableKey(p.PublishableKey)
	if p.ScriptURL == "" {
		p.ScriptURL = stripeScript
		if base := r.config.Stripe.APIBase; base != "" && base != "https://api.stripe.com" {
			p.ScriptURL = base + "/v3/"
		}
	}
	r.checkStripeScript(p.ScriptURL)
	readable, err := time.ParseDuration(v.PayReadable)
	if err != nil || readable < time.Minute || readable > maxReadable {
		r.problem("PAY_LINK_READABLE is %q: set it to a duration from 1m to %s, such as 72h", v.PayReadable, maxReadable)
	}
	p.Readable = readable
	p.keys = r.payLinkKeys()
	r.config.Pay = p
}

func (r *reader) payLinkKeys() []paylink.Key {
	if r.vars.PayLinkKeys == "" {
		if !r.unread["PAY_LINK_KEYS"] {
			r.problem("PAY_LINK_KEYS is not set, which the payment page needs: write ID:SECRET, the secret from `openssl rand -base64 32`")
		}
		return nil
	}
	keys, err := paylink.ParseKeys(r.vars.PayLinkKeys)
	if err != nil {
		r.problem("PAY_LINK_KEYS %v", err)
	}
	return keys
}

func (r *reader) checkPublishableKey(key string) {
	live := strings.HasPrefix(key, "pk_live_")
	switch {
	case key == "":
		r.problem("STRIPE_PUBLISHABLE_KEY is not set, which the payment page needs: Stripe's key for browsers, pk_live_...")
	case !live && !strings.HasPrefix(key, "pk_test_"):
		r.problem("STRIPE_PUBLISHABLE_KEY is no publishable key: it begins with pk_live_ or pk_test_. A secret key would be shown to everybody")
	case r.config.Stripe.SecretKey != "" && live != r.config.Stripe.Live():
		r.problem("STRIPE_PUBLISHABLE_KEY is of the other mode than STRIPE_SECRET_KEY: take both from the same page of Stripe's dashboard")
	}
}

func (r *reader) checkStripeScript(address string) {
	parsed, err := url.Parse(address)
	switch {
	case err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.User != nil:
		r.problem("STRIPE_JS_URL cannot be read: write it as %s, or unset it", stripeScript)
	case r.production() && parsed.Scheme+"://"+parsed.Host != stripeScripts:
		r.problem("STRIPE_JS_URL is not Stripe's: production loads Stripe.js from Stripe alone; unset it")
	}
}

// PayLinks returns what makes and checks links to the payment page, with the keys of the moment; nil without a payment page.
func (c Config) PayLinks() *paylink.Links {
	if !c.Pay.On() {
		return nil
	}
	return &paylink.Links{URL: c.Pay.URL, Readable: c.Pay.Readable, Keys: c.payLinkKeys}
}

// payLinkKeys returns the keys: from a file, as they are now.
func (c Config) payLinkKeys() []paylink.Key {
	return latest(c.files["PAY_LINK_KEYS"], paylink.ParseKeys, c.Pay.keys)
}

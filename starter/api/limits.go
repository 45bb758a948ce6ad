package api

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	lru "github.com/hashicorp/golang-lru/v2"

	"farebook/starter/limit"
)

// Limits bound the requests that one process accepts. Zero rates mean the defaults.
type Limits struct {
	// Reads and Writes are the requests of one client.
	Reads, Writes limit.Rate
	// Webhooks are the webhooks from one address. Stripe's bursts stay below it.
	Webhooks limit.Rate
	// Strangers are the requests without a key from one address outside ProbeNetworks: health, documentation, unknown paths.
	Strangers limit.Rate
	// WrongKeys are the requests with a wrong API key from one address.
	WrongKeys limit.Rate
	// UnsignedBytes is how many bytes of webhook bodies are in memory at once. One address may use a quarter of it.
	UnsignedBytes int64
	// TrustedProxies are the proxies whose X-Forwarded-For is used.
	TrustedProxies limit.Networks
	// ProbeNetworks are the operator's networks, from which load balancers and monitors check the health.
	ProbeNetworks limit.Networks
}

// The defaults are those of internal/config.
const (
	unsignedBytes = 32 << 20
	// knownTokens is how many hashes of valid API keys are remembered.
	knownTokens = 4096
)

func (l Limits) withDefaults() Limits {
	for _, one := range []struct {
		rate  *limit.Rate
		usual limit.Rate
	}{
		{&l.Reads, limit.PerSecond(50)},
		{&l.Writes, limit.PerSecond(25)},
		{&l.Webhooks, WebhookRate(500)},
		{&l.Strangers, limit.PerSecond(10)},
		{&l.WrongKeys, limit.PerMinute(20)},
	} {
		if *one.rate == (limit.Rate{}) {
			*one.rate = one.usual
		}
	}
	if l.UnsignedBytes == 0 {
		l.UnsignedBytes = unsignedBytes
	}
	return l
}

// WebhookRate allows bursts of four seconds' worth, because Stripe sends a backlog at once.
func WebhookRate(perSecond float64) limit.Rate {
	return limit.Rate{PerSecond: perSecond, Burst: limit.PerSecond(4 * perSecond).Burst}
}

// gates enforce Limits.
type gates struct {
	reads, writes                  *limit.Buckets[uint64]
	webhooks, strangers, wrongKeys *limit.Buckets[netip.Prefix]
	unsigned                       *limit.Budget
	// valid has hashes of API keys that were valid when last used. Wrong keys from the same address do not block these.
	valid *lru.Cache[[sha256.Size]byte, struct{}]
}

func newGates(l Limits) gates {
	valid, err := lru.New[[sha256.Size]byte, struct{}](knownTokens)
	if err != nil {
		panic(err) // possible only for a size below one
	}
	return gates{
		reads: limit.NewBuckets[uint64](l.Reads), writes: limit.NewBuckets[uint64](l.Writes),
		webhooks: limit.NewBuckets[netip.Prefix](l.Webhooks), strangers: limit.NewBuckets[netip.Prefix](l.Strangers),
		wrongKeys: limit.NewBuckets[netip.Prefix](l.WrongKeys),
		unsigned:  limit.NewBudget(l.UnsignedBytes, l.UnsignedBytes/4),
		valid:     valid,
	}
}

type clientKey struct{}

// clientOf is the address of the caller, which observe has found.
func clientOf(ctx context.Context) netip.Addr {
	addr, _ := ctx.Value(clientKey{}).(netip.Addr)
	return addr
}

// admit passes a request to its route, or answers 429. Requests to /v1 are counted for their client later, after authentication.
func (a *api) admit(w http.ResponseWriter, r *http.Request, route string) bool {
	addr := clientOf(r.Context())
	name, buckets := "strangers", a.gates.strangers
	switch {
	case route != "" && strings.HasPrefix(r.URL.Path, "/v1/"):
		return true
	case route != "" && r.URL.Path == webhookPath:
		name, buckets = "webhooks", a.gates.webhooks
	case a.Limits.ProbeNetworks.Contain(addr):
		return true
	}
	verdict := buckets.Take(limit.Source(addr))
	if verdict.Allowed {
		return true
	}
	a.counts.Limited(name)
	for header, values := range rateHeaders(name, verdict) {
		w.Header()[header] = values
	}
	writeProblem(r.Context(), w, http.StatusTooManyRequests, "too-many-requests", tooManyFromAddress)
	return false
}

const tooManyFromAddress = "Too many requests from your address: wait for the seconds in Retry-After."

// guardKeys refuses an address with too many wrong API keys before the database is asked again. A key that was valid when last used
// passes, because its caller may share the address with an attacker.
func (a *api) guardKeys(spec huma.API, authenticate func(huma.Context, func(huma.Context))) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		request, _ := humago.Unwrap(hctx)
		source := limit.Source(clientOf(hctx.Context()))
		token := sha256.Sum256([]byte(request.Header.Get("Authorization")))
		verdict := a.gates.wrongKeys.Look(source)
		if !verdict.Allowed && !a.gates.valid.Contains(token) {
			a.counts.Limited("wrong-keys")
			refuse(spec, hctx, tooMany(hctx.Context(), "wrong-keys", verdict,
				"Too many requests without a valid API key from your address: wait for the seconds in Retry-After."))
			return
		}
		authenticate(hctx, func(hctx huma.Context) {
			a.gates.valid.Add(token, struct{}{})
			next(hctx)
		})
		if hctx.Status() == http.StatusUnauthorized {
			a.gates.valid.Remove(token)
			a.gates.wrongKeys.Take(source)
		}
	}
}

// pace counts a request of a client, and answers 429 above the limit. Headers of the answer say how many requests are left.
func (a *api) pace(spec huma.API, hctx huma.Context, client uint64) bool {
	name, buckets := "writes", a.gates.writes
	if hctx.Method() == http.MethodGet || hctx.Method() == http.MethodHead {
		name, buckets = "reads", a.gates.reads
	}
	verdict := buckets.Take(client)
	if verdict.Allowed {
		for header, values := range rateHeaders(name, verdict) {
			hctx.SetHeader(header, values[0])
		}
		return true
	}
	a.counts.Limited(name)
	refuse(spec, hctx, tooMany(hctx.Context(), name, verdict,
		"Your client has used up its quota of "+name+". Nothing was done: wait for the seconds in Retry-After."))
	return false
}

func tooMany(ctx context.Context, name string, verdict limit.Verdict, detail string) error {
	return huma.ErrorWithHeaders(problem(ctx, http.StatusTooManyRequests, "too-many-requests", detail), rateHeaders(name, verdict))
}

// rateHeaders describes a bucket as in draft-ietf-httpapi-ratelimit-headers-10: the quota q in a window of w seconds, r requests left,
// and t seconds until the bucket is full. A bucket refills continuously: Retry-After (RFC 9110, 10.2.3) is the time until the next
// request is accepted, which is less than the window.
func rateHeaders(name string, v limit.Verdict) http.Header {
	headers := http.Header{
		"Ratelimit-Policy": {fmt.Sprintf("%q;q=%d;w=%d", name, v.Quota, max(1, seconds(v.Window)))},
		"Ratelimit":        {fmt.Sprintf("%q;r=%d;t=%d", name, v.Remaining, seconds(v.Full))},
	}
	if !v.Allowed {
		headers.Set("Retry-After", strconv.Itoa(max(1, seconds(v.Retry))))
	}
	return headers
}

// seconds rounds up: an earlier request would be refused again.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// describeLimits documents 429 with its headers for every operation.
func describeLimits(spec *huma.OpenAPI) {
	text := func(description string, schema *huma.Schema, example any) *huma.Param {
		return &huma.Param{Description: description, Schema: schema, Example: example}
	}
	for operation := range operations(spec) {
		operation.Responses["429"] = &huma.Response{
			Description: http.StatusText(http.StatusTooManyRequests),
			Content: map[string]*huma.MediaType{problemContentType: {
				Schema: &huma.Schema{Ref: "#/components/schemas/ErrorModel"},
			}},
			Headers: map[string]*huma.Param{
				"Retry-After": text("Whole seconds until the next request is accepted.", &huma.Schema{Type: "integer", Minimum: new(1.0)}, 1),
				"RateLimit-Policy": text("The quota q in a window of w seconds (draft-ietf-httpapi-ratelimit-headers-10).",
					&huma.Schema{Type: "string"}, `"writes";q=25;w=1`),
				"RateLimit": text("The requests r that are left, and the seconds t until the whole quota is available (same draft).",
					&huma.Schema{Type: "string"}, `"writes";r=0;t=1`),
			},
		}
	}
}

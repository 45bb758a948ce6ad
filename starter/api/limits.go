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

// Limits bound what one process takes. Rates that are zero stand for the defaults.
type Limits struct {
	// Reads and Writes are what one client may ask for.
	Reads, Writes limit.Rate
	// Webhooks is what may come from one address; Stripe's bursts stay below it.
	Webhooks limit.Rate
	// Strangers is what one address outside ProbeNetworks may ask for without a key: health, documentation, unknown paths.
	Strangers limit.Rate
	// WrongKeys is how many API keys that do not exist one address may try.
	WrongKeys limit.Rate
	// UnsignedBytes is how many bytes of webhooks are held at once; one address has a quarter of it.
	UnsignedBytes int64
	// TrustedProxies are believed when X-Forwarded-For names somebody else.
	TrustedProxies limit.Networks
	// ProbeNetworks are the operator's own, whose load balancers and monitors ask for the health.
	ProbeNetworks limit.Networks
}

// The defaults are those of internal/config.
const (
	unsignedBytes = 32 << 20
	// knownTokens is how many API keys that were valid are remembered, as hashes.
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

// WebhookRate allows bursts of four seconds' worth: Stripe sends what has piled up in one go.
func WebhookRate(perSecond float64) limit.Rate {
	return limit.Rate{PerSecond: perSecond, Burst: limit.PerSecond(4 * perSecond).Burst}
}

// gates are what Limits are kept by.
type gates struct {
	reads, writes                  *limit.Buckets[uint64]
	webhooks, strangers, wrongKeys *limit.Buckets[netip.Prefix]
	unsigned                       *limit.Budget
	// valid are hashes of API keys that were valid when they were last used. Wrong keys of others behind the same address do
	// not hold these up.
	valid *lru.Cache[[sha256.Size]byte, struct{}]
}

func newGates(l Limits) gates {
	valid, err := lru.New[[sha256.Size]byte, struct{}](knownTokens)
	if err != nil {
		panic(err) // only for a size below one
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

// clientOf is the address that a request comes from; observe has put it there.
func clientOf(ctx context.Context) netip.Addr {
	addr, _ := ctx.Value(clientKey{}).(netip.Addr)
	return addr
}

// admit lets a request pass to its route, or answers 429. Callers of /v1 are counted by their client, once it is known.
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
	for header, values := range rateHeaders(name, verdict) {
		w.Header()[header] = values
	}
	writeProblem(r.Context(), w, http.StatusTooManyRequests, "too-many-requests", tooManyFromAddress)
	return false
}

const tooManyFromAddress = "Too many requests come from your address: wait for the seconds of Retry-After."

// guardKeys refuses an address that has tried too many wrong API keys before the database is asked once more. A key that was
// valid a moment ago passes: its caller may share the address with whoever guesses.
func (a *api) guardKeys(spec huma.API, authenticate func(huma.Context, func(huma.Context))) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		request, _ := humago.Unwrap(hctx)
		source := limit.Source(clientOf(hctx.Context()))
		token := sha256.Sum256([]byte(request.Header.Get("Authorization")))
		verdict := a.gates.wrongKeys.Look(source)
		if !verdict.Allowed && !a.gates.valid.Contains(token) {
			refuse(spec, hctx, tooMany(hctx.Context(), "wrong-keys", verdict,
				"Too many requests without a valid API key come from your address: wait for the seconds of Retry-After."))
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

// pace counts a request of a client, and answers 429 where it is one too many. The answer says how many are left.
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
	refuse(spec, hctx, tooMany(hctx.Context(), name, verdict,
		"Your client has used up its quota of "+name+". Nothing was done: wait for the seconds of Retry-After."))
	return false
}

func tooMany(ctx context.Context, name string, verdict limit.Verdict, detail string) error {
	return huma.ErrorWithHeaders(problem(ctx, http.StatusTooManyRequests, "too-many-requests", detail), rateHeaders(name, verdict))
}

// rateHeaders shows a bucket as draft-ietf-httpapi-ratelimit-headers-10 has it: the quota q in a window of w seconds, and that
// r are left, with t seconds until all are. A bucket refills all the time, so that the whole window need not be waited for:
// Retry-After (RFC 9110, 10.2.3) is when the next request is taken.
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

// seconds is a whole number of them, rounded up: asking earlier would be in vain.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// describeLimits documents 429 with its headers at every operation, as every one has a limit.
func describeLimits(spec *huma.OpenAPI) {
	text := func(description string, schema *huma.Schema, example any) *huma.Param {
		return &huma.Param{Description: description, Schema: schema, Example: example}
	}
	for _, path := range spec.Paths {
		for _, operation := range []*huma.Operation{path.Get, path.Post, path.Put, path.Patch, path.Delete} {
			if operation == nil {
				continue
			}
			operation.Responses["429"] = &huma.Response{
				Description: http.StatusText(http.StatusTooManyRequests),
				Content: map[string]*huma.MediaType{problemContentType: {
					Schema: &huma.Schema{Ref: "#/components/schemas/ErrorModel"},
				}},
				Headers: map[string]*huma.Param{
					"Retry-After": text("Whole seconds until the next request is taken.", &huma.Schema{Type: "integer", Minimum: new(1.0)}, 1),
					"RateLimit-Policy": text("The quota q in a window of w seconds (draft-ietf-httpapi-ratelimit-headers-10).",
						&huma.Schema{Type: "string"}, `"writes";q=25;w=1`),
					"RateLimit": text("What is left of it, and t seconds until all of it is (the same draft).",
						&huma.Schema{Type: "string"}, `"writes";r=0;t=1`),
				},
			}
		}
	}
}

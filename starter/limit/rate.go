// Package limit bounds what callers may take of one process: connections, requests per second, and memory for bodies of callers
// that are not authenticated yet. Each bound holds per process; several API processes allow several times as much. Buckets are
// those of golang.org/x/time/rate; it is our own what the limiters found (sethvargo/go-limiter, ulule/limiter) do not do: a
// bounded number of keys, and answers that say when a token is available. It imports no other package of Farebook.
package limit

import (
	"math"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// Rate is a token bucket: it refills by PerSecond and holds at most Burst.
type Rate struct {
	PerSecond float64
	Burst     int
}

// PerSecond is a rate whose bucket holds one second's worth.
func PerSecond(n float64) Rate { return Rate{PerSecond: n, Burst: max(1, int(math.Ceil(n)))} }

// PerMinute is a rate whose bucket holds one minute's worth.
func PerMinute(n int) Rate { return Rate{PerSecond: float64(n) / 60, Burst: max(1, n)} }

// maxKeys bounds the buckets of one kind: some megabytes. The least recently used one is forgotten, and is full when its
// key comes back, so that strangers with many addresses cost no memory, and little work.
const maxKeys = 16384

// Buckets holds one token bucket for each key. Its memory is bounded.
type Buckets[K comparable] struct {
	rate  Rate
	known *lru.Cache[K, *rate.Limiter]
}

// NewBuckets makes buckets that are full at first.
func NewBuckets[K comparable](r Rate) *Buckets[K] {
	known, err := lru.New[K, *rate.Limiter](maxKeys)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &Buckets[K]{rate: r, known: known}
}

// Verdict is whether a request passes, with what its caller may be shown of the bucket.
type Verdict struct {
	Allowed   bool
	Quota     int           // what a full bucket holds
	Window    time.Duration // how long an empty bucket takes to fill
	Remaining int           // whole tokens that are left
	Full      time.Duration // until the bucket is full again
	Retry     time.Duration // until there is a token; zero when there is one
}

// Take takes a token of the key's bucket, if there is one.
func (b *Buckets[K]) Take(key K) Verdict {
	now := time.Now()
	bucket := b.of(key)
	allowed := bucket.AllowN(now, 1)
	return b.verdict(allowed, bucket.TokensAt(now))
}

// Look is what Take would answer, without taking anything or remembering the key.
func (b *Buckets[K]) Look(key K) Verdict {
	tokens := float64(b.rate.Burst)
	if bucket, known := b.known.Get(key); known {
		tokens = bucket.TokensAt(time.Now())
	}
	return b.verdict(tokens >= 1, tokens)
}

// Len is how many keys are remembered.
func (b *Buckets[K]) Len() int { return b.known.Len() }

func (b *Buckets[K]) of(key K) *rate.Limiter {
	if bucket, known := b.known.Get(key); known {
		return bucket
	}
	made := rate.NewLimiter(rate.Limit(b.rate.PerSecond), b.rate.Burst)
	if before, known, _ := b.known.PeekOrAdd(key, made); known {
		return before
	}
	return made
}

func (b *Buckets[K]) verdict(allowed bool, tokens float64) Verdict {
	v := Verdict{
		Allowed: allowed, Quota: b.rate.Burst, Remaining: max(0, int(tokens)),
		Window: b.fills(float64(b.rate.Burst)), Full: b.fills(float64(b.rate.Burst) - tokens),
	}
	if tokens < 1 {
		v.Retry = b.fills(1 - tokens)
	}
	return v
}

// fills is how long so many tokens take to come.
func (b *Buckets[K]) fills(tokens float64) time.Duration {
	return time.Duration(tokens / b.rate.PerSecond * float64(time.Second))
}

// Package limit bounds what callers may take of one process: connections, requests per second, and memory for bodies of callers
// that are not authenticated yet. Each bound holds per process; several API processes allow several times as much. Buckets are
// those of golang.org/x/time/rate. The rest is our own, because sethvargo/go-limiter and ulule/limiter neither bound the number
// of keys nor answer when a token is available. It imports no other package of Farebook.
package limit

import (
	"math"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// Rate describes a token bucket that gains PerSecond tokens a second and holds at most Burst.
type Rate struct {
	PerSecond float64
	Burst     int
}

// PerSecond returns a rate of n tokens a second whose bucket holds those of one second.
func PerSecond(n float64) Rate { return Rate{PerSecond: n, Burst: max(1, int(math.Ceil(n)))} }

// PerMinute returns a rate of n tokens a minute whose bucket holds those of one minute.
func PerMinute(n int) Rate { return Rate{PerSecond: float64(n) / 60, Burst: max(1, n)} }

// maxKeys bounds the buckets of one kind to some megabytes, however many addresses call. The least recently used bucket is dropped, and is
// full again at the next use of its key.
const maxKeys = 16384

// Buckets holds one token bucket for each key, maxKeys at most.
type Buckets[K comparable] struct {
	rate  Rate
	known *lru.Cache[K, *rate.Limiter]
}

// NewBuckets returns buckets that start full.
func NewBuckets[K comparable](r Rate) *Buckets[K] {
	known, err := lru.New[K, *rate.Limiter](maxKeys)
	if err != nil {
		panic(err) // returned only for a size below one
	}
	return &Buckets[K]{rate: r, known: known}
}

// Verdict says whether a request passes, and describes the bucket for the response headers.
type Verdict struct {
	Allowed   bool
	Quota     int           // tokens of a full bucket
	Window    time.Duration // time to fill an empty bucket
	Remaining int           // whole tokens left
	Full      time.Duration // time until the bucket is full
	Retry     time.Duration // time until a token is available; zero when there is one
}

// Take takes a token from the key's bucket, if there is one.
func (b *Buckets[K]) Take(key K) Verdict {
	now := time.Now()
	bucket := b.of(key)
	allowed := bucket.AllowN(now, 1)
	return b.verdict(allowed, bucket.TokensAt(now))
}

// Look returns what Take would return, without taking a token or storing the key.
func (b *Buckets[K]) Look(key K) Verdict {
	tokens := float64(b.rate.Burst)
	if bucket, known := b.known.Get(key); known {
		tokens = bucket.TokensAt(time.Now())
	}
	return b.verdict(tokens >= 1, tokens)
}

// Len returns the number of keys with a bucket.
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

// fills returns the time that it takes to gain tokens.
func (b *Buckets[K]) fills(tokens float64) time.Duration {
	return time.Duration(tokens / b.rate.PerSecond * float64(time.Second))
}

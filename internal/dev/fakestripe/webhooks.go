package fakestripe

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"farebook/internal/clock"
	"farebook/internal/wait"
)

const (
	// deliveryTimeout is how long the receiver may take.
	deliveryTimeout = 30 * time.Second
	// deliveryAttempts and the back-off between them squeeze Stripe's three days into minutes.
	deliveryAttempts  = 30
	firstRetry        = 100 * time.Millisecond
	longestRetry      = 5 * time.Second
	deliveriesAtATime = 16
)

// delivery is one event on its way.
type delivery struct {
	eventID string
	kind    string
	payload []byte
}

// webhooks delivers events in the background: at least once, in no promised order, each attempt with a fresh timestamp
// and signature (stripe.com/docs/webhooks).
type webhooks struct {
	clock  *clock.Movable
	client *http.Client
	ctx    context.Context //nolint:containedctx // its life is the server's: close ends every delivery
	cancel context.CancelFunc
	slots  chan struct{}
	// acknowledged hears of each event that the endpoint took.
	acknowledged func(eventID string)

	mu      sync.Mutex
	url     string
	secrets []string
	enabled []string // the types that the endpoint asked for; empty for all
	held    bool
	waiting []delivery // enqueued under the server's lock, and not sent off yet
	// underWay counts the deliveries that were sent off and have not ended. A WaitGroup would not do: deliveries begin while somebody waits.
	underWay int
	ended    *sync.Cond
}

func newWebhooks(options Options, clock *clock.Movable, acknowledged func(eventID string)) *webhooks {
	ctx, cancel := context.WithCancel(context.Background()) // the stand-in is nobody's request
	w := &webhooks{
		clock: clock, client: &http.Client{Timeout: deliveryTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: deliveriesAtATime}},
		ctx: ctx, cancel: cancel, slots: make(chan struct{}, deliveriesAtATime), acknowledged: acknowledged,
	}
	w.ended = sync.NewCond(&w.mu)
	w.set(options.WebhookURL, options.WebhookSecret)
	return w
}

func (w *webhooks) set(url, secret string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.url, w.secrets = url, strings.Split(secret, ",")
}

func (w *webhooks) enable(types []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.enabled = types
}

func (w *webhooks) targets() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.url == "" {
		return 0
	}
	return 1
}

func (w *webhooks) enqueue(d delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wants(d.kind) {
		w.waiting = append(w.waiting, d)
	}
}

// wanting counts the endpoints that get events of a type.
func (w *webhooks) wanting(kind string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wants(kind) {
		return 1
	}
	return 0
}

func (w *webhooks) wants(kind string) bool {
	return w.url != "" && (len(w.enabled) == 0 || slices.Contains(w.enabled, kind))
}

func (w *webhooks) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = true
}

func (w *webhooks) release(shuffle bool, times int) {
	w.mu.Lock()
	w.held = false
	var all []delivery
	for range times {
		all = append(all, w.waiting...)
	}
	w.waiting = all
	if shuffle {
		rand.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
	}
	w.mu.Unlock()
	w.flush()
}

// flush sends off what waits, unless it is held. Called without the server's lock, so that a slow receiver blocks
// nobody.
func (w *webhooks) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held || w.ctx.Err() != nil {
		return
	}
	for _, d := range w.waiting {
		w.underWay++
		go func() {
			defer w.end()
			w.deliver(d)
		}()
	}
	w.waiting = nil
}

func (w *webhooks) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.underWay--
	w.ended.Broadcast()
}

func (w *webhooks) deliver(d delivery) {
	pause := firstRetry
	for range deliveryAttempts {
		select {
		case w.slots <- struct{}{}:
		case <-w.ctx.Done():
			return
		}
		status, err := w.post(d)
		<-w.slots
		if err == nil && status >= 200 && status < 300 {
			return
		}
		if err := wait.For(w.ctx, pause); err != nil {
			return
		}
		pause = min(2*pause, longestRetry)
	}
}

func (w *webhooks) post(d delivery) (int, error) {
	w.mu.Lock()
	url, secrets := w.url, w.secrets
	w.mu.Unlock()
	request, err := http.NewRequestWithContext(w.ctx, http.MethodPost, url, bytes.NewReader(d.payload))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	request.Header.Set("Stripe-Signature", Sign(d.payload, w.clock.Now(), secrets...))
	response, err := w.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, maxRequestBytes))
	if d.eventID != "" && response.StatusCode >= 200 && response.StatusCode < 300 {
		w.acknowledged(d.eventID)
	}
	return response.StatusCode, err
}

// Sign makes a Stripe-Signature header: HMAC-SHA256 over "timestamp.payload", one v1 a secret.
func Sign(payload []byte, at time.Time, secrets ...string) string {
	header := fmt.Sprintf("t=%d", at.Unix())
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		_, _ = fmt.Fprintf(mac, "%d.", at.Unix()) // a hash takes everything
		_, _ = mac.Write(payload)
		header += ",v1=" + hex.EncodeToString(mac.Sum(nil))
	}
	return header
}

// settle waits for the deliveries under way.
func (w *webhooks) settle() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.underWay > 0 {
		w.ended.Wait()
	}
}

func (w *webhooks) close() {
	w.cancel()
	w.mu.Lock()
	w.waiting = nil
	w.mu.Unlock()
	w.settle()
	w.client.CloseIdleConnections()
}

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
	// deliveryTimeout is how long the endpoint may take to answer.
	deliveryTimeout = 30 * time.Second
	// deliveryAttempts and the back-off below compress Stripe's three days of retries into minutes.
	deliveryAttempts  = 30
	firstRetry        = 100 * time.Millisecond
	longestRetry      = 5 * time.Second
	deliveriesAtATime = 16
)

// delivery is an event to send to the endpoint.
type delivery struct {
	eventID string
	kind    string
	payload []byte
}

// webhooks delivers events in the background: at least once, in no guaranteed order, each attempt with a new timestamp and
// signature (stripe.com/docs/webhooks).
type webhooks struct {
	clock  *clock.Movable
	client *http.Client
	ctx    context.Context //nolint:containedctx // its life is the server's: close ends every delivery
	cancel context.CancelFunc
	slots  chan struct{}
	// acknowledged is called for each event that the endpoint answers with a 2xx.
	acknowledged func(eventID string)

	mu      sync.Mutex
	url     string
	secrets []string
	enabled []string // event types that the endpoint subscribes to; empty for all
	// disabled is the endpoint's status: events are not delivered to it.
	disabled bool
	held     bool
	waiting  []delivery // queued under the server's lock, not started yet
	// underWay counts the started deliveries that have not ended. A WaitGroup does not fit, because deliveries may start while
	// settle waits.
	underWay int
	ended    *sync.Cond
}

func newWebhooks(options Options, clock *clock.Movable, acknowledged func(eventID string)) *webhooks {
	ctx, cancel := context.WithCancel(context.Background()) // deliveries do not belong to any request
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

// move changes the URL and keeps the secrets.
func (w *webhooks) move(url string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.url = url
}

func (w *webhooks) disable(disabled bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.disabled = disabled
}

// target is where events are delivered now; its URL is empty for nowhere.
type target struct {
	url      string
	enabled  []string
	disabled bool
}

func (w *webhooks) target() target {
	w.mu.Lock()
	defer w.mu.Unlock()
	return target{w.url, slices.Clone(w.enabled), w.disabled}
}

func (w *webhooks) enqueue(d delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wants(d.kind) {
		w.waiting = append(w.waiting, d)
	}
}

// wanting returns the number of endpoints that subscribe to an event type: 0 or 1.
func (w *webhooks) wanting(kind string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wants(kind) {
		return 1
	}
	return 0
}

func (w *webhooks) wants(kind string) bool {
	return w.url != "" && !w.disabled && (len(w.enabled) == 0 || slices.Contains(w.enabled, kind))
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

// take returns what is held, and forgets it.
func (w *webhooks) take() []delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.waiting
	w.waiting = nil
	return taken
}

// flush starts the queued deliveries, unless they are held. The caller does not hold the server's lock, so a slow endpoint
// blocks no request.
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

// Sign returns a Stripe-Signature header: HMAC-SHA256 of "timestamp.payload", with one v1 for each secret
// (stripe.com/docs/webhooks#verify-manually).
func Sign(payload []byte, at time.Time, secrets ...string) string {
	header := fmt.Sprintf("t=%d", at.Unix())
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		_, _ = fmt.Fprintf(mac, "%d.", at.Unix()) // writing to a hash never fails
		_, _ = mac.Write(payload)
		header += ",v1=" + hex.EncodeToString(mac.Sum(nil))
	}
	return header
}

// settle waits until no delivery is under way.
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

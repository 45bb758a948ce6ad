// Package web has what the console and the payment page share: how their requests are limited, logged and recovered from, and how their
// stylesheets and scripts are served. It imports starter/limit, store for the patience of a request, and correlation of internal.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"farebook/internal/correlation"
	"farebook/starter/limit"
	"farebook/store"
)

// databaseTimeout is how long a request waits for the database.
const databaseTimeout = 2 * time.Second

// Pages are what surrounds a group of pages.
type Pages struct {
	Name    string            // of the pages, in the log
	Headers map[string]string // of every answer, beside those of all pages
	// Requests limits the requests of one address.
	Requests *limit.Buckets[netip.Prefix]
	// Refuse answers a request of an address that has sent too many; nil answers with a line of text.
	Refuse func(http.ResponseWriter, *http.Request)
	// TrustedProxies are the proxies whose X-Forwarded-For is used.
	TrustedProxies limit.Networks
	// Begin adds to the context of a request what its handlers need; nil adds nothing.
	Begin func(context.Context) context.Context
	// Route is the route of a request for the log, which never has a path: a path may have a secret or a name.
	Route func(*http.Request) string
	Log   *slog.Logger
}

// Around gives each request its headers and its correlation id, limits, logs and recovers it.
func (p Pages) Around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		id := correlation.New()
		ctx := store.WithPatience(correlation.With(r.Context(), id), databaseTimeout)
		if p.Begin != nil {
			ctx = p.Begin(ctx)
		}
		r = r.WithContext(ctx)
		p.setHeaders(w.Header(), id)
		seen := &watched{ResponseWriter: w}
		defer func() {
			broken := recover()
			if broken == http.ErrAbortHandler { //nolint:errorlint // net/http compares it in this way
				panic(broken) // an answer was cut: net/http closes the connection
			}
			if broken != nil {
				p.Log.ErrorContext(ctx, p.Name+" panicked", "panic", fmt.Sprint(broken), "stack", string(debug.Stack()))
				if seen.status == 0 {
					http.Error(seen, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
				}
			}
			p.Log.Log(ctx, levelOf(seen.status), p.Name+" answered", "method", r.Method, "route", p.Route(r), "status", seen.status,
				"durationMs", time.Since(started).Milliseconds())
		}()
		if verdict := p.Requests.Take(limit.Source(limit.Client(r, p.TrustedProxies))); !verdict.Allowed {
			seen.Header().Set("Retry-After", "1")
			p.refuse(seen, r)
			return
		}
		next.ServeHTTP(seen, r)
	})
}

func (p Pages) refuse(w http.ResponseWriter, r *http.Request) {
	if p.Refuse != nil {
		p.Refuse(w, r)
		return
	}
	http.Error(w, "Too many requests from your address: wait for some seconds.", http.StatusTooManyRequests)
}

// setHeaders sets the headers of every answer. No cache keeps one: pages have names, amounts and addresses.
func (p Pages) setHeaders(header http.Header, correlationID string) {
	header.Set(correlation.Header, correlationID)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	for name, value := range p.Headers {
		header.Set(name, value)
	}
}

func levelOf(status int) slog.Level {
	if status >= http.StatusInternalServerError {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// watched records the status of an answer.
type watched struct {
	http.ResponseWriter
	status int
}

func (w *watched) WriteHeader(status int) {
	if w.status != 0 {
		return // a session that cannot be written is reported behind an answer
	}
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

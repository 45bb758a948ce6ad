package paypage

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"farebook/internal/correlation"
	"farebook/starter/limit"
	"farebook/store"
)

// databaseTimeout is how long a request waits for the database.
const databaseTimeout = 2 * time.Second

// setHeaders sets the headers of every answer. The address of the page is a secret of the traveller: no other site learns it by a
// Referer, and no cache keeps an answer.
func (s *site) setHeaders(header http.Header, correlationID string) {
	header.Set(correlation.Header, correlationID)
	header.Set("Content-Security-Policy", s.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Robots-Tag", "noindex, nofollow")
	header.Set("Cross-Origin-Opener-Policy", "same-origin-allow-popups") // wallets may open a window
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()") // payment stays allowed, for wallets
}

// around gives the request its headers and its correlation id, limits, logs and recovers it. The log has the route and never the path,
// which has the token.
func (s *site) around(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		id := correlation.New()
		ctx := store.WithPatience(correlation.With(r.Context(), id), databaseTimeout)
		r = r.WithContext(ctx)
		s.setHeaders(w.Header(), id)
		seen := &watched{ResponseWriter: w}
		_, route := mux.Handler(r)
		defer func() {
			if broken := recover(); broken != nil {
				s.Log.ErrorContext(ctx, "payment page panicked", "panic", fmt.Sprint(broken), "stack", string(debug.Stack()))
				if seen.status == 0 {
					http.Error(seen, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
				}
			}
			level := slog.LevelInfo
			if seen.status >= http.StatusInternalServerError {
				level = slog.LevelError
			}
			s.Log.Log(ctx, level, "payment page answered", "method", r.Method, "route", route, "status", seen.status,
				"durationMs", time.Since(started).Milliseconds())
		}()
		if verdict := s.requests.Take(limit.Source(limit.Client(r, s.TrustedProxies))); !verdict.Allowed {
			seen.Header().Set("Retry-After", "1")
			http.Error(seen, "Too many requests from your address: wait for some seconds.", http.StatusTooManyRequests)
			return
		}
		mux.ServeHTTP(seen, r)
	})
}

// watched records the status of an answer.
type watched struct {
	http.ResponseWriter
	status int
}

func (w *watched) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

package console

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"farebook/internal/correlation"
	"farebook/starter/console/caller"
	"farebook/starter/console/page"
	"farebook/starter/console/signin"
	"farebook/starter/limit"
	"farebook/store"
)

// policyFor allows what the console itself serves, and nothing else: no inline script, no inline style, no other host, no frame. The form
// of the sign-out leads on to the issuer.
func policyFor(issuer string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; " +
		"form-action 'self' " + signin.Origin(issuer) + "; base-uri 'none'; frame-ancestors 'none'"
}

// setHeaders sets the headers of every answer.
func (c *console) setHeaders(header http.Header, correlationID string) {
	header.Set(correlation.Header, correlationID)
	header.Set("Content-Security-Policy", c.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "same-origin") // other sites learn no reference
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	header.Set("Cache-Control", "no-store") // pages have names, amounts and addresses
}

// databaseTimeout is how long the session of a request waits for the database.
const databaseTimeout = 2 * time.Second

// around gives the request its headers and its correlation id, limits, logs and recovers it.
func (c *console) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		id := correlation.New()
		ctx := page.WithRoute(store.WithPatience(correlation.With(r.Context(), id), databaseTimeout))
		r = r.WithContext(ctx)
		c.setHeaders(w.Header(), id)
		seen := &watched{ResponseWriter: w}
		defer func() {
			broken := recover()
			if broken == http.ErrAbortHandler { //nolint:errorlint // net/http compares it in this way
				panic(broken) // a report was cut: net/http closes the connection
			}
			if broken != nil {
				c.Log.ErrorContext(ctx, "page panicked", "panic", fmt.Sprint(broken), "stack", string(debug.Stack()))
				if seen.status == 0 {
					http.Error(seen, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
				}
			}
			c.Log.Log(ctx, levelOf(seen.status), "page answered", "method", r.Method, "route", page.Route(ctx), "status", seen.status,
				"durationMs", time.Since(started).Milliseconds())
		}()
		if verdict := c.buckets.Take(limit.Source(limit.Client(r, c.TrustedProxies))); !verdict.Allowed {
			seen.Header().Set("Retry-After", "1")
			http.Error(seen, "Too many requests from your address: wait for some seconds.", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(seen, r)
	})
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

// sameOrigin refuses requests that another site has sent with somebody's session, other than to open a page.
func (c *console) sameOrigin(next http.Handler) (http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(c.SignIn.URL); err != nil {
		return nil, fmt.Errorf("the address of the console: %w", err)
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.Log.WarnContext(r.Context(), "request of another site refused", "method", r.Method)
		c.site.Refuse(w, r, &caller.Problem{
			Status: http.StatusForbidden, Title: http.StatusText(http.StatusForbidden), Type: "cross-origin",
		})
	}))
	return protection.Handler(next), nil
}

// unavailable answers while the database that has the sessions does not.
func (c *console) unavailable(w http.ResponseWriter, r *http.Request, err error) {
	c.Log.ErrorContext(r.Context(), "session not read or written", "error", err)
	c.site.Refuse(w, r, &caller.Problem{
		Status: http.StatusServiceUnavailable, Title: http.StatusText(http.StatusServiceUnavailable), Type: "unavailable", RetryAfter: "5",
	})
}

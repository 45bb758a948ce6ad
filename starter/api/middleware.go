package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"farebook/internal/correlation"
	"farebook/internal/tracing"
	"farebook/starter/limit"
	"farebook/store"
)

// around wraps the routes in the middlewares of every request.
func (a *api) around(mux *http.ServeMux) http.Handler {
	return tracing.Handler(a.observe(keepReadHeaders(a.route(mux, checkQuery(mux)))), traced)
}

// traced accepts the requests of clients. A webhook has its span once its trace is known (receiveEvent). Probes, documentation and
// unknown paths have none, so that strangers cannot fill a collector.
func traced(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/") }

// observe gives the request its correlation id and its patience with the database, logs it, and recovers from a panic. The log line has
// the route and not the path: an unknown path may contain anything.
func (a *api) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		id := r.Header.Get(correlation.Header)
		if !correlation.Valid(id) {
			id = correlation.New()
		}
		ctx := correlation.With(r.Context(), id)
		ctx = context.WithValue(ctx, clientKey{}, limit.Client(r, a.Limits.TrustedProxies))
		ctx = store.WithPatience(ctx, a.DatabaseTimeout)
		r = r.WithContext(ctx)
		setCommonHeaders(w.Header(), id)
		seen := &watched{ResponseWriter: w, body: trackBody(w, r)}
		defer func() {
			seen.bound() // net/http reads the rest of the body after the handler
			if broken := recover(); broken != nil {
				a.Log.ErrorContext(ctx, "request handler panicked", "panic", fmt.Sprint(broken), "stack", string(debug.Stack()))
				if seen.status == 0 {
					writeProblem(ctx, seen, http.StatusInternalServerError, "internal", internalError)
				}
			}
			a.counts.Answered(seen.route, seen.status, time.Since(started))
			a.Log.Log(ctx, lineLevel(seen), "request answered", "method", r.Method, "route", seen.route,
				"status", seen.status, "bytes", seen.bytes, "callerGone", seen.gone, "durationMs", time.Since(started).Milliseconds())
			if seen.cut {
				panic(http.ErrAbortHandler) // net/http closes the connection without the end of the answer
			}
		}()
		next.ServeHTTP(seen, r)
	})
}

// setCommonHeaders sets the headers of every answer.
func setCommonHeaders(header http.Header, correlationID string) {
	header.Set(correlation.Header, correlationID)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store") // answers contain client secrets
}

// lineLevel keeps health checks out of the default log level.
func lineLevel(seen *watched) slog.Level {
	switch {
	case seen.status >= http.StatusInternalServerError:
		return slog.LevelError
	case strings.HasSuffix(seen.route, "z"):
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

// watched records the answer.
type watched struct {
	http.ResponseWriter
	body   *trackedBody
	route  string
	status int
	bytes  int
	gone   bool // the caller has stopped reading
	cut    bool // the answer is incomplete: the connection is closed before its end

	bounded bool // the deadline for the rest of the body is set
}

func (w *watched) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
		w.bound()
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write never fails: huma panics when an answer cannot be written, although a caller that has stopped reading is not a fault of the
// server. Everything after the first failure is dropped.
func (w *watched) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
		w.bound()
	}
	if w.gone {
		return len(p), nil
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += n
	w.gone = err != nil
	return len(p), nil
}

// bound limits the time in which net/http reads the rest of a body, before and after it writes the answer. If all of it arrives in
// time, the connection serves another request; otherwise it is closed.
func (w *watched) bound() {
	if !w.body.ended && !w.bounded {
		setReadDeadline(w.ResponseWriter, time.Now().Add(lingerTime))
		w.bounded = true // an answer in several parts does not extend the deadline
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// route answers a request without an operation with a problem, instead of ServeMux's plain text or a redirect.
func (a *api) route(mux *http.ServeMux, operations http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var pattern string
		var handler http.Handler
		if r.URL.Path == path.Clean("/"+r.URL.Path) && !strings.Contains(r.URL.EscapedPath(), "%") {
			handler, pattern = mux.Handler(r)
		}
		if seen, ok := w.(*watched); ok {
			seen.route = pattern
		}
		tracing.Route(r, pattern)
		switch {
		case !a.admit(w, r, pattern):
		case pattern != "":
			operations.ServeHTTP(w, r)
		case handler != nil:
			a.refuseMethod(w, r, handler)
		default:
			notFound(w, r)
		}
	})
}

// refuseMethod distinguishes a path with other methods from an unknown path by ServeMux's own answer.
func (*api) refuseMethod(w http.ResponseWriter, r *http.Request, handler http.Handler) {
	verdict := &headerOnly{header: http.Header{}}
	handler.ServeHTTP(verdict, r)
	if allow := verdict.header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
		writeProblem(r.Context(), w, http.StatusMethodNotAllowed, "method-not-allowed", "This path accepts only "+allow+".")
		return
	}
	notFound(w, r)
}

func notFound(w http.ResponseWriter, r *http.Request) {
	writeProblem(r.Context(), w, http.StatusNotFound, "no-such-path", "This path does not exist: see /docs for those that do.")
}

// headerOnly keeps the headers of ServeMux's own answer.
type headerOnly struct{ header http.Header }

func (h *headerOnly) Header() http.Header       { return h.header }
func (*headerOnly) Write(p []byte) (int, error) { return len(p), nil }
func (*headerOnly) WriteHeader(int)             {}

// writeProblem answers a request that is refused before huma has it.
func writeProblem(ctx context.Context, w http.ResponseWriter, status int, kind, detail string) {
	body, err := json.Marshal(problem(ctx, status, kind, detail))
	if err != nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", problemContentType)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the caller may have gone
}

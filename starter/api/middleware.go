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
	"farebook/starter/limit"
)

// around puts everything that holds for every request around the routes.
func (a *api) around(mux *http.ServeMux) http.Handler {
	return a.observe(keepReadHeaders(a.route(mux, checkQuery(mux))))
}

// observe gives the request its correlation id, writes its line in the log, and survives a panic. The line has the
// route and not the path: what a caller put into a path that does not exist may be anything.
func (a *api) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		id := r.Header.Get(correlation.Header)
		if !correlation.Valid(id) {
			id = correlation.New()
		}
		ctx := correlation.With(r.Context(), id)
		ctx = context.WithValue(ctx, clientKey{}, limit.Client(r, a.Limits.TrustedProxies))
		r = r.WithContext(ctx)
		setCommonHeaders(w.Header(), id)
		seen := &watched{ResponseWriter: w, body: trackBody(w, r)}
		defer func() {
			seen.bound() // net/http reads on until the connection has no more to give
			if broken := recover(); broken != nil {
				a.Log.ErrorContext(ctx, "panic in a request", "panic", fmt.Sprint(broken), "stack", string(debug.Stack()))
				if seen.status == 0 {
					writeProblem(ctx, seen, http.StatusInternalServerError, "internal", internalError)
				}
			}
			a.Log.Log(ctx, lineLevel(seen), "request answered", "method", r.Method, "route", seen.route,
				"status", seen.status, "bytes", seen.bytes, "callerGone", seen.gone, "durationMs", time.Since(started).Milliseconds())
		}()
		next.ServeHTTP(seen, r)
	})
}

// setCommonHeaders sets what every answer bears.
func setCommonHeaders(header http.Header, correlationID string) {
	header.Set(correlation.Header, correlationID)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store") // answers hold client secrets
}

// lineLevel keeps the probes of load balancers out of the usual log.
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

// watched remembers what was answered.
type watched struct {
	http.ResponseWriter
	body   *trackedBody
	route  string
	status int
	bytes  int
	gone   bool // the caller no longer reads

	bounded bool // the rest of the body is read for a bounded time
}

func (w *watched) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
		w.bound()
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write never fails: huma panics when an answer cannot be written, and a caller that has stopped reading is no fault of the
// server. What follows the first failure is dropped.
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

// bound bounds what net/http still reads of a body that was not read to its end, before and after it writes the answer. The
// connection serves another request when all of it comes in this time, and is closed otherwise.
func (w *watched) bound() {
	if !w.body.ended && !w.bounded {
		setReadDeadline(w.ResponseWriter, time.Now().Add(lingerTime))
		w.bounded = true // an answer that is written in parts does not begin the time anew
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// route answers what no operation is registered for with a problem, and not with ServeMux's plain text or its redirects
// to a path that was not asked for.
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

// refuseMethod tells a path that takes other methods from one that does not exist: verdict is ServeMux's own answer.
func (*api) refuseMethod(w http.ResponseWriter, r *http.Request, handler http.Handler) {
	verdict := &headerOnly{header: http.Header{}}
	handler.ServeHTTP(verdict, r)
	if allow := verdict.header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
		writeProblem(r.Context(), w, http.StatusMethodNotAllowed, "method-not-allowed", "This path takes "+allow+" only.")
		return
	}
	notFound(w, r)
}

func notFound(w http.ResponseWriter, r *http.Request) {
	writeProblem(r.Context(), w, http.StatusNotFound, "no-such-path", "There is nothing here: see /docs for what there is.")
}

// headerOnly takes ServeMux's own answer for its headers.
type headerOnly struct{ header http.Header }

func (h *headerOnly) Header() http.Header       { return h.header }
func (*headerOnly) Write(p []byte) (int, error) { return len(p), nil }
func (*headerOnly) WriteHeader(int)             {}

// writeProblem is for what is refused before huma has the request.
func writeProblem(ctx context.Context, w http.ResponseWriter, status int, kind, detail string) {
	body, err := json.Marshal(problem(ctx, status, kind, detail))
	if err != nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", problemContentType)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the reader may be gone
}

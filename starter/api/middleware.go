package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"farebook/internal/correlation"
)

// around puts everything that holds for every request around the routes.
func (a *api) around(mux *http.ServeMux) http.Handler {
	return a.observe(a.readBody(keepReadHeaders(checkQuery(a.route(mux)))))
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
		r = r.WithContext(ctx)
		setCommonHeaders(w.Header(), id)
		seen := &watched{ResponseWriter: w}
		defer func() {
			if broken := recover(); broken != nil {
				a.Log.ErrorContext(ctx, "panic in a request", "panic", fmt.Sprint(broken), "stack", string(debug.Stack()))
				if seen.status == 0 {
					writeProblem(ctx, seen, http.StatusInternalServerError, "internal", "Something is broken on our side. Tell us the id in instance.")
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
	route  string
	status int
	bytes  int
	gone   bool // the caller no longer reads
}

func (w *watched) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write never fails: huma panics when an answer cannot be written, and a caller that has stopped reading is no fault of the
// server. What follows the first failure is dropped.
func (w *watched) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.gone {
		return len(p), nil
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += n
	w.gone = err != nil
	return len(p), nil
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// readBody takes the whole body in, within its size and time, before anything is done about the request. Afterwards the
// connection has no read deadline: it would end the request's context while the answer is still being made.
func (a *api) readBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := int64(maxBookingBody)
		if r.URL.Path == webhookPath {
			limit = maxWebhookBody
		}
		connection := http.NewResponseController(w)
		_ = connection.SetReadDeadline(time.Now().Add(a.BodyTimeout)) // a test's recorder has no connection
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		_ = connection.SetReadDeadline(time.Time{}) // as above
		if err != nil {
			refuseBody(w, r, limit, err)
			return
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		next.ServeHTTP(w, r)
	})
}

func refuseBody(w http.ResponseWriter, r *http.Request, limit int64, err error) {
	w.Header().Set("Connection", "close") // what is still to come of the body is not read
	var tooLarge *http.MaxBytesError
	var network net.Error
	switch {
	case errors.As(err, &tooLarge):
		writeProblem(r.Context(), w, http.StatusRequestEntityTooLarge, "body-too-large", fmt.Sprintf("The body is larger than %d bytes.", limit))
	case errors.As(err, &network) && network.Timeout():
		writeProblem(r.Context(), w, http.StatusRequestTimeout, "body-too-slow", "The body did not arrive in time: send it in one go.")
	default:
		writeProblem(r.Context(), w, http.StatusBadRequest, "malformed-body", "The body ended before its length, or its chunks are malformed.")
	}
}

// route answers what no operation is registered for with a problem, and not with ServeMux's plain text or its redirects
// to a path that was not asked for.
func (a *api) route(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path.Clean("/"+r.URL.Path) || strings.Contains(r.URL.EscapedPath(), "%") {
			notFound(w, r)
			return
		}
		handler, pattern := mux.Handler(r)
		if pattern != "" {
			if seen, ok := w.(*watched); ok {
				seen.route = pattern
			}
			mux.ServeHTTP(w, r)
			return
		}
		verdict := &headerOnly{header: http.Header{}}
		handler.ServeHTTP(verdict, r)
		if allow := verdict.header.Get("Allow"); allow != "" {
			w.Header().Set("Allow", allow)
			writeProblem(r.Context(), w, http.StatusMethodNotAllowed, "method-not-allowed", "This path takes "+allow+" only.")
			return
		}
		notFound(w, r)
	})
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

const problemContentType = "application/problem+json"

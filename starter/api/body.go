package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"farebook/starter/limit"
)

const (
	// lingerTime is how long the rest of a body is read and discarded after an answer that did not wait for it. Without it, closing
	// the connection could reset it before the caller has read the answer.
	lingerTime = 500 * time.Millisecond
	// stoppingTime is how long a body may still take once the process is asked to stop.
	stoppingTime = 500 * time.Millisecond
)

// trackedBody records whether a body was read to its end.
type trackedBody struct {
	io.ReadCloser
	ended bool
}

func (b *trackedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || errors.Is(err, io.EOF)
	return n, err
}

// trackBody wraps the body of a request. A request without a body loses http.Server's read deadline: net/http then watches the
// connection for its end, and a deadline would cancel the request's context.
func trackBody(w http.ResponseWriter, r *http.Request) *trackedBody {
	body := &trackedBody{ReadCloser: r.Body, ended: r.Body == nil || r.Body == http.NoBody}
	if body.ended {
		setReadDeadline(w, time.Time{})
		return body
	}
	r.Body = body
	return body
}

func setReadDeadline(w http.ResponseWriter, at time.Time) {
	_ = http.NewResponseController(w).SetReadDeadline(at) // the recorder of a test has no connection
}

// takeBody reads the whole body of an authenticated caller, of at most size bytes and within its time, before the request is processed.
func (a *api) takeBody(spec huma.API, size int64) func(huma.Context, func(huma.Context)) {
	return func(hctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(hctx)
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			next(hctx)
			return
		}
		if err := a.readBody(w, r, size, nil); err != nil {
			refuse(spec, hctx, a.bodyRefused(w, r, size, err))
			return
		}
		next(hctx)
	}
}

// takeFile reads a file of one of some types. It is in memory, so that only a few arrive at once: see arriving.
func (a *api) takeFile(hctx huma.Context, size int64, types ...string) error {
	r, w := humago.Unwrap(hctx)
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(types, media) {
		want := strings.Join(types, " or ")
		return problem(hctx.Context(), http.StatusUnsupportedMediaType, "content-type", "Send Content-Type: "+want+". Nothing was done.",
			headerField("Content-Type", "is not "+want))
	}
	extendAnswer(w, fileTimeout+chunkTimeout)
	if err := a.readBodyWithin(w, r, size, fileTimeout, nil); err != nil {
		return a.bodyRefused(w, r, size, err)
	}
	return nil
}

// readBody is readBodyWithin the time of an ordinary body.
func (a *api) readBody(w http.ResponseWriter, r *http.Request, size int64, hold *limit.Hold) error {
	return a.readBodyWithin(w, r, size, a.BodyTimeout, hold)
}

// readBodyWithin reads r.Body and replaces it by its bytes. hold counts them, unless it is nil. Afterwards the connection has no read
// deadline. It keeps one when the body did not arrive, because net/http still reads after the answer.
func (a *api) readBodyWithin(w http.ResponseWriter, r *http.Request, size int64, within time.Duration, hold *limit.Hold,
) error {
	if r.ContentLength > size {
		return &http.MaxBytesError{Limit: size}
	}
	setReadDeadline(w, time.Now().Add(within))
	allowed := a.endWhenStopping(w)
	var reader io.Reader = http.MaxBytesReader(w, r.Body, size)
	if hold != nil {
		reader = hold.Reader(reader)
	}
	body, err := io.ReadAll(reader)
	allowed()
	if err != nil {
		return err
	}
	setReadDeadline(w, time.Time{})
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return nil
}

// endWhenStopping ends the reading of a body soon after the process is asked to stop, so that a body that never arrives does not
// delay it. After the returned function, nothing changes the deadline.
func (a *api) endWhenStopping(w http.ResponseWriter) (end func()) {
	moved := make(chan struct{})
	stop := context.AfterFunc(a.Stopping, func() {
		defer close(moved)
		setReadDeadline(w, time.Now().Add(stoppingTime))
	})
	return func() {
		if !stop() {
			<-moved
		}
	}
}

// bodyRefused says why a body was not accepted, and closes the connection without waiting for the rest of the body.
func (a *api) bodyRefused(w http.ResponseWriter, r *http.Request, size int64, err error) error {
	w.Header().Set("Connection", "close")
	ctx := r.Context()
	var tooLarge *http.MaxBytesError
	var network net.Error
	switch {
	case errors.As(err, &tooLarge):
		return problem(ctx, http.StatusRequestEntityTooLarge, "body-too-large",
			fmt.Sprintf("The body is larger than %d bytes. Nothing was done.", size))
	case errors.Is(err, limit.ErrBusy):
		return unavailable(ctx, "busy", "Too many request bodies are being read at once. Nothing was done: repeat the request in a few seconds.")
	case errors.As(err, &network) && network.Timeout() && a.Stopping.Err() != nil:
		return unavailable(ctx, "stopping", "This server is stopping and the body had not arrived. Nothing was done: repeat the request.")
	case errors.As(err, &network) && network.Timeout():
		return problem(ctx, http.StatusRequestTimeout, "body-too-slow",
			"The body did not arrive in time: send it without pauses. Nothing was done.")
	default:
		return problem(ctx, http.StatusBadRequest, "malformed-body",
			"The body is shorter than its Content-Length, or its chunks are malformed. Nothing was done.")
	}
}

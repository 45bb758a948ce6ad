package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"farebook/internal/correlation"
)

// AnswerRefusals turns the refusals that net/http writes before a handler runs into problems; net/http itself writes plain text: for a
// malformed request (400), an expectation (417), a header that is too large (431), a transfer encoding (501), a version (505). It
// changes server, whose handler is already set, and returns the listener to serve on, which has to be the outermost one below TLS.
//
// It never changes an answer of the handler: from the call of the handler until net/http reports the connection idle, bytes pass
// unchanged.
func AnswerRefusals(server *http.Server, listener net.Listener, log *slog.Logger) net.Listener {
	server.DisableGeneralOptionsHandler = true // the handler also answers `OPTIONS *`
	handler, connContext, connState := server.Handler, server.ConnContext, server.ConnState
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if connection, ok := r.Context().Value(connectionKey{}).(*refusingConn); ok {
			connection.handled.Store(true)
		}
		handler.ServeHTTP(w, r)
	})
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if connContext != nil {
			ctx = connContext(ctx, c)
		}
		return context.WithValue(ctx, connectionKey{}, c)
	}
	server.ConnState = func(c net.Conn, state http.ConnState) {
		connection, ok := c.(*refusingConn)
		if ok && state == http.StateIdle {
			connection.handled.Store(false)
		}
		if connState != nil {
			connState(c, state)
		}
	}
	return &refusingListener{Listener: listener, maxHeader: server.MaxHeaderBytes, log: log}
}

type connectionKey struct{}

type refusingListener struct {
	net.Listener
	maxHeader int
	log       *slog.Logger
}

func (l *refusingListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &refusingConn{Conn: connection, maxHeader: l.maxHeader, log: l.log}, nil
}

// refusingConn is a connection that knows whether a handler has its current request.
type refusingConn struct {
	net.Conn
	handled   atomic.Bool
	maxHeader int
	log       *slog.Logger
}

// Write replaces a refusal, which net/http writes with one call, and passes everything else.
func (c *refusingConn) Write(p []byte) (int, error) {
	if c.handled.Load() {
		return c.Conn.Write(p)
	}
	answer, ok := c.refusal(p)
	if !ok {
		return c.Conn.Write(p)
	}
	if _, err := c.Conn.Write(answer); err != nil {
		return 0, err
	}
	return len(p), nil
}

// ReadFrom keeps sendfile for files.
func (c *refusingConn) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.Conn, r) }

// CloseWrite lets net/http close its side first, so that a caller that is still sending can read the refusal.
func (c *refusingConn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// refusal is the answer that replaces net/http's.
func (c *refusingConn) refusal(written []byte) (answer []byte, ok bool) {
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(written)), nil)
	if err != nil {
		return nil, false
	}
	defer func() { _ = response.Body.Close() }() // in memory
	_, reason, _ := strings.Cut(response.Status, ": ")
	kind, detail := c.explain(response.StatusCode, reason)
	if kind == "" {
		return nil, false
	}
	ctx := correlation.With(context.Background(), correlation.New())
	body, err := json.Marshal(problem(ctx, response.StatusCode, kind, detail))
	if err != nil {
		return nil, false
	}
	c.log.InfoContext(ctx, "request refused before it reached a route", "status", response.StatusCode, "reason", kind, "detail", reason)
	return encodeRefusal(ctx, response.StatusCode, append(body, '\n'))
}

// explain returns the kind and the detail of a refusal; they are empty for a status that net/http does not refuse with. reason is a
// fixed text of net/http, without any bytes of the request.
func (c *refusingConn) explain(status int, reason string) (kind, detail string) {
	switch status {
	case http.StatusBadRequest:
		if reason == "" {
			reason = "the request line or a header field is invalid"
		}
		return "malformed-request", "The HTTP request is malformed: " + reason + ". Nothing was done."
	case http.StatusExpectationFailed:
		return "expectation-failed", "Send Expect: 100-continue or no Expect header. Nothing was done."
	case http.StatusRequestHeaderFieldsTooLarge:
		return "header-too-large", fmt.Sprintf("The request line and headers are larger than %d bytes in total. Nothing was done.", c.maxHeader)
	case http.StatusNotImplemented:
		return "transfer-encoding", "Send the body with Content-Length or Transfer-Encoding: chunked. Nothing was done."
	case http.StatusHTTPVersionNotSupported:
		return "http-version", "Send the request as HTTP/1.1. Nothing was done."
	}
	return "", ""
}

func encodeRefusal(ctx context.Context, status int, body []byte) (answer []byte, ok bool) {
	response := http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Close: true,
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
		Header: http.Header{"Content-Type": {problemContentType}, "Date": {time.Now().UTC().Format(http.TimeFormat)}},
	}
	setCommonHeaders(response.Header, correlation.From(ctx))
	var out bytes.Buffer
	err := response.Write(&out)
	return out.Bytes(), err == nil
}

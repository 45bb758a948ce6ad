// Package caller asks Farebook's own HTTP API within the process, for the pages of the console: no network, and the same scopes,
// validation, idempotency, audit and errors as for every other caller. The context of each call says who asks (api.As). It imports
// internal/correlation and the standard library.
package caller

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"farebook/internal/correlation"
)

// API is the HTTP API of this process.
type API struct{ handler http.Handler }

// New returns the API behind a handler.
func New(handler http.Handler) *API { return &API{handler} }

// host stands in requests that never leave the process.
const host = "api.invalid"

// Get reads an answer into a value. The error of a refusal is a *Problem.
func (a *API) Get(ctx context.Context, path string, query url.Values, into any) error {
	request, err := newRequest(ctx, http.MethodGet, path, query, nil)
	if err != nil {
		return err
	}
	return a.ask(request, into)
}

// Send asks for a change and reads the answer into a value, which may be nil. body is encoded as JSON; nil sends none. The same
// idempotencyKey and body ask for the same change, however often they are sent. The error of a refusal is a *Problem.
func (a *API) Send(ctx context.Context, method, path, idempotencyKey string, body, into any) error {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode the request to %s: %w", path, err)
		}
	}
	request, err := newRequest(ctx, method, path, nil, content)
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if idempotencyKey != "" {
		request.Header.Set("Idempotency-Key", idempotencyKey)
	}
	return a.ask(request, into)
}

// SendFile posts a file with a query, such as its name, and reads no answer.
func (a *API) SendFile(ctx context.Context, path string, query url.Values, idempotencyKey, contentType string, content []byte) error {
	request, err := newRequest(ctx, http.MethodPost, path, query, content)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Idempotency-Key", idempotencyKey)
	return a.ask(request, nil)
}

func newRequest(ctx context.Context, method, path string, query url.Values, content []byte) (*http.Request, error) {
	target := url.URL{Scheme: "http", Host: host, Path: path, RawQuery: query.Encode()}
	request, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", path, err)
	}
	if len(content) == 0 {
		request.Body = http.NoBody // a handler reads it, which a nil body does not allow
	}
	if id := correlation.From(ctx); id != "" {
		request.Header.Set(correlation.Header, id)
	}
	return request, nil
}

// ask reads the whole answer into memory: the API's pages are bounded. Stream is for what is not.
func (a *API) ask(request *http.Request, into any) error {
	got := &answer{header: http.Header{}}
	a.handler.ServeHTTP(got, request)
	if got.status >= http.StatusBadRequest {
		return problemOf(got.status, got.header, got.body.Bytes())
	}
	if into == nil || got.body.Len() == 0 {
		return nil
	}
	if err := json.Unmarshal(got.body.Bytes(), into); err != nil {
		return fmt.Errorf("read the answer to %s %s: %w", request.Method, request.URL.Path, err)
	}
	return nil
}

// answer keeps an answer of the API.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// Stream passes an answer on to w while it is written, such as a report in CSV. A refusal is returned as a *Problem, and nothing is
// written then.
func (a *API) Stream(ctx context.Context, path string, query url.Values, w http.ResponseWriter) error {
	request, err := newRequest(ctx, http.MethodGet, path, query, nil)
	if err != nil {
		return err
	}
	got := &stream{to: w, refused: answer{header: http.Header{}}}
	a.handler.ServeHTTP(got, request)
	if got.refused.status >= http.StatusBadRequest {
		return problemOf(got.refused.status, got.refused.header, got.refused.body.Bytes())
	}
	if proof := got.refused.header.Get(ProofTrailer); proof != "" {
		w.Header().Set(http.TrailerPrefix+ProofTrailer, proof)
	}
	return nil
}

// ProofTrailer says behind a report of the ledger whether it equals what it must: holds or differs.
const ProofTrailer = "Report-Proof"

// passedOn are the headers of an answer that a browser gets; the console sets the others itself.
var passedOn = []string{"Content-Type", "Content-Disposition", "Content-Length"}

// stream writes a success through, and keeps a refusal.
type stream struct {
	to      http.ResponseWriter
	refused answer
	open    bool
}

func (s *stream) Header() http.Header { return s.refused.header }

func (s *stream) WriteHeader(status int) {
	if s.open || s.refused.status != 0 {
		return
	}
	if status >= http.StatusBadRequest {
		s.refused.status = status
		return
	}
	s.open = true
	for _, name := range passedOn {
		if value := s.refused.header.Get(name); value != "" {
			s.to.Header().Set(name, value)
		}
	}
	s.to.WriteHeader(status)
}

func (s *stream) Write(p []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	if !s.open {
		return s.refused.body.Write(p)
	}
	return s.to.Write(p)
}

// Unwrap lets http.ResponseController reach the connection: the API bounds how long a chunk may take.
func (s *stream) Unwrap() http.ResponseWriter { return s.to }

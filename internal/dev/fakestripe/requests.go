package fakestripe

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"

	"farebook/internal/wait"
)

const maxRequestBytes = 1 << 20

// call is one parsed and authorised API request.
type call struct {
	path      string
	id        string // from the path
	form      url.Values
	query     url.Values
	clientKey bool // authorised by a publishable key
	requestID string
	key       string // idempotency key; empty without one
	upload    upload // of a request with a file
}

// reply is the result of a call: a body or an error, and its encoded form.
type reply struct {
	body     any
	error    *apiError
	replayed bool
	public   bool   // for a browser, which may read some fields only
	raw      []byte // the encoded answer; a replay has nothing else
	status   int
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, pattern string, serve endpoint) {
	requestID := s.ids.next("req")
	c, failed := s.read(r, pattern)
	if c != nil {
		c.requestID, c.key = requestID, r.Header.Get("Idempotency-Key")
	}
	if failed == nil {
		failed = c.validate(pattern, r.Header)
		s.storeShape(r.Method, pattern, c, failed)
	}
	if failed != nil {
		s.answer(w, requestID, &reply{error: failed})
		return
	}
	fault := s.faults.take(r.Method, r.URL.Path)
	if s.faultBefore(w, r, requestID, fault.Kind) {
		return
	}
	var result *reply
	key := r.Header.Get("Idempotency-Key")
	if r.Method == http.MethodPost && key != "" {
		result = s.runOnce(r.URL.Path, key, c, serve, fault)
	} else {
		result = s.run(c, serve, fault)
	}
	s.delayAnswer(r.Context())
	if fault.Kind == FaultAnswerLost {
		dropConnection(w)
		return
	}
	s.answer(w, requestID, result)
}

func (s *Server) storeShape(method, pattern string, c *call, refused *apiError) {
	if c != nil && c.clientKey {
		return // Stripe.js has its own requests, which Stripe's specification does not describe
	}
	if c != nil && c.upload.name != "" {
		return // stripe-mock would get the file's digest for the file
	}
	if err := s.shapes.store(method, pattern, c, refused); err != nil {
		s.options.Log.Error("cannot store the shape of a request", "error", err)
	}
}

// delayAnswer waits for the answer time, or until the client disconnects.
func (s *Server) delayAnswer(ctx context.Context) {
	if answerTime := time.Duration(s.answerTime.Load()); answerTime > 0 {
		_ = wait.For(ctx, answerTime)
	}
}

// run executes the call. Fault500Before skips the execution, Fault500After executes it; both answer with the same 500.
func (s *Server) run(c *call, serve endpoint, fault Fault) *reply {
	switch fault.Kind {
	case Fault500Before:
		return s.freeze(&reply{error: serverError()})
	case FaultRefused:
		return s.freeze(&reply{error: fault.refusal()})
	}
	s.mu.Lock()
	s.cause = c
	body, failed := serve(s, c)
	s.cause = nil
	result := s.freeze(&reply{body: body, error: failed, public: c.clientKey})
	s.mu.Unlock()
	s.webhooks.flush()
	if fault.Kind == Fault500After {
		return s.freeze(&reply{error: serverError()})
	}
	return result
}

// freeze encodes the answer while the server's lock is held, because the objects change afterwards.
func (s *Server) freeze(r *reply) *reply {
	r.status = http.StatusOK
	body := r.body
	if r.error != nil {
		r.status, body = r.error.status, r.error.wire(s)
	}
	if r.public {
		body = forBrowser(body)
	}
	text, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		s.options.Log.Error("cannot encode an answer", "error", err)
	}
	r.raw = text
	return r
}

func (s *Server) answer(w http.ResponseWriter, requestID string, r *reply) {
	if r.raw == nil {
		r = s.freeze(r)
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Request-Id", requestID)
	header.Set("Stripe-Version", apiVersion)
	if r.replayed {
		header.Set("Idempotent-Replayed", "true")
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.raw) // a client that disconnected cannot receive the answer
}

// apiVersion is Stripe's API version that stripe-go v76 pins.
const apiVersion = "2023-10-16"

func (s *Server) read(r *http.Request, pattern string) (*call, *apiError) {
	body, _ := io.ReadAll(r.Body) // from memory: ServeHTTP has read all of it, or refused the request
	c := &call{path: r.URL.Path, id: r.PathValue("id"), query: r.URL.Query()}
	if r.Method == http.MethodPost {
		var err error
		if c.form, c.upload, err = parameters(r, body); err != nil {
			return nil, invalid("", "", "Invalid form encoding.")
		}
		for name, texts := range c.query { // Stripe reads the parameters of a POST from both
			c.form[name] = append(texts, c.form[name]...)
		}
		c.query = url.Values{}
	}
	return c, s.authorise(r, c, pattern)
}

func parameters(r *http.Request, body []byte) (url.Values, upload, error) {
	if boundary := boundaryOf(r); boundary != "" {
		return multipartForm(body, boundary)
	}
	form, err := url.ParseQuery(string(bytes.TrimSpace(body)))
	return form, upload{}, err
}

// authorise accepts a secret key as Bearer or Basic, or a publishable key for the calls of a browser. Otherwise it returns a 401.
func (s *Server) authorise(r *http.Request, c *call, pattern string) *apiError {
	key, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if basic, found := strings.CutPrefix(key, "Basic "); found {
		decoded, err := base64.StdEncoding.DecodeString(basic)
		if err == nil {
			key, _, _ = strings.Cut(string(decoded), ":")
		}
	}
	secret := c.form.Get("client_secret") + c.query.Get("client_secret")
	switch {
	case strings.HasPrefix(key, "pk_test_"):
		return c.authorisePublishable(pattern, secret)
	case s.accepts(key):
		return nil
	}
	return &apiError{status: http.StatusUnauthorized, kind: "invalid_request_error", message: "Invalid API Key provided.", notStored: true}
}

// accepts reports whether a secret key is the account's.
func (s *Server) accepts(key string) bool {
	if expiring := s.expiring.Load(); expiring != nil && key == *expiring {
		return true
	}
	if known := s.key.Load(); known != nil {
		return key == *known
	}
	return strings.HasPrefix(key, "sk_test_")
}

// SetKey replaces the key that callers must send, as a roll of the key in Stripe's dashboard does.
func (s *Server) SetKey(key string) { s.key.Store(&key) }

// RollKey makes another key valid beside the present one until expire is called, as a roll with an expiry does
// (stripe.com/docs/keys#rolling-keys).
func (s *Server) RollKey(next string) (expire func()) {
	s.expiring.Store(s.key.Load())
	s.SetKey(next)
	return func() { s.expiring.Store(nil) }
}

// Key returns the key that callers must send; empty when every key of test mode is accepted.
func (s *Server) Key() string {
	if known := s.key.Load(); known != nil {
		return *known
	}
	return ""
}

// exclusive returns an error if more than one of the named parameters is given.
func (c *call) exclusive(names ...string) *apiError {
	given := c.query
	if c.form != nil {
		given = c.form
	}
	found := 0
	for _, name := range names {
		if nested(given).fields[name] != nil {
			found++
		}
	}
	if found < 2 {
		return nil
	}
	return invalid("", names[0], "You may only specify one of these parameters: "+strings.Join(names, ", ")+".")
}

func contains(names []string, name string) bool {
	for _, one := range names {
		if one == name {
			return true
		}
	}
	return false
}

func (c *call) integer(name string) (int64, bool, *apiError) {
	text := c.form.Get(name)
	if text == "" {
		return 0, false, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, true, invalid("parameter_invalid_integer", name, "Invalid integer: "+text)
	}
	return n, true, nil
}

func (c *call) boolean(name string) bool { return c.form.Get(name) == "true" }

// metadata returns the metadata parameters of a new object; empty values are dropped.
func (c *call) metadata() map[string]string {
	out := map[string]string{}
	_ = c.changeMetadata(&out) // validate has checked the number of keys
	return out
}

// changeMetadata merges the metadata parameters into of. An empty value removes its key; an empty metadata removes all keys. It
// fails above 50 keys.
func (c *call) changeMetadata(of *map[string]string) *apiError {
	merged := maps.Clone(*of)
	if c.form.Has("metadata") {
		clear(merged)
	}
	if given := nested(c.form).fields["metadata"]; given != nil {
		for key, value := range given.fields {
			merged[key] = value.text
			if value.text == "" {
				delete(merged, key)
			}
		}
	}
	if len(merged) > metadataKeys {
		return tooMuchMetadata()
	}
	*of = merged
	return nil
}

// texts returns the values of a list parameter: name[], or name[0], name[1]...
func (c *call) texts(name string) []string {
	var keys []string
	for key := range c.form {
		if strings.HasPrefix(key, name+"[") {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	var out []string
	for _, key := range keys {
		out = append(out, c.form[key]...)
	}
	return out
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

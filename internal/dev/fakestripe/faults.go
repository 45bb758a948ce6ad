package fakestripe

import (
	"net"
	"net/http"
	"strings"
	"sync"
)

// FaultKind says how a request fails.
type FaultKind string

// The kinds of faults.
const (
	// FaultAnswerLost executes the request, stores the answer under its idempotency key, and resets the connection.
	FaultAnswerLost FaultKind = "answer_lost"
	// Fault500Before answers 500 without executing the request. The answer is stored under the idempotency key, because
	// execution had begun.
	Fault500Before FaultKind = "500_before"
	// Fault500After executes the request and answers 500, which is stored under the idempotency key.
	Fault500After FaultKind = "500_after"
	// FaultRateLimit answers 429 with the code rate_limit.
	FaultRateLimit FaultKind = "rate_limit"
	// FaultLockTimeout answers 429 with the code lock_timeout.
	FaultLockTimeout FaultKind = "lock_timeout"
	// FaultKeyInUse answers 409 with the code idempotency_key_in_use.
	FaultKeyInUse FaultKind = "key_in_use"
	// FaultHTML502 answers with a proxy's HTML page instead of Stripe's JSON.
	FaultHTML502 FaultKind = "html_502"
	// FaultHang never answers; the client's deadline ends the request.
	FaultHang FaultKind = "hang"
	// FaultInvalidRequest answers 400; a retry gets the same answer.
	FaultInvalidRequest FaultKind = "invalid_request"
	// FaultUnauthorized answers 401, as while an API key is being rotated.
	FaultUnauthorized FaultKind = "unauthorized"
	// FaultNotFound answers 404 for an object that exists, because Stripe's reads can be behind its events.
	FaultNotFound FaultKind = "not_found"
	// FaultRefused answers 400 with Code and Message and changes nothing. Execution counts as begun, so the answer is stored under
	// the idempotency key.
	FaultRefused FaultKind = "refused"
)

// Fault scripts a failure for requests with this method and path; a path that ends in * is a prefix, and an empty method matches
// all.
type Fault struct {
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Kind   FaultKind `json:"kind"`
	Count  int       `json:"count"` // number of requests that fail; 0 means 1
	Skip   int       `json:"skip"`  // number of requests that pass first

	Status  int    `json:"status"`  // of FaultRefused; 0 means 400
	Code    string `json:"code"`    // of FaultRefused; may be empty, as for a refund that the balance does not cover
	Message string `json:"message"` // of FaultRefused

	met bool // the fault has hit a request
}

func (f *Fault) matches(method, path string) bool {
	if f.Method != "" && f.Method != method {
		return false
	}
	if prefix, found := strings.CutSuffix(f.Path, "*"); found {
		return strings.HasPrefix(path, prefix)
	}
	return f.Path == path
}

// Faults is the script of faults. It is safe for concurrent use.
type Faults struct {
	mu      sync.Mutex
	script  []*Fault
	hanging map[chan struct{}]bool
}

// Add appends a fault to the script.
func (f *Faults) Add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault.Count = max(fault.Count, 1)
	f.script = append(f.script, &fault)
}

// Clear removes all faults and releases hanging requests.
func (f *Faults) Clear() {
	f.mu.Lock()
	f.script = nil
	f.mu.Unlock()
	f.release()
}

// Unmet returns the scripted faults that no request has hit; a test with such a fault has not tested it.
func (f *Faults) Unmet() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var unmet []Fault
	for _, fault := range f.script {
		if !fault.met {
			unmet = append(unmet, *fault)
		}
	}
	return unmet
}

func (f *Faults) take(method, path string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.script {
		if fault.Count == 0 || !fault.matches(method, path) {
			continue
		}
		if fault.Skip > 0 {
			fault.Skip--
			continue
		}
		fault.Count--
		fault.met = true
		return *fault
	}
	return Fault{}
}

func (f *Faults) hang(gone <-chan struct{}) {
	let := make(chan struct{})
	f.mu.Lock()
	if f.hanging == nil {
		f.hanging = map[chan struct{}]bool{}
	}
	f.hanging[let] = true
	f.mu.Unlock()
	select {
	case <-let:
	case <-gone:
		f.mu.Lock()
		delete(f.hanging, let)
		f.mu.Unlock()
	}
}

// Hanging returns how many requests hang whose client has not disconnected.
func (f *Faults) Hanging() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.hanging)
}

func (f *Faults) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for let := range f.hanging {
		close(let)
	}
	clear(f.hanging)
}

// refusal returns the error that FaultRefused answers with.
func (f *Fault) refusal() *apiError {
	status := f.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	return &apiError{status: status, kind: "invalid_request_error", code: f.Code, message: orDefault(f.Message, "The request was refused.")}
}

func serverError() *apiError {
	return &apiError{status: http.StatusInternalServerError, kind: "api_error", message: "An unknown error occurred."}
}

// faultBefore answers requests whose fault prevents their execution, and reports whether it did.
func (s *Server) faultBefore(w http.ResponseWriter, r *http.Request, requestID string, fault FaultKind) bool {
	refuse := func(status int, kind, code, message string) bool {
		s.answer(w, requestID, &reply{error: &apiError{status: status, kind: kind, code: code, message: message}})
		return true
	}
	switch fault {
	case FaultRateLimit:
		return refuse(http.StatusTooManyRequests, "invalid_request_error", "rate_limit", "Request rate limit exceeded.")
	case FaultLockTimeout:
		return refuse(http.StatusTooManyRequests, "invalid_request_error", "lock_timeout", "This object cannot be accessed right now.")
	case FaultKeyInUse:
		return refuse(http.StatusConflict, "idempotency_error", "idempotency_key_in_use", "There is another in-progress request using this key.")
	case FaultInvalidRequest:
		return refuse(http.StatusBadRequest, "invalid_request_error", "parameter_invalid_integer", "Invalid integer.")
	case FaultNotFound:
		return refuse(http.StatusNotFound, "invalid_request_error", "resource_missing", "No such object: '"+r.PathValue("id")+"'")
	case FaultUnauthorized:
		return refuse(http.StatusUnauthorized, "invalid_request_error", "", "Invalid API Key provided.")
	case FaultHTML502:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html><body><h1>502 Bad Gateway</h1></body></html>")) // a client that disconnected cannot receive the page
		return true
	case FaultHang:
		s.faults.hang(r.Context().Done())
		dropConnection(w)
		return true
	}
	return false
}

// dropConnection resets the connection instead of answering.
func dropConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // how net/http aborts a connection without an answer
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // close with a reset (RST) rather than an orderly FIN
	}
	_ = conn.Close()
}

package fakestripe

import (
	"net"
	"net/http"
	"strings"
	"sync"
)

// FaultKind is what goes wrong with a request.
type FaultKind string

// The faults.
const (
	// FaultAnswerLost does the work, keeps the answer under its key, and resets the connection.
	FaultAnswerLost FaultKind = "answer_lost"
	// Fault500Before answers 500 and does nothing; kept under the key, as execution had begun.
	Fault500Before FaultKind = "500_before"
	// Fault500After does the work and answers 500; kept under the key.
	Fault500After FaultKind = "500_after"
	// FaultRateLimit is a 429 of code rate_limit.
	FaultRateLimit FaultKind = "rate_limit"
	// FaultLockTimeout is a 429 of code lock_timeout.
	FaultLockTimeout FaultKind = "lock_timeout"
	// FaultKeyInUse is a 409 of code idempotency_key_in_use.
	FaultKeyInUse FaultKind = "key_in_use"
	// FaultHTML502 is a proxy's page, not Stripe's answer.
	FaultHTML502 FaultKind = "html_502"
	// FaultHang never answers; the client's own deadline ends it.
	FaultHang FaultKind = "hang"
	// FaultInvalidRequest is a 400 that no repetition mends.
	FaultInvalidRequest FaultKind = "invalid_request"
	// FaultUnauthorized is a 401: the key is being rotated.
	FaultUnauthorized FaultKind = "unauthorized"
	// FaultNotFound is a 404 of an object that exists: Stripe can be behind its own events.
	FaultNotFound FaultKind = "not_found"
	// FaultRefused is an executed 400 that does nothing, kept under the key: Code and Message say which.
	FaultRefused FaultKind = "refused"
)

// Fault is scripted for the requests of a method and path; a path that ends in * is a prefix.
type Fault struct {
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Kind   FaultKind `json:"kind"`
	Count  int       `json:"count"` // how many requests it hits; 0 for one
	Skip   int       `json:"skip"`  // how many it lets pass first

	Status  int    `json:"status"`  // of FaultRefused; 0 for 400
	Code    string `json:"code"`    // of FaultRefused; empty for none, as for a refund that the balance does not cover
	Message string `json:"message"` // of FaultRefused

	met bool // it has hit a request
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

// Faults are those to come.
type Faults struct {
	mu      sync.Mutex
	script  []*Fault
	hanging map[chan struct{}]bool
}

// Add scripts one more.
func (f *Faults) Add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault.Count = max(fault.Count, 1)
	f.script = append(f.script, &fault)
}

// Clear forgets them all and lets hung requests go.
func (f *Faults) Clear() {
	f.mu.Lock()
	f.script = nil
	f.mu.Unlock()
	f.release()
}

// Unmet are those scripted that have hit no request: a test of such a fault has tested nothing.
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

// Hanging is how many requests hang now whose client still waits.
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

// refusal is the answer of FaultRefused.
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

// faultBefore answers for the faults that keep a request from being looked at. It returns whether it did.
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
		_, _ = w.Write([]byte("<html><body><h1>502 Bad Gateway</h1></body></html>")) // the client may have gone
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
		panic(http.ErrAbortHandler) // the server's own way to drop a connection
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset rather than an orderly end
	}
	_ = conn.Close()
}

package fakestripe

import (
	"net/http"
	"time"
)

// keyLife is how long answers are stored under their idempotency keys (stripe.com/docs/api/idempotent_requests).
const keyLife = 24 * time.Hour

// storedAnswer is the first answer to an idempotency key. Its status may be any that follows execution, including 402 and 500.
type storedAnswer struct {
	path    string
	params  string
	at      time.Time
	running bool
	status  int
	body    []byte
}

// runOnce runs a call under its idempotency key, or replays the first answer to that key. The same key with other parameters is a
// 400, a key in use is a 409. Answers without execution are not stored: failed validation, conflicts, rate limits.
func (s *Server) runOnce(path, key string, c *call, serve endpoint, fault Fault) *reply {
	params := c.form.Encode()
	s.mu.Lock()
	stored, known := s.idempotency[key]
	if known && s.clock.Now().Sub(stored.at) > keyLife {
		delete(s.idempotency, key)
		known = false
	}
	switch {
	case known && stored.running:
		s.mu.Unlock()
		return &reply{error: &apiError{
			status: http.StatusConflict, kind: "idempotency_error", code: "idempotency_key_in_use",
			message: "There is currently another in-progress request using this Idempotent Key.",
		}}
	case known && (stored.path != path || stored.params != params):
		s.mu.Unlock()
		return &reply{error: &apiError{
			status: http.StatusBadRequest, kind: "idempotency_error",
			message: "Keys for idempotent requests can only be used with the same parameters they were first used with.",
		}}
	case known:
		s.mu.Unlock()
		return &reply{raw: stored.body, status: stored.status, replayed: true}
	}
	stored = &storedAnswer{path: path, params: params, at: s.clock.Now(), running: true}
	s.idempotency[key] = stored
	s.mu.Unlock()

	result := s.run(c, serve, fault)

	s.mu.Lock()
	defer s.mu.Unlock()
	if result.error != nil && result.error.notStored {
		delete(s.idempotency, key)
		return result
	}
	stored.running, stored.status, stored.body = false, result.status, result.raw
	return result
}

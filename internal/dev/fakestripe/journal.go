package fakestripe

import (
	"net/http"
	"sync"
)

// Record is one request and the status of its answer; 0 means that no answer was sent.
type Record struct {
	Method         string `json:"method"`
	Path           string `json:"path"`
	Query          string `json:"query,omitempty"` // raw
	Body           string `json:"body,omitempty"`  // raw, form-encoded
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Status         int    `json:"status"`
}

// maxRecords bounds the journal; when it is full, the older half is dropped.
const maxRecords = 100_000

// Journal records the requests to the API, oldest first. It is safe for concurrent use.
type Journal struct {
	mu      sync.Mutex
	records []*Record
}

// add records a request when it arrives; the returned answered sets its status.
func (j *Journal) add(r *http.Request, body string) (answered func(status int)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.records) == maxRecords {
		j.records = append(j.records[:0], j.records[maxRecords/2:]...)
	}
	record := &Record{r.Method, r.URL.Path, r.URL.RawQuery, body, r.Header.Get("Idempotency-Key"), 0}
	j.records = append(j.records, record)
	return func(status int) {
		j.mu.Lock()
		defer j.mu.Unlock()
		record.Status = status
	}
}

// Records returns a copy of all records, oldest first.
func (j *Journal) Records() []Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make([]Record, 0, len(j.records))
	for _, record := range j.records {
		out = append(out, *record)
	}
	return out
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap gives http.ResponseController access to the underlying ResponseWriter.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

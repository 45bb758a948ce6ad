package fakestripe

import (
	"net/http"
	"sync"
)

// Record is one request as it came and how it ended. Status 0 means that no answer has left.
type Record struct {
	Method         string `json:"method"`
	Path           string `json:"path"`
	Query          string `json:"query,omitempty"` // as it came
	Body           string `json:"body,omitempty"`  // as it came, form-encoded
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Status         int    `json:"status"`
}

// maxRecords bounds the journal; the oldest go first.
const maxRecords = 100_000

// Journal is every request of the API, oldest first.
type Journal struct {
	mu      sync.Mutex
	records []*Record
}

// add records a request as it comes; answered adds its status.
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

// Records is a copy of it.
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

// Unwrap lets a ResponseController reach the connection.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

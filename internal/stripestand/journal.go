package stripestand

import (
	"net/http"
	"sync"
)

// Record is one request as it came and how it ended. Status 0 means that no answer left.
type Record struct {
	Method         string `json:"method"`
	Path           string `json:"path"`
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Status         int    `json:"status"`
}

// maxRecords bounds the journal; the oldest go first.
const maxRecords = 100_000

// Journal is every request of the API, oldest first.
type Journal struct {
	mu      sync.Mutex
	records []Record
}

func (j *Journal) add(r *http.Request, status int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.records) == maxRecords {
		j.records = append(j.records[:0], j.records[maxRecords/2:]...)
	}
	j.records = append(j.records, Record{r.Method, r.URL.Path, r.Header.Get("Idempotency-Key"), status})
}

// Records is a copy of it.
func (j *Journal) Records() []Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Record{}, j.records...)
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

package metrics_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/metrics"
)

// What the SDK counts under the same tags is one series, however often it asks for them; a tag that is no label makes no other series.
func TestTemporalsTagsAreRememberedByTheirLabels(t *testing.T) {
	t.Parallel()
	registry := metrics.NewRegistry()
	handler, err := registry.Temporal()
	require.NoError(t, err)
	for _, id := range []string{"FB-1", "FB-2"} {
		tagged := handler.WithTags(map[string]string{"operation": "Start", "workflow_id": id}).WithTags(map[string]string{"namespace": "default"})
		tagged.Counter("requests").Inc(2)
		tagged.Timer("latency").Record(time.Second)
		tagged.Gauge("slots").Update(float64(len(id)))
	}
	handler.WithTags(map[string]string{"operation": "Signal", "namespace": "default"}).Counter("requests").Inc(1)
	recorder := httptest.NewRecorder()
	registry.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	page, err := io.ReadAll(recorder.Result().Body)
	require.NoError(t, err)
	require.Contains(t, string(page), `requests_total{namespace="default",operation="Start"} 4`)
	require.Contains(t, string(page), `requests_total{namespace="default",operation="Signal"} 1`)
	require.Contains(t, string(page), `latency_seconds_count{namespace="default",operation="Start"} 2`)
	require.Contains(t, string(page), `slots{namespace="default",operation="Start"} 4`)
	require.NotContains(t, string(page), "FB-", "no id becomes a label")
}

// The SDK asks for tags and counter each time it counts.
func BenchmarkTemporalCounts(b *testing.B) {
	handler, err := metrics.NewRegistry().Temporal()
	require.NoError(b, err)
	handler = handler.WithTags(map[string]string{"namespace": "default", "task_queue": "bookings"})
	for b.Loop() {
		tagged := handler.WithTags(map[string]string{"operation": "RespondWorkflowTaskCompleted", "workflow_type": "BookingPayment"})
		tagged.Counter("requests").Inc(1)
	}
}

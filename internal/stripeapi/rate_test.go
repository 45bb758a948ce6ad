package stripeapi_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/stripeapi"
)

// A client makes no more calls than its rate allows: a call whose turn comes after its deadline ends at once, and Stripe receives nothing.
func TestRateLimitsTheCallsOfOneClient(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"error":{"type":"invalid_request_error","code":"resource_missing"}}`) // a client that is gone fails the test
	}))
	t.Cleanup(server.Close)
	client := stripeapi.New(stripeapi.Config{
		SecretKey: "sk_test_1", APIBase: server.URL, CallsPerSecond: 0.001, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := client.Refund(ctx, "re_1")
	require.True(t, stripeapi.IsKind(err, stripeapi.NotFound), "the first call is made: %v", err)
	_, err = client.Refund(ctx, "re_1")
	require.ErrorContains(t, err, "waiting for its turn")
	require.False(t, stripeapi.IsKind(err, stripeapi.NotFound, stripeapi.OutcomeUnknown), "nothing was sent: %v", err)
	require.EqualValues(t, 1, calls.Load())
}

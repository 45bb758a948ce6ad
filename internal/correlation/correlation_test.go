package correlation_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"

	"farebook/internal/correlation"
)

func TestValid(t *testing.T) {
	t.Parallel()
	for _, id := range []string{correlation.New(), "01JD4Y7Q2M9QXA", "trace-1.2", strings.Repeat("a", 64)} {
		require.True(t, correlation.Valid(id), id)
	}
	for _, id := range []string{
		"", "short", strings.Repeat("a", 65), "with space", "line\r\nbreak1", "layla@example.com", "4242424242424242",
		"4242-4242-4242-4242", "sk_test_51Farebook", "whsec_canary00", "../../etc/passwd", "ünïcödé-id", "-leading-dash", "null\x00byte",
		"recon_0123456789abcdef0123456789abcdef",
	} {
		require.False(t, correlation.Valid(id), id)
	}
}

func TestPropagation(t *testing.T) {
	t.Parallel()
	header := headers{}
	ctx := correlation.With(context.Background(), "request-0001")
	require.NoError(t, correlation.Propagator().Inject(ctx, header))
	received, err := correlation.Propagator().Extract(context.Background(), header)
	require.NoError(t, err)
	require.Equal(t, "request-0001", correlation.From(received))

	require.NoError(t, correlation.Propagator().Inject(context.Background(), headers{}))
	for _, run := range []string{
		"recon_0123456789abcdef0123456789abcdef", "recon_scheduled-2026-11-24T02:00:00Z",
		"recon_scheduled-0123456789ab-2026-11-24T02:00:00Z",
	} {
		require.True(t, correlation.IsRun(run))
		header := headers{}
		require.NoError(t, correlation.Propagator().Inject(correlation.With(context.Background(), run), header))
		received, err := correlation.Propagator().Extract(context.Background(), header)
		require.NoError(t, err)
		require.Equal(t, run, correlation.From(received))
	}

	nothing, err := correlation.Propagator().Extract(context.Background(), headers{"correlationId": {Data: []byte("not json")}})
	require.NoError(t, err)
	require.Empty(t, correlation.From(nothing))
}

// headers is a workflow header as Temporal hands it over.
type headers map[string]*commonpb.Payload

func (h headers) Set(key string, value *commonpb.Payload) { h[key] = value }

func (h headers) Get(key string) (*commonpb.Payload, bool) {
	value, ok := h[key]
	return value, ok
}

func (h headers) ForEachKey(handler func(string, *commonpb.Payload) error) error {
	for key, value := range h {
		if err := handler(key, value); err != nil {
			return err
		}
	}
	return nil
}

package otlp

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Silent is a collector that takes connections and never answers, as one that hangs does.
type Silent struct {
	// Endpoint is the value of OTEL_EXPORTER_OTLP_ENDPOINT.
	Endpoint string

	taken atomic.Int64
}

// StartSilent runs one on a free port until the test ends.
func StartSilent(t testing.TB) *Silent {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &Silent{Endpoint: "http://" + listener.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		var kept []net.Conn // until the end: one that is collected is closed
		for {
			connection, err := listener.Accept()
			if err != nil {
				break
			}
			kept = append(kept, connection)
			s.taken.Add(1)
		}
		for _, connection := range kept {
			_ = connection.Close() // the other side may have
		}
	})
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		serving.Wait()
	})
	return s
}

// Taken is how many connections it has taken: one for each attempt, as an exporter gives up its connection with its time-out.
func (s *Silent) Taken() int64 { return s.taken.Load() }

// Package silent is a server for tests that takes connections and never answers, as one that hangs does. It imports no other package of
// Farebook.
package silent

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Server is one on a free port of this machine.
type Server struct {
	// Address is host:port.
	Address string

	taken atomic.Int64
}

// Start runs one until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &Server{Address: listener.Addr().String()}
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

// Taken is how many connections it has taken.
func (s *Server) Taken() int64 { return s.taken.Load() }

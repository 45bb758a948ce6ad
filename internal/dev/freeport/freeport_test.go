package freeport_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/freeport"
)

const child = "FREEPORT_TEST_CHILD"

// TestMain lets the test start itself as a second process that claims ports until its standard input ends.
func TestMain(m *testing.M) {
	if os.Getenv(child) == "" {
		os.Exit(m.Run())
	}
	for range 50 {
		port, err := freeport.Next()
		if err != nil {
			os.Exit(1)
		}
		_, _ = fmt.Fprintln(os.Stdout, port) // the parent reads it
	}
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the parent closes the pipe
	os.Exit(0)
}

// Callers in several processes get different ports, which can be listened on and are below the range for outgoing
// connections.
func TestNoPortIsGivenTwice(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	given := map[int]bool{}
	take := func(port int) {
		mu.Lock()
		defer mu.Unlock()
		require.False(t, given[port], "port %d was given twice", port)
		given[port] = true
	}
	other := exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), child+"=1")
	hold, err := other.StdinPipe()
	require.NoError(t, err)
	printed, err := other.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, other.Start())
	for range 50 {
		var port int
		_, err := fmt.Fscan(printed, &port)
		require.NoError(t, err)
		take(port)
	}
	for range 200 {
		port, err := freeport.Next()
		require.NoError(t, err)
		take(port)
	}
	require.NoError(t, hold.Close())
	require.NoError(t, other.Wait())

	content, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	require.NoError(t, err)
	var first int
	_, err = fmt.Fscan(strings.NewReader(string(content)), &first)
	require.NoError(t, err)
	for port := range given {
		require.Less(t, port, first)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		require.NoError(t, err)
		require.NoError(t, listener.Close())
	}
}

// Package freeport finds ports for servers that this process starts, kills and starts again on the same port. It imports the
// standard library only.
//
// Port 0 is not enough: the kernel chooses it from the range for outgoing connections, so that another connection may use the
// port while the server is down. hashicorp/consul/sdk/freeport avoids that range as well, but cannot claim a given port, as
// `make up` does to keep its addresses between runs.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
)

const (
	lowest   = 10000
	attempts = 1000
	// usualEphemeral is the first port that Linux uses for outgoing connections by default.
	usualEphemeral = 32768
	minimumRange   = 1000
)

// claims holds the claimed ports until Release or the end of the process.
var claims struct {
	mu    sync.Mutex
	names map[int]net.Listener
}

// Next claims and returns a port on 127.0.0.1 that no process listens on, that the kernel does not use for outgoing connections,
// and that no other caller of Next receives while this process lives. A claim is a name in Linux's abstract socket namespace
// (unix(7)): it leaves no file, and the kernel releases it when the process ends.
func Next() (int, error) {
	highest := belowEphemeral()
	for range attempts {
		port := lowest + rand.IntN(highest-lowest)
		if Take(port) {
			return port, nil
		}
	}
	return 0, errors.New("no free port found on 127.0.0.1 from " + fmt.Sprintf("%d to %d", lowest, highest))
}

// Take claims a given port, such as that of an earlier run. It returns false if the port is claimed or in use.
func Take(port int) bool {
	claim, err := net.Listen("unix", claimName(port))
	if err != nil {
		return false // claimed by another caller
	}
	if !listenable(port) {
		_ = claim.Close() // nothing was sent over it
		return false
	}
	claims.mu.Lock()
	defer claims.mu.Unlock()
	if claims.names == nil {
		claims.names = map[int]net.Listener{}
	}
	claims.names[port] = claim
	return true
}

// Release gives up the claim on a port; a port that this process has not claimed is ignored.
func Release(port int) {
	claims.mu.Lock()
	defer claims.mu.Unlock()
	if claim := claims.names[port]; claim != nil {
		_ = claim.Close() // nothing was sent over it
		delete(claims.names, port)
	}
}

func claimName(port int) string { return fmt.Sprintf("@farebook-port-%d", port) }

func listenable(port int) bool {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

// belowEphemeral returns the first port of the range for outgoing connections (ip(7), ip_local_port_range).
func belowEphemeral() int {
	var first, last int
	content, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usualEphemeral
	}
	_, err = fmt.Sscan(string(content), &first, &last)
	if err != nil || first < lowest+minimumRange {
		return usualEphemeral
	}
	return first
}

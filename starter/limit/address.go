package limit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Networks is a set of addresses.
type Networks []netip.Prefix

// Contain says whether an address lies in one of the networks.
func (n Networks) Contain(addr netip.Addr) bool {
	return slices.ContainsFunc(n, func(network netip.Prefix) bool { return network.Contains(addr) })
}

// Source is what strangers are counted by: an IPv4 address, or the /64 of an IPv6 address, because whoever has one address of
// a /64 usually has all of them.
func Source(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	source, err := addr.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{} // of an address that cannot be read: all of them share one
	}
	return source
}

// Client is the address that a request comes from. That is the connection's, unless the connection comes from a trusted proxy:
// then it is the last address in X-Forwarded-For that is no trusted proxy's. Each proxy appends whom it talks to, so everything
// further left is what the client chose to send. Where the header is missing or malformed, the proxy's own address counts.
func Client(r *http.Request, trusted Networks) netip.Addr {
	client := parseAddress(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !trusted.Contain(client) {
			return client
		}
		before := parseAddress(strings.TrimSpace(hop))
		if !before.IsValid() {
			return client
		}
		client = before
	}
	return client
}

// parseAddress reads an address with or without a port. The zero Addr stands for one that cannot be read.
func parseAddress(text string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap()
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap()
}

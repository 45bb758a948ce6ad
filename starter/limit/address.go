package limit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Networks is a set of addresses.
type Networks []netip.Prefix

// Contain reports whether an address is in one of the networks.
func (n Networks) Contain(addr netip.Addr) bool {
	return slices.ContainsFunc(n, func(network netip.Prefix) bool { return network.Contains(addr) })
}

// Source returns the network by which unauthenticated callers are counted: the IPv4 address, or the /64 of an IPv6 address, because the
// owner of one address of a /64 usually has all of them.
func Source(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	source, err := addr.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{} // all unreadable addresses share one
	}
	return source
}

// Client returns the address of a request's client. It is the address of the connection, unless that is a trusted proxy: then it is the
// last address in X-Forwarded-For that is not a trusted proxy. Each proxy appends the address of its peer, so everything further left may
// be forged by the client. If the header is missing or malformed, it is the proxy's address.
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

// parseAddress parses an address with or without a port. It returns the zero Addr for any other text.
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

// Package outbound sends signed requests to addresses that clients name, and keeps them from leading into a private network. It imports the
// Standard Webhooks library, which signs, and code.dny.dev/ssrf, which has the special-purpose networks of IANA.
package outbound

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// maxURL is how long an address may be.
const maxURL = 2000

// lookupTimeout bounds the resolution of a host name.
const lookupTimeout = 5 * time.Second

// ports are those to which events are sent.
var ports = []uint16{443, 8443}

// RefusedURLError says why an address is not taken.
type RefusedURLError struct{ Why string }

func (e *RefusedURLError) Error() string { return e.Why }

// loopback are the networks that development and tests allow.
var (
	loopback4 = netip.MustParsePrefix("127.0.0.0/8")
	loopback6 = netip.MustParsePrefix("::1/128")
)

// Guard decides where events may be sent. Every network of IANA's special-purpose registries (private, loopback, link-local with the
// metadata services of clouds, shared, multicast, documentation), and every IPv6 address outside of global unicast, which includes
// IPv4-mapped, NAT64, unique local and site-local ones, is refused: iana.org/assignments/iana-ipv4-special-registry and
// iana-ipv6-special-registry.
type Guard struct {
	guardian      *ssrf.Guardian
	allowLoopback bool
}

// NewGuard makes a guard. allowLoopback lets events be sent to this machine, over http and to any port there; production refuses it.
func NewGuard(allowLoopback bool) *Guard {
	options := []ssrf.Option{ssrf.WithPorts(ports...)}
	if allowLoopback {
		options = []ssrf.Option{
			ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(loopback4), ssrf.WithAllowedV6Prefixes(loopback6),
		}
	}
	return &Guard{guardian: ssrf.New(options...), allowLoopback: allowLoopback}
}

// Control is called with the address that a connection is about to be made to, after its name was resolved.
func (g *Guard) Control(network, address string, conn syscall.RawConn) error {
	return g.guardian.Safe(network, address, conn)
}

// Check refuses an address that is not https with a host whose every address is public now. Error: *RefusedURLError.
func (g *Guard) Check(ctx context.Context, raw string) error {
	parsed, err := g.parse(raw)
	if err != nil {
		return err
	}
	addresses, err := resolve(ctx, parsed.Hostname())
	if err != nil {
		return err
	}
	port, err := portOf(parsed)
	if err != nil {
		return err
	}
	for _, address := range addresses {
		if err := g.guardian.SafeAddrPort(netip.AddrPortFrom(address, port)); err != nil {
			return refusalOf(err)
		}
		if parsed.Scheme == "http" && !address.IsLoopback() {
			return &RefusedURLError{"must begin with https://"}
		}
	}
	return nil
}

func (g *Guard) parse(raw string) (*url.URL, error) {
	parsed, err := url.Parse(raw)
	switch {
	case err != nil || parsed.Host == "" || parsed.Hostname() == "" || parsed.Opaque != "" || !printable(raw):
		return nil, &RefusedURLError{"must be an address such as https://shop.example.com/farebook"}
	case len(raw) > maxURL:
		return nil, &RefusedURLError{fmt.Sprintf("must have at most %d characters", maxURL)}
	case parsed.Scheme != "https" && (!g.allowLoopback || parsed.Scheme != "http"):
		return nil, &RefusedURLError{"must begin with https://"}
	case parsed.User != nil:
		return nil, &RefusedURLError{"must have no user name and password: requests are signed"}
	case parsed.Fragment != "" || strings.Contains(raw, "#"):
		return nil, &RefusedURLError{"must have no fragment"}
	}
	return parsed, nil
}

// printable reports whether a text has visible ASCII only, as an address on the wire.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

func portOf(parsed *url.URL) (uint16, error) {
	text := parsed.Port()
	if text == "" {
		text = map[string]string{"https": "443", "http": "80"}[parsed.Scheme]
	}
	port, err := net.LookupPort("tcp", text)
	if err != nil || port < 1 || port > 65535 {
		return 0, &RefusedURLError{"must have a port from 1 to 65535"}
	}
	return uint16(port), nil
}

// resolve returns every address of a host.
func resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if literal, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{literal}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(found) == 0 {
		return nil, &RefusedURLError{"must have a host name that resolves; this one does not at present"}
	}
	for i, one := range found {
		found[i] = one.Unmap() // the resolver may return IPv4 addresses in this form, and connects to them as IPv4
	}
	return found, nil
}

// refusalOf says why an address is refused, without the addresses that a name resolves to.
func refusalOf(err error) *RefusedURLError {
	if errors.Is(err, ssrf.ErrProhibitedPort) {
		return &RefusedURLError{"must have port 443 or 8443"}
	}
	return &RefusedURLError{"must lead to a public address; this one leads to a private, local or reserved network"}
}

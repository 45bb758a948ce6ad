package limit

import (
	"net/http"
	"net/netip"
	"testing"
)

// Whatever X-Forwarded-For contains, an untrusted client counts by the address of its connection, and a client of a trusted proxy by
// an address in the header or by that of the proxy.
func FuzzClient(f *testing.F) {
	f.Add("203.0.113.7:4711", "198.51.100.1", "10.0.0.1")
	f.Add("10.0.0.1:80", "198.51.100.1, 10.0.0.2", "2001:db8::1")
	f.Add("[2001:db8::1%eth0]:80", "::ffff:10.0.0.1, [::1]:80", "")
	f.Add("10.0.0.1:80", ",,,", "for=\"[::1]\"")
	f.Add("", "10.0.0.1%25lo", "\xff")
	trusted := Networks{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, remote, first, second string) {
		request := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {first, second}}}
		peer := parseAddress(remote)
		if got := Client(request, nil); got != peer {
			t.Fatalf("without a trusted proxy %q is %s", remote, got)
		}
		got := Client(request, trusted)
		if !trusted.Contain(peer) && got != peer {
			t.Fatalf("an untrusted client at %q counts as %s", remote, got)
		}
		if trusted.Contain(peer) && !got.IsValid() {
			t.Fatalf("a request of the proxy %q has no address", remote)
		}
		_ = Source(got) // never panics, whatever the address
	})
}

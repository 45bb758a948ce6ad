package outbound_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/outbound"
)

// Whatever address a client names, one that is taken is https without user and fragment, on an allowed port, and leads to no address that
// the standard library knows as private. Names are left out: they would be looked up.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"8.8.8.8", "127.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254", "0x7f.1", "[fe80::1%25eth0]", "8.8.8.8:8443", "8.8.8.8:22",
		"user@8.8.8.8", "8.8.8.8#x", "2130706433", "[64:ff9b::7f00:1]", "100.64.0.1",
	} {
		f.Add("https://" + seed + "/farebook")
	}
	guard := outbound.NewGuard(false)
	f.Fuzz(func(t *testing.T, raw string) {
		parsed, err := url.Parse(raw)
		if err == nil && parsed.Hostname() != "" {
			if _, err := netip.ParseAddr(parsed.Hostname()); err != nil {
				return
			}
		}
		err = guard.Check(t.Context(), raw)
		if err != nil {
			var refused *outbound.RefusedURLError
			require.ErrorAs(t, err, &refused)
			return
		}
		address, err := netip.ParseAddr(parsed.Hostname())
		require.NoError(t, err)
		require.Equal(t, "https", parsed.Scheme)
		require.Nil(t, parsed.User)
		require.NotContains(t, raw, "#")
		require.Contains(t, []string{"", "443", "8443"}, strings.TrimLeft(parsed.Port(), "0"))
		require.True(t, address.IsGlobalUnicast() && !address.IsPrivate() && !address.IsLoopback() && !address.Is4In6(), "%s", address)
	})
}

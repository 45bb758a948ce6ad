package booking_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/booking"
)

func TestReturnURLsAreComparedWithoutTheirQuery(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]booking.ReturnURL{
		"https://Shop.example":                  {Base: "https://shop.example/", Full: "https://shop.example/"},
		"https://shop.example:8443/paid?o=1&x=": {Base: "https://shop.example:8443/paid", Full: "https://shop.example:8443/paid?o=1&x="},
		"http://localhost:3000/a":               {Base: "http://localhost:3000/a", Full: "http://localhost:3000/a"},
		"http://127.0.0.1:3000/a":               {Base: "http://127.0.0.1:3000/a", Full: "http://127.0.0.1:3000/a"},
		"http://[::1]/a":                        {Base: "http://[::1]/a", Full: "http://[::1]/a"},
		"https://shop.example/a%2Fb/../c":       {Base: "https://shop.example/a%2Fb/../c", Full: "https://shop.example/a%2Fb/../c"},
	} {
		got, err := booking.ParseReturnURL(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
}

func TestAddressesThatLeadElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "/paid", "//evil.example", "shop.example/paid", "http://shop.example/", "javascript:alert(1)", "data:text/html,x",
		"https:evil.example",
		"https://user@shop.example/", "https://shop.example@evil.example/", "https://shop.example/#token", "https://shop.example/#",
		"https://shop.example\\@evil.example/", "https://shop example/", "https://shop.example/\n", "https://shöp.example/", "https:///paid",
		"https://shop.example/" + strings.Repeat("a", 1000), "http://127.0.0.1.evil.example/", "https://-shop.example/", "ftp://shop.example/",
		"https://%73hop.example/", "http://192.0.2.1/", "http://[2001:db8::1]/",
	} {
		_, err := booking.ParseReturnURL(text)
		require.Error(t, err, "%q", text)
	}
	long := "https://shop.example/" + strings.Repeat("a", 500)
	for _, text := range []string{"https://shop.example/paid?", "https://shop.example/paid?o=1", long} {
		_, err := booking.ParseRegisteredURL(text)
		require.Error(t, err, "%q", text)
	}
}

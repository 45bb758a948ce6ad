package booking_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/money"
)

// Whatever address a client sends its travellers back to, one that is taken is read as browsers read it, and what is compared with the
// registered ones is taken as well and stays the same.
func FuzzReturnURL(f *testing.F) {
	for _, seed := range []string{
		"https://shop.example/paid", "https://Shop.Example/paid?order=1", "http://localhost:3000/", "https://shop.example\\@evil.example/",
		"https://user@shop.example/", "//shop.example", "https://[::1]/", "https://shop.example/%2e%2e/x", "javascript:alert(1)",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := booking.ParseReturnURL(text)
		if err != nil {
			return
		}
		parsed, err := url.Parse(address.Full)
		require.NoError(t, err)
		require.Nil(t, parsed.User)
		require.Empty(t, parsed.Fragment)
		require.True(t, parsed.Scheme == "https" || parsed.Scheme == "http", parsed.Scheme)
		require.True(t, strings.HasPrefix(address.Full, address.Base))
		require.NotContains(t, address.Base, "?")
		again, err := booking.ParseReturnURL(address.Base)
		require.NoError(t, err, address.Base)
		require.Equal(t, address.Base, again.Base)
	})
}

// Whatever policy is configured, one that is taken gives back no more the later it is, never more than was captured, and loses nothing.
func FuzzPolicy(f *testing.F) {
	f.Add("168:100,48:50", int64(45900), int64(0), int64(72))
	f.Add("1:1", int64(1), int64(1), int64(-1))
	f.Add("48:50,168:100", int64(10), int64(0), int64(0))
	f.Fuzz(func(t *testing.T, text string, captured, returned, hours int64) {
		policy, err := booking.ParsePolicy(text)
		if err != nil || captured < 0 || captured > 99_999_999 || returned < 0 || returned > captured || hours < -9000 || hours > 9000 {
			return
		}
		departure := time.Date(2027, 3, 1, 10, 0, 0, 0, time.UTC)
		quote := func(before time.Duration) booking.Quote {
			return policy.Quote(money.Money{Value: captured, Currency: "USD"}, returned, departure, departure.Add(-before))
		}
		now := quote(time.Duration(hours) * time.Hour)
		require.GreaterOrEqual(t, now.Refund.Value, int64(0))
		require.Equal(t, captured, now.Refund.Value+now.Kept.Value+returned, "%+v", now)
		later := quote(time.Duration(hours-1) * time.Hour)
		require.LessOrEqual(t, later.Refund.Value, now.Refund.Value, "an hour later")
	})
}

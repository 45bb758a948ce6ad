package paylink_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/internal/paylink"
)

var now = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

const reference = booking.Reference("FB-7K2M9QXA")

func keys(t testing.TB, ids ...string) []paylink.Key {
	t.Helper()
	var parts []string
	for _, id := range ids {
		parts = append(parts, id+":"+base64.StdEncoding.EncodeToString([]byte(strings.Repeat(id[:1], 32))))
	}
	parsed, err := paylink.ParseKeys(strings.Join(parts, ", "))
	require.NoError(t, err)
	return parsed
}

func linksWith(found []paylink.Key) *paylink.Links {
	return &paylink.Links{URL: "https://pay.example", Readable: time.Hour, Keys: func() []paylink.Key { return found }}
}

func tokenOf(link string) string { return strings.TrimPrefix(link, "https://pay.example/pay/") }

func TestALinkEndsWithTheHoldAndTheTimeAfterIt(t *testing.T) {
	t.Parallel()
	links := linksWith(keys(t, "a1"))
	hold := now.Add(30 * time.Minute)
	link := links.Of(reference, hold, now)
	require.Equal(t, link, links.Of(reference, hold, now.Add(time.Minute)), "the same booking has the same link")
	for at, want := range map[time.Time]error{
		now: nil, hold: nil, hold.Add(time.Hour - time.Second): nil,
		hold.Add(time.Hour): paylink.ErrExpired, hold.AddDate(1, 0, 0): paylink.ErrExpired,
	} {
		found, err := links.Claim(tokenOf(link), at)
		require.ErrorIs(t, err, want)
		require.Equal(t, reference, found)
	}
	require.Empty(t, links.Of(reference, hold, hold.Add(time.Hour)), "no link that has expired")
	require.Equal(t, hold.Add(time.Hour), links.Ends(hold, now))
	require.Equal(t, hold.Add(3*time.Hour), links.Ends(hold, hold.Add(2*time.Hour)), "after the hold, a new link counts from now")
	require.Empty(t, (*paylink.Links)(nil).Of(reference, hold, now))
}

func TestAChangedTokenIsInvalid(t *testing.T) {
	t.Parallel()
	links := linksWith(keys(t, "a1"))
	token := tokenOf(links.Of(reference, now, now))
	for at := range token {
		changed := []byte(token)
		changed[at] ^= 1
		_, err := links.Claim(string(changed), now)
		if at == len(token)-1 {
			continue // the last character of the base64 has bits that count for nothing
		}
		require.ErrorIs(t, err, paylink.ErrInvalid, "%s", changed)
	}
	for _, other := range []string{"", "fpl_", "fpl_...", token + ".", "." + token, strings.Repeat("a.", 500), token[:len(token)-1]} {
		_, err := links.Claim(other, now)
		require.ErrorIs(t, err, paylink.ErrInvalid, other)
	}
	_, err := linksWith(keys(t, "b1")).Claim(token, now)
	require.ErrorIs(t, err, paylink.ErrInvalid)
}

// While a key is rotated, links of the old one open, and new links are signed with the new one.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	first, both, second := linksWith(keys(t, "a1")), linksWith(keys(t, "b2", "a1")), linksWith(keys(t, "b2"))
	before, meanwhile := tokenOf(first.Of(reference, now, now)), tokenOf(both.Of(reference, now, now))
	require.Contains(t, meanwhile, "fpl_b2.")
	for _, token := range []string{before, meanwhile} {
		_, err := both.Claim(token, now)
		require.NoError(t, err)
	}
	_, err := second.Claim(before, now)
	require.ErrorIs(t, err, paylink.ErrInvalid)
}

func TestKeysAreReadStrictlyAndNeverPrinted(t *testing.T) {
	t.Parallel()
	good := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 32)))
	for _, text := range []string{"", good, "a:", "a:short", ":" + good, "a b:" + good, "a:" + good + ",", "a:" + good + ",a:" + good} {
		_, err := paylink.ParseKeys(text)
		require.Error(t, err, "%q", text)
		require.NotContains(t, err.Error(), good)
	}
	printed := keys(t, "a1")[0]
	require.Equal(t, "key a1", fmt.Sprintf("%v", printed))
	require.Equal(t, "key a1", fmt.Sprintf("%#v", printed))
}

func FuzzClaim(f *testing.F) {
	links := linksWith(keys(f, "a1"))
	f.Add(tokenOf(links.Of(reference, now, now)))
	f.Fuzz(func(t *testing.T, token string) {
		if found, err := links.Claim(token, now.Add(-time.Minute)); err == nil {
			require.Equal(t, reference, found, "nobody else has a key")
		}
	})
}

package limit_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/starter/limit"
)

// slow refills less than one token during a test.
var slow = limit.Rate{PerSecond: 1.0 / 3600, Burst: 3}

func TestABucketIsEmptyAfterItsBurstAndForOneKeyOnly(t *testing.T) {
	t.Parallel()
	buckets := limit.NewBuckets[string](slow)
	for left := range 3 {
		got := buckets.Take("a")
		require.True(t, got.Allowed)
		require.Equal(t, 2-left, got.Remaining)
	}
	got := buckets.Take("a")
	require.False(t, got.Allowed)
	require.Zero(t, got.Remaining)
	require.Equal(t, 3, got.Quota)
	require.Equal(t, 3*time.Hour, got.Window)
	require.InDelta(t, time.Hour, got.Retry, float64(time.Minute))
	require.InDelta(t, 3*time.Hour, got.Full, float64(time.Minute))
	require.False(t, buckets.Look("a").Allowed)
	require.True(t, buckets.Take("b").Allowed)
}

func TestABucketRefills(t *testing.T) {
	t.Parallel()
	buckets := limit.NewBuckets[string](limit.Rate{PerSecond: 1000, Burst: 1})
	require.True(t, buckets.Take("a").Allowed)
	require.Eventually(t, func() bool { return buckets.Take("a").Allowed }, time.Minute, time.Millisecond)
}

func TestAFractionOfARequestASecondStillAllowsOne(t *testing.T) {
	t.Parallel()
	require.Equal(t, limit.Rate{PerSecond: 0.1, Burst: 1}, limit.PerSecond(0.1))
	require.Equal(t, limit.Rate{PerSecond: 2.5, Burst: 3}, limit.PerSecond(2.5))
	require.Equal(t, limit.Rate{PerSecond: 0.5, Burst: 30}, limit.PerMinute(30))
}

// A hundred thousand keys take no more memory than maxKeys buckets; Look stores nothing.
func TestBucketsAreBounded(t *testing.T) {
	t.Parallel()
	buckets := limit.NewBuckets[int](slow)
	for key := range 20_000 {
		buckets.Look(key)
	}
	require.Zero(t, buckets.Len())
	for key := range 100_000 {
		buckets.Take(key)
	}
	require.Equal(t, 16384, buckets.Len())
}

func TestManyAtOnceTakeNoMoreThanTheBurst(t *testing.T) {
	t.Parallel()
	buckets := limit.NewBuckets[string](limit.Rate{PerSecond: 1.0 / 3600, Burst: 50})
	var group sync.WaitGroup
	allowed := make(chan bool, 200)
	for range 200 {
		group.Go(func() { allowed <- buckets.Take("a").Allowed })
	}
	group.Wait()
	close(allowed)
	passed := 0
	for one := range allowed {
		if one {
			passed++
		}
	}
	require.Equal(t, 50, passed)
}

func TestASourceIsAnAddressOrASlash64(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"203.0.113.7":            "203.0.113.7/32",
		"2001:db8:1:2:3:4:5:6":   "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1":   "2001:db8:1:2::/64",
		"fe80::1%eth0":           "fe80::/64",
		"2001:db8:1:3:3:4:5:6":   "2001:db8:1:3::/64",
		"::ffff:203.0.113.7":     "::/64", // Client has it as IPv4
		"0:0:0:1:ffff:ffff:ff::": "0:0:0:1::/64",
	} {
		require.Equal(t, want, limit.Source(netip.MustParseAddr(text)).String(), text)
	}
	require.False(t, limit.Source(netip.Addr{}).IsValid())
}

// X-Forwarded-For is used only if a trusted proxy sent it, and only the part that trusted proxies wrote.
func TestForwardedAddressesAreBelievedOfTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	trusted := limit.Networks{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no header", "203.0.113.7:1234", nil, "203.0.113.7"},
		{"an untrusted client's header", "203.0.113.7:1234", []string{"198.51.100.1"}, "203.0.113.7"},
		{"a proxy's header", "10.0.0.5:1234", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a header that the client began", "10.0.0.5:1234", []string{"127.0.0.1, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.5:1234", []string{"127.0.0.1, 198.51.100.1, 10.0.0.9"}, "198.51.100.1"},
		{"two headers", "10.0.0.5:1234", []string{"127.0.0.1", "198.51.100.1,10.0.0.9"}, "198.51.100.1"},
		{"proxies only", "10.0.0.5:1234", []string{"10.0.0.9"}, "10.0.0.9"},
		{"a proxy without a header", "10.0.0.5:1234", nil, "10.0.0.5"},
		{"an unreadable header", "10.0.0.5:1234", []string{"198.51.100.1, unknown"}, "10.0.0.5"},
		{"an empty header", "10.0.0.5:1234", []string{""}, "10.0.0.5"},
		{"an address with a port", "10.0.0.5:1234", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		{"IPv6", "[fd00::5]:1234", []string{"2001:db8::1"}, "2001:db8::1"},
		{"IPv6 in brackets", "[fd00::5]:1234", []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.5]:1234", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
	} {
		request := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		require.Equal(t, c.want, limit.Client(request, trusted).String(), c.name)
	}
	require.False(t, limit.Client(&http.Request{RemoteAddr: "@"}, trusted).IsValid())
}

// accepting accepts all connections until the listener is closed, and keeps each open until its client closes it.
func accepting(t *testing.T, bounds limit.Connections) *limit.Listener {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	listener := limit.Listen(inner, bounds)
	var accepted sync.WaitGroup
	accepted.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			accepted.Go(func() {
				_, _ = io.Copy(io.Discard, conn) // until the other side closes
				_ = conn.Close()                 // as net/http does
				_ = conn.Close()                 // twice, as it may
			})
		}
	})
	t.Cleanup(accepted.Wait) // runs after the connections of dial are closed
	t.Cleanup(func() { require.NoError(t, listener.Close()) })
	return listener
}

func dial(t *testing.T, listener net.Listener) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() }) // most are closed earlier
	return conn
}

func requireClosed(t *testing.T, conn net.Conn) {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Minute)))
	_, err := conn.Read(make([]byte, 1))
	require.Error(t, err)
	var timeout net.Error
	require.False(t, errors.As(err, &timeout) && timeout.Timeout(), "the connection is still open")
}

func TestConnectionsBeyondTheirAddressesBoundAreClosed(t *testing.T) {
	t.Parallel()
	refused := make(chan netip.Addr, 10)
	listener := accepting(t, limit.Connections{Total: 10, PerAddress: 3, Refused: func(addr netip.Addr) { refused <- addr }})
	var held []net.Conn
	for range 3 {
		held = append(held, dial(t, listener))
	}
	require.Eventually(t, func() bool { return listener.Open() == 3 }, time.Minute, time.Millisecond)
	for range 5 {
		requireClosed(t, dial(t, listener))
		require.Equal(t, "127.0.0.1", (<-refused).String())
	}
	require.Equal(t, 3, listener.Open())
	for _, conn := range held {
		require.NoError(t, conn.Close())
	}
	require.Eventually(t, func() bool { return listener.Open() == 0 }, time.Minute, time.Millisecond)
	dial(t, listener)
	require.Eventually(t, func() bool { return listener.Open() == 1 }, time.Minute, time.Millisecond)
}

func TestATrustedProxysConnectionsAreNotCountedAsOneAddress(t *testing.T) {
	t.Parallel()
	listener := accepting(t, limit.Connections{Total: 10, PerAddress: 1, Exempt: limit.Networks{netip.MustParsePrefix("127.0.0.1/32")}})
	for range 5 {
		dial(t, listener)
	}
	require.Eventually(t, func() bool { return listener.Open() == 5 }, time.Minute, time.Millisecond)
}

func TestConnectionsBeyondTheTotalWaitForOneToClose(t *testing.T) {
	t.Parallel()
	listener := accepting(t, limit.Connections{Total: 2, PerAddress: 2})
	first, second, third := dial(t, listener), dial(t, listener), dial(t, listener)
	require.Eventually(t, func() bool { return listener.Open() == 2 }, time.Minute, time.Millisecond)
	require.NoError(t, third.SetReadDeadline(time.Now().Add(10*time.Millisecond)))
	_, err := third.Read(make([]byte, 1))
	require.ErrorContains(t, err, "timeout", "it is neither accepted nor closed")
	require.NoError(t, first.Close())
	require.NoError(t, second.Close())
	require.Eventually(t, func() bool { return listener.Open() == 1 }, time.Minute, time.Millisecond)
}

// Closing ends an Accept that waits for a place, so that a server whose places are all held can stop.
func TestAFullListenerCanBeClosed(t *testing.T) {
	t.Parallel()
	listener := accepting(t, limit.Connections{Total: 1, PerAddress: 1})
	dial(t, listener)
	require.Eventually(t, func() bool { return listener.Open() == 1 }, time.Minute, time.Millisecond)
	require.NoError(t, listener.Close())
	_, err := listener.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestABudgetBoundsAllAndEachSource(t *testing.T) {
	t.Parallel()
	budget := limit.NewBudget(100, 60)
	one, other := netip.MustParsePrefix("203.0.113.1/32"), netip.MustParsePrefix("203.0.113.2/32")
	read := func(hold *limit.Hold, bytes int) error {
		_, err := io.ReadAll(hold.Reader(strings.NewReader(strings.Repeat("x", bytes))))
		return err
	}
	first, second, third := budget.Hold(one), budget.Hold(one), budget.Hold(other)
	require.NoError(t, read(first, 50))
	require.ErrorIs(t, read(second, 20), limit.ErrBusy, "beyond the source's share")
	require.NoError(t, read(third, 50))
	require.ErrorIs(t, read(third, 1), limit.ErrBusy, "beyond the whole")
	require.Equal(t, int64(100), budget.Held())
	first.Release()
	first.Release()
	require.Equal(t, int64(50), budget.Held())
	require.NoError(t, read(second, 50))
	second.Release()
	third.Release()
	require.Zero(t, budget.Held())
}

package store_test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/booking"
	"farebook/store"
)

// commit is the statement as it goes over the wire, behind the command byte of a query; READ COMMITTED is another thing.
var commit = []byte("\x03COMMIT")

// lossyProxy stands between the store and the server. Once armed it passes the next COMMIT on, waits for the server's
// answer, and drops the connection instead of handing it over. With stalls, it keeps the connection open and silent.
type lossyProxy struct {
	server string
	stalls chan struct{} // closed when the test is over; nil drops connections
	armed  atomic.Bool
	lost   atomic.Int32
}

func (p *lossyProxy) serve(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return // closed at the test's end
		}
		go p.pass(client)
	}
}

func (p *lossyProxy) pass(client net.Conn) {
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		_ = client.Close() // the test fails by the missing answer
		return
	}
	defer func() { _ = server.Close(); _ = client.Close() }()
	var swallow atomic.Bool
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			n, err := client.Read(buffer)
			if err != nil {
				_ = server.Close()
				return
			}
			if bytes.Contains(buffer[:n], commit) && p.armed.CompareAndSwap(true, false) {
				swallow.Store(true)
			}
			if _, err := server.Write(buffer[:n]); err != nil {
				return
			}
		}
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		if swallow.Load() {
			p.lost.Add(1)
			if p.stalls != nil {
				<-p.stalls
			}
			return // the server has answered: it has committed
		}
		if _, err := io.Copy(client, bytes.NewReader(buffer[:n])); err != nil {
			return
		}
	}
}

// behindProxy is the same store over a proxy that can lose an acknowledgement, or withhold it.
func behindProxy(b books, stalls bool) (*store.Store, *lossyProxy) {
	config, err := mysql.ParseDSN(b.AppDSN)
	require.NoError(b.t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b.t, err)
	b.t.Cleanup(func() { require.NoError(b.t, listener.Close()) })
	proxy := &lossyProxy{server: config.Addr}
	if stalls {
		proxy.stalls = make(chan struct{})
		b.t.Cleanup(func() { close(proxy.stalls) })
	}
	go proxy.serve(listener)
	config.Addr = listener.Addr().String()
	lossy, err := store.Open(b.t.Context(), config.FormatDSN(), b.Clock, slog.New(slog.DiscardHandler))
	require.NoError(b.t, err)
	b.t.Cleanup(func() { require.NoError(b.t, lossy.Close()) })
	return lossy, proxy
}

// The acknowledgement of a COMMIT is lost: the caller gets an error, tries again, and meets what was committed.
func TestCommitWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	snapshot := paid(b.held(), true)
	lossy, proxy := behindProxy(b, false)
	proxy.armed.Store(true)
	outcome := store.PaymentReading{Snapshot: snapshot, Reason: store.ReasonEvent, Now: time.Now().UTC()}
	_, err := lossy.RecordPayment(t.Context(), outcome)
	require.Error(t, err)
	require.EqualValues(t, 1, proxy.lost.Load())
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"), "the server had committed")

	recorded, err := lossy.RecordPayment(t.Context(), outcome)
	require.NoError(t, err)
	require.Equal(t, booking.StatusConfirmed, recorded.BookingStatus)
	require.Len(t, recorded.EmailIDs, 1)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM financial_ledger"))
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM emails"))
	b.requirePromises()
}

// The same for a booking that is taken: what was committed is found at once, and by the caller's repetition.
func TestReservationWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	lossy, proxy := behindProxy(b, false)
	proxy.armed.Store(true)
	now := time.Now().UTC()
	ask := store.NewBooking{
		Caller: b.caller, IdempotencyKey: "lost", Request: request(), HoldExpiresAt: now.Add(time.Hour), CorrelationID: "c-1", Now: now,
	}
	first, err := lossy.ReserveBooking(t.Context(), ask)
	require.EqualValues(t, 1, proxy.lost.Load())
	require.NoError(t, err, "what was committed is found under its key")
	require.True(t, first.Replayed)
	again, err := lossy.ReserveBooking(t.Context(), ask)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, first.Booking.Reference, again.Booking.Reference)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM bookings"))
}

// The database stalls after it has committed, and the caller has no more patience: the error says that the outcome is unknown, and the
// repetition under the same key finds the one booking that was taken.
func TestReservationWhoseCommitIsNotAnsweredInTime(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	stalled, proxy := behindProxy(b, true)
	now := time.Now().UTC()
	ask := store.NewBooking{
		Caller: b.caller, IdempotencyKey: "unanswered", Request: request(), HoldExpiresAt: now.Add(time.Hour), CorrelationID: "c-1", Now: now,
	}
	proxy.armed.Store(true)
	_, err := stalled.ReserveBooking(store.WithPatience(t.Context(), 5*time.Second), ask)
	require.EqualValues(t, 1, proxy.lost.Load())
	require.ErrorContains(t, err, "did not answer a COMMIT within 5s, so that its outcome is unknown")
	require.True(t, store.Unavailable(err))

	again, err := stalled.ReserveBooking(t.Context(), ask)
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, 1, b.Count(t, "SELECT COUNT(*) FROM bookings"))
}

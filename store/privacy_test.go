package store_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/store"
)

// lines is a log to look into.
type lines struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// logged is the same books with a log, and a DSN's parameters on top.
func (b books) logged(parameters string) (books, *lines) {
	log := &lines{}
	dsn := b.AppDSN
	if parameters != "" {
		dsn += "&" + parameters
	}
	opened, err := store.Open(b.t.Context(), dsn, b.Clock, slog.New(slog.NewJSONHandler(log, nil)))
	require.NoError(b.t, err)
	b.t.Cleanup(func() { require.NoError(b.t, opened.Close()) })
	db := *b.DB
	db.Store = opened
	b.DB = &db
	return b, log
}

// What a customer gave is in no line and in no error, whatever goes wrong with it.
func TestNoPersonalDataInLogsAndErrors(t *testing.T) {
	t.Parallel()
	plain := newBooks(t)
	b, log := plain.logged("")
	const canary = "CanaryLayla"
	for name, change := range map[string]func(*store.NewBooking){
		"too long":  func(n *store.NewBooking) { n.Request.Customer.Name = strings.Repeat(canary, 30) },
		"not UTF-8": func(n *store.NewBooking) { n.Request.Customer.Name = canary + "\xff\xfe" },
		"address too long": func(n *store.NewBooking) {
			n.Request.Customer.Email = canary + strings.Repeat("a", 300) + "@example.com"
		},
		"no such caller": func(n *store.NewBooking) { n.Caller.KeyID = 999 },
	} {
		ask := store.NewBooking{
			Caller: b.caller, IdempotencyKey: canary + name, Request: request(),
			HoldExpiresAt: time.Now().UTC(), CorrelationID: "c-1", Now: time.Now().UTC(),
		}
		ask.Request.Customer.Email = canary + "@example.com"
		change(&ask)
		_, err := b.Store.ReserveBooking(t.Context(), ask)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "Canary", name)
	}
	require.Contains(t, log.String(), "INSERT INTO `bookings`")
	require.NotContains(t, log.String(), "Canary")
	require.Equal(t, 0, b.Count(t, "SELECT COUNT(*) FROM bookings"))
}

// A duplicate key is how a repetition is recognised: no line of the log for it.
func TestRepetitionsAreQuiet(t *testing.T) {
	t.Parallel()
	plain := newBooks(t)
	b, log := plain.logged("")
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			_, err := b.reserve("same", 1)
			require.NoError(t, err)
		})
	}
	group.Wait()
	for range 2 {
		_, err := b.Store.ReceiveEvent(t.Context(), store.Event{ID: "evt_1", Type: "x", Created: time.Now().UTC(), Payload: []byte(`{}`)}, "",
			time.Minute)
		require.NoError(t, err)
	}
	for line := range strings.Lines(log.String()) {
		require.Contains(t, line, `"database statement was slow"`, "only a busy machine gives a reason for a line")
	}
}

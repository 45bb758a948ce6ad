package command_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"farebook/internal/clock"
	"farebook/internal/config"
	"farebook/internal/dev/testdb"
	"farebook/starter/command"
	"farebook/starter/limit"
)

// Asked to stop while callers hold connections whose bodies do not come, the API answers them with 503 and ends without one of
// them left.
func TestServeStopsWithBodiesThatDoNotCome(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	log := slog.New(slog.DiscardHandler)
	cfg, _, err := config.LoadFrom([]string{
		"DATABASE_DSN=" + db.AppDSN, "TEMPORAL_ADDRESS=" + os.Getenv("FAREBOOK_TEST_TEMPORAL_ADDRESS"), "FAREBOOK_TASK_QUEUE=" + db.Name,
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	handler, closeAPI, err := command.NewAPI(ctx, cfg, clock.System{}, log)
	require.NoError(t, err)
	t.Cleanup(closeAPI)
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	listener := limit.Listen(inner, limit.Connections{Total: 100, PerAddress: 100})
	served := make(chan error, 1)
	go func() { served <- command.Serve(ctx, listener, handler, log) }()
	request := "POST /v1/bookings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + db.NewKey(t, "test") +
		"\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n"
	held := make([]*bufio.Reader, 20)
	for i := range held {
		conn, err := net.Dial("tcp", listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() }) // the server has closed it
		require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
		_, err = io.WriteString(conn, request)
		require.NoError(t, err)
		held[i] = bufio.NewReader(conn)
		line, err := held[i].ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, line, "100 Continue", "the body is being waited for")
		_, err = held[i].ReadString('\n')
		require.NoError(t, err)
	}
	require.Equal(t, len(held), listener.Open())
	stop()
	for _, reader := range held {
		response, err := http.ReadResponse(reader, nil)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
		require.True(t, strings.Contains(string(body), "urn:farebook:problem:stopping"), "%s", body)
	}
	require.NoError(t, <-served)
	require.Zero(t, listener.Open())
}

package link_test

import (
	"bufio"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"farebook/internal/dev/link"
)

// An answer that a link loses was given: the server has done what it was asked.
func TestADeafLinkLosesAnswersOnly(t *testing.T) {
	t.Parallel()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Close() })
	asked := make(chan string, 2)
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			line, _ := bufio.NewReader(conn).ReadString('\n')
			asked <- line
			_, _ = conn.Write([]byte("done\n"))
		}
	}()
	l, err := link.New(server.Addr().String(), 0)
	require.NoError(t, err)
	t.Cleanup(l.Close)
	ask := func(line string) (string, error) {
		conn, err := net.Dial("tcp", l.Addr())
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		_, err = conn.Write([]byte(line))
		require.NoError(t, err)
		return bufio.NewReader(conn).ReadString('\n')
	}
	answer, err := ask("first\n")
	require.NoError(t, err)
	require.Equal(t, "done\n", answer)
	l.Become(link.Deaf)
	_, err = ask("second\n")
	require.Error(t, err)
	require.Equal(t, "first\n", <-asked)
	require.Equal(t, "second\n", <-asked)
}

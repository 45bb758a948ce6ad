package testkit

import (
	"context"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"farebook/internal/wait"
)

// SlowLink forwards connections to target with a latency in each direction. It returns the address to connect to instead.
func (s *Stack) SlowLink(target string, latency time.Duration) string {
	s.T.Helper()
	listener := s.listen("127.0.0.1:0")
	ctx, cancel := background(s.T)
	var group sync.WaitGroup
	s.T.Cleanup(func() {
		cancel()
		_ = listener.Close() // ends the loop below
		group.Wait()
	})
	group.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", target)
			if err != nil {
				_ = near.Close() // the client sees a closed connection
				continue
			}
			stop := context.AfterFunc(ctx, func() { _ = near.Close(); _ = far.Close() }) // closes both ends when the test is over
			group.Go(func() { delay(ctx, far, near, latency); stop() })
			group.Go(func() { delay(ctx, near, far, latency) })
		}
	})
	return listener.Addr().String()
}

// delay copies from one connection to another, each chunk after the latency, in order.
func delay(ctx context.Context, to, from net.Conn, latency time.Duration) {
	defer func() { _ = to.Close() }() // ends the other direction as well
	chunk := make([]byte, 64<<10)
	for {
		n, err := from.Read(chunk)
		if n > 0 {
			if err := wait.For(ctx, latency); err != nil {
				return
			}
			if _, err := to.Write(chunk[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// addresses are those of the servers, or of slow links to them.
type addresses struct{ database, stripe, mail string }

func (s *Stack) addresses(latency time.Duration) addresses {
	s.T.Helper()
	direct := addresses{database: s.DB.AppDSN, stripe: s.Stripe.URL(), mail: s.Mailbox.SMTPAddr()}
	if latency == 0 {
		return direct
	}
	dsn, err := mysql.ParseDSN(direct.database)
	require.NoError(s.T, err)
	dsn.Addr = s.SlowLink(dsn.Addr, latency)
	return addresses{
		database: dsn.FormatDSN(), mail: s.SlowLink(direct.mail, latency),
		stripe: "http://" + s.SlowLink(strings.TrimPrefix(direct.stripe, "http://"), latency),
	}
}

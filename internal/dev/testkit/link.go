package testkit

import (
	"context"
	"net"
	"sync"
	"time"

	"farebook/internal/wait"
)

// Link forwards connections to a server with a latency in each direction, and can be cut as a network is.
type Link struct {
	listener net.Listener
	target   string
	latency  time.Duration
	copying  sync.WaitGroup

	mu   sync.Mutex
	cut  bool
	open map[net.Conn]bool
}

// NewLink returns a link to target that ends with the test.
func (s *Stack) NewLink(target string, latency time.Duration) *Link {
	s.T.Helper()
	l := &Link{listener: s.listen("127.0.0.1:0"), target: target, latency: latency, open: map[net.Conn]bool{}}
	ctx, cancel := background(s.T)
	l.copying.Go(func() { l.accept(ctx) })
	s.T.Cleanup(func() {
		cancel()
		_ = l.listener.Close() // ends accept
		l.Cut()
		l.copying.Wait()
	})
	return l
}

// Addr is host:port to connect to instead of the target.
func (l *Link) Addr() string { return l.listener.Addr().String() }

// Cut closes all connections, and those that are opened until Mend.
func (l *Link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for conn := range l.open {
		_ = conn.Close() // both ends see a closed connection
	}
	clear(l.open)
}

// Mend lets connections pass again.
func (l *Link) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = false
}

func (l *Link) accept(ctx context.Context) {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.target)
		if err != nil || !l.keep(near, far) {
			_ = near.Close() // the client sees a closed connection
			continue
		}
		l.copying.Go(func() { l.copy(ctx, near, far) })
		l.copying.Go(func() { l.copy(ctx, far, near) })
	}
}

// keep notes two connections, or closes them if the link is cut.
func (l *Link) keep(near, far net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		_ = far.Close() // the caller closes the other one
		return false
	}
	l.open[near], l.open[far] = true, true
	return true
}

// copy forwards one direction until an end closes, and then closes both.
func (l *Link) copy(ctx context.Context, to, from net.Conn) {
	l.delay(ctx, to, from)
	_, _ = to.Close(), from.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, to)
	delete(l.open, from)
}

// delay copies from one connection to another, each chunk after the latency, in order, until one of them is closed or ctx ends.
func (l *Link) delay(ctx context.Context, to, from net.Conn) {
	chunk := make([]byte, 64<<10)
	for {
		n, err := from.Read(chunk)
		if n > 0 {
			if err := wait.For(ctx, l.latency); err != nil {
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

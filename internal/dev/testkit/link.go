package testkit

import (
	"io"
	"net"
	"sync"
)

// Link forwards connections to a server, and can be cut as a network is.
type Link struct {
	listener net.Listener
	target   string
	copying  sync.WaitGroup

	mu   sync.Mutex
	cut  bool
	open map[net.Conn]bool
}

// NewLink returns a link to target that ends with the test.
func (s *Stack) NewLink(target string) *Link {
	s.T.Helper()
	l := &Link{listener: s.listen("127.0.0.1:0"), target: target, open: map[net.Conn]bool{}}
	l.copying.Go(l.accept)
	s.T.Cleanup(func() {
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

func (l *Link) accept() {
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
		l.copying.Go(func() { l.copy(near, far) })
		l.copying.Go(func() { l.copy(far, near) })
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
func (l *Link) copy(to, from net.Conn) {
	_, _ = io.Copy(to, from) // how a connection ends is the business of its ends
	_, _ = to.Close(), from.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, to)
	delete(l.open, from)
}

// Package link forwards connections to a server, and has the troubles of a network. It is not toxiproxy, because that is another program to
// install, and five troubles are enough. It imports internal/wait.
package link

import (
	"context"
	"net"
	"sync"
	"time"

	"farebook/internal/wait"
)

// Trouble is what a link does to what passes.
type Trouble int

// The troubles of a link.
const (
	None     Trouble = iota
	Reset            // connections are closed, also new ones
	HalfOpen         // connections stay open, and nothing passes
	Slow             // each chunk waits
	Trickle          // a chunk is a few bytes, and waits
	Deaf             // requests arrive; the answer is lost with its connection, also that to a COMMIT
)

// Link forwards connections to a server until Close. It is safe for concurrent use.
type Link struct {
	listener net.Listener
	target   string
	latency  time.Duration
	copying  sync.WaitGroup
	ended    context.Context //nolint:containedctx // ends what waits for a latency
	end      context.CancelFunc

	mu      sync.Mutex
	now     Trouble
	changed chan struct{} // closed and replaced with each change
	open    map[net.Conn]bool
}

// New returns a link to target, host:port, with a latency in each direction.
func New(target string, latency time.Duration) (*Link, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &Link{listener: listener, target: target, latency: latency, changed: make(chan struct{}), open: map[net.Conn]bool{}}
	l.ended, l.end = context.WithCancel(context.Background()) // by Close
	l.copying.Go(l.accept)
	return l, nil
}

// Addr is host:port to connect to instead of the target.
func (l *Link) Addr() string { return l.listener.Addr().String() }

// Become changes the trouble for all connections, also those that are open.
func (l *Link) Become(now Trouble) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = now
	close(l.changed)
	l.changed = make(chan struct{})
	if now == Reset {
		l.closeAll()
	}
}

func (l *Link) closeAll() {
	for conn := range l.open {
		if tcp, is := conn.(*net.TCPConn); is {
			_ = tcp.SetLinger(0) // the peer sees a reset
		}
		_ = conn.Close() // both ends see that it ended
	}
	clear(l.open)
}

// Close ends the link and its connections.
func (l *Link) Close() {
	l.end()
	_ = l.listener.Close() // ends accept
	l.Become(Reset)
	l.copying.Wait()
}

func (l *Link) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.copying.Go(func() {
			far, err := net.DialTimeout("tcp", l.target, 5*time.Second)
			if err != nil || !l.keep(near, far) {
				_ = near.Close() // the client sees a closed connection
				return
			}
			l.copying.Go(func() { l.copy(near, far, true) })
			l.copying.Go(func() { l.copy(far, near, false) })
		})
	}
}

// keep notes two connections, or closes one of them if the link resets.
func (l *Link) keep(near, far net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now == Reset {
		_ = far.Close() // the caller closes the other one
		return false
	}
	l.open[near], l.open[far] = true, true
	return true
}

// copy forwards one direction, requests or answers, until an end closes, and then closes both.
func (l *Link) copy(to, from net.Conn, answers bool) {
	chunk := make([]byte, 64<<10)
	for {
		n, err := from.Read(chunk)
		if n > 0 && !l.pass(to, chunk[:n], answers) {
			break
		}
		if err != nil {
			break
		}
	}
	_, _ = to.Close(), from.Close() // the other direction may have closed them
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, to)
	delete(l.open, from)
}

// pass writes a chunk after the latency as the trouble of the moment has it, and reports whether it did.
func (l *Link) pass(to net.Conn, chunk []byte, answer bool) bool {
	if wait.For(l.ended, l.latency) != nil {
		return false
	}
	for {
		l.mu.Lock()
		now, changed := l.now, l.changed
		l.mu.Unlock()
		switch now {
		case Reset:
			return false
		case HalfOpen:
			<-changed
			continue
		case Deaf:
			if answer {
				return false
			}
		case Slow:
			_ = wait.For(l.ended, 150*time.Millisecond) // the write fails if it ended
		case Trickle:
			for len(chunk) > 256 {
				if _, err := to.Write(chunk[:256]); err != nil {
					return false
				}
				chunk = chunk[256:]
				_ = wait.For(l.ended, 20*time.Millisecond) // as above
			}
		case None:
		}
		_, err := to.Write(chunk)
		return err == nil
	}
}

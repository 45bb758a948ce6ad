package storm

import (
	"context"
	"net"
	"sync"
	"time"

	"farebook/internal/wait"
)

// trouble is what a link does to what passes.
type trouble int

const (
	none     trouble = iota
	reset            // connections are closed, also new ones
	halfOpen         // connections stay open, and nothing passes
	slow             // each chunk waits
	trickle          // a chunk is a few bytes, and waits
	deaf             // requests arrive; the answer is lost with its connection, also that to a COMMIT
)

// link forwards connections to a server, and has the troubles of a network. It is not toxiproxy, because that is another program to
// install, and five troubles are enough.
type link struct {
	listener net.Listener
	target   string
	copying  sync.WaitGroup

	mu      sync.Mutex
	now     trouble
	changed chan struct{} // closed and replaced with each change
	open    map[net.Conn]bool
}

func newLink(target string) (*link, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &link{listener: listener, target: target, changed: make(chan struct{}), open: map[net.Conn]bool{}}
	l.copying.Go(l.accept)
	return l, nil
}

// addr is host:port to connect to instead of the target.
func (l *link) addr() string { return l.listener.Addr().String() }

// become changes the trouble for all connections, also those that are open.
func (l *link) become(now trouble) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = now
	close(l.changed)
	l.changed = make(chan struct{})
	if now == reset {
		l.closeAll()
	}
}

func (l *link) closeAll() {
	for conn := range l.open {
		if tcp, is := conn.(*net.TCPConn); is {
			_ = tcp.SetLinger(0) // the peer sees a reset
		}
		_ = conn.Close() // both ends see that it ended
	}
	clear(l.open)
}

// close ends the link and its connections.
func (l *link) close() {
	_ = l.listener.Close() // ends accept
	l.become(reset)
	l.copying.Wait()
}

func (l *link) accept() {
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
func (l *link) keep(near, far net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now == reset {
		_ = far.Close() // the caller closes the other one
		return false
	}
	l.open[near], l.open[far] = true, true
	return true
}

// copy forwards one direction, requests or answers, until an end closes, and then closes both.
func (l *link) copy(to, from net.Conn, answers bool) {
	chunk := make([]byte, 32<<10)
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

// pass writes a chunk as the trouble of the moment has it, and reports whether it did.
func (l *link) pass(to net.Conn, chunk []byte, answer bool) bool {
	for {
		l.mu.Lock()
		now, changed := l.now, l.changed
		l.mu.Unlock()
		switch now {
		case reset:
			return false
		case halfOpen:
			<-changed
			continue
		case deaf:
			if answer {
				return false
			}
		case slow:
			_ = wait.For(context.Background(), 150*time.Millisecond) // nothing ends it: it is short
		case trickle:
			for len(chunk) > 256 {
				if _, err := to.Write(chunk[:256]); err != nil {
					return false
				}
				chunk = chunk[256:]
				_ = wait.For(context.Background(), 20*time.Millisecond) // as above
			}
		case none:
		}
		_, err := to.Write(chunk)
		return err == nil
	}
}

package limit

import (
	"errors"
	"net"
	"net/netip"
	"sync"
)

// Connections bounds the open connections of a listener.
type Connections struct {
	// Total bounds all connections. Further ones wait in the kernel's queue until one is closed.
	Total int
	// PerAddress bounds the connections of one source. Further ones are closed at once, so that they do not use up Total.
	PerAddress int
	// Exempt networks are not counted per address, because the connections of a proxy are those of all its clients.
	Exempt Networks
	// Refused is called for each connection that was closed because of PerAddress; it may be nil.
	Refused func(netip.Addr)
}

// Listener is a net.Listener that enforces Connections. netutil.LimitListener would hide CloseWrite, which net/http uses so that a refused
// caller can read the response before the connection is closed.
type Listener struct {
	net.Listener
	bounds Connections
	places chan struct{}
	closed chan struct{}
	close  func() error

	mu   sync.Mutex
	open map[netip.Prefix]int
}

// Listen wraps a listener with bounds.
func Listen(listener net.Listener, bounds Connections) *Listener {
	l := &Listener{
		Listener: listener, bounds: bounds, open: map[netip.Prefix]int{},
		places: make(chan struct{}, bounds.Total), closed: make(chan struct{}),
	}
	l.close = sync.OnceValue(func() error {
		close(l.closed)
		return listener.Close()
	})
	return l
}

// Close closes the listener and ends an Accept that waits for a place.
func (l *Listener) Close() error { return l.close() }

// Accept returns the next connection whose source is below its bound.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			<-l.places
			return nil, err
		}
		addr := parseAddress(conn.RemoteAddr().String())
		source := Source(addr)
		if l.enter(source, l.bounds.Exempt.Contain(addr)) {
			return &counted{Conn: conn, left: sync.OnceFunc(func() { l.leave(source) })}, nil
		}
		_ = conn.Close() // nothing was sent on it
		if l.bounds.Refused != nil {
			l.bounds.Refused(addr)
		}
	}
}

// Open returns the number of open connections.
func (l *Listener) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	total := 0
	for _, n := range l.open {
		total += n
	}
	return total
}

func (l *Listener) enter(source netip.Prefix, exempt bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[source] >= l.bounds.PerAddress && !exempt {
		return false
	}
	l.open[source]++
	return true
}

func (l *Listener) leave(source netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[source]--
	if l.open[source] == 0 {
		delete(l.open, source)
	}
	<-l.places
}

type counted struct {
	net.Conn
	left func()
}

// CloseWrite closes the sending side only.
func (c *counted) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

func (c *counted) Close() error {
	defer c.left()
	return c.Conn.Close()
}
